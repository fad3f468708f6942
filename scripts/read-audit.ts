// What `npm audit --json` has said.

export interface Audit {
  readonly dependencies: number;
  /** High and critical. */
  readonly grave: readonly { readonly name: string; readonly severity: string; readonly title: string }[];
}

interface Told {
  readonly metadata?: { readonly dependencies?: { readonly prod?: number } };
  readonly vulnerabilities?: Readonly<
    Record<
      string,
      { readonly severity: string; readonly via: readonly (string | { readonly title: string })[] }
    >
  >;
}

/** null where it is no answer of a registry: an error, or nothing. */
export function readAudit(text: string): Audit | null {
  let told: Told | null;
  try {
    told = JSON.parse(text) as Told | null;
  } catch {
    return null;
  }
  if (told?.metadata === undefined || told.vulnerabilities === undefined) return null;
  const grave = Object.entries(told.vulnerabilities)
    .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
    .map(([name, { severity, via }]) => ({
      name,
      severity,
      title: via.map((one) => (typeof one === 'string' ? `by ${one}` : one.title)).join('; '),
    }));
  return { dependencies: told.metadata.dependencies?.prod ?? 0, grave };
}
