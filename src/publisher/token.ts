// The token of the next request: kept while it is good for more than a moment, asked for once by those who need it together.

/** A token, or a function that answers one. It is called when there is none, when it is about to expire, and when it was refused. */
export type Token = string | (() => string | Promise<string>);

export interface TokenSource {
  get(): Promise<string>;
  /** This one was refused: the next `get` asks for another. Whether there can be another. */
  refused(token: string): boolean;
}

/** With less than this left it is replaced: it has to last for the way to the server. */
const spareMs = 30_000;

export function createTokenSource(token: Token, now: () => number): TokenSource {
  if (typeof token === 'string') return { get: async () => token.trim(), refused: () => false };
  let current: { readonly token: string; readonly renewAtMs: number } | null = null;
  let asking: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const answered: unknown = await token();
    if (typeof answered !== 'string' || answered.trim() === '')
      throw new Error('`token` has answered no token.');
    const fresh = answered.trim();
    current = { token: fresh, renewAtMs: renewAtMs(fresh, now()) };
    return fresh;
  };

  return {
    get() {
      if (current !== null && now() < current.renewAtMs) return Promise.resolve(current.token);
      asking ??= ask().finally(() => (asking = null));
      return asking;
    },
    refused(refused) {
      // Another call may have replaced it meanwhile.
      if (current?.token === refused) current = null;
      return true;
    },
  };
}

/** One that can not be read, or lives for less than the spare time, is kept for half of what is left. */
function renewAtMs(token: string, nowMs: number): number {
  const expiresAtMs = readExpiry(token);
  if (expiresAtMs === null) return Number.POSITIVE_INFINITY;
  return Math.max(expiresAtMs - spareMs, nowMs + (expiresAtMs - nowMs) / 2);
}

/** Of a JWT; null of anything else. It is the server's to verify. */
export function readExpiry(token: string): number | null {
  try {
    const payload = token.split('.')[1] ?? '';
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const { exp } = JSON.parse(text) as { readonly exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : null;
  } catch {
    return null;
  }
}
