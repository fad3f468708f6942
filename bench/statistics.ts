// Figures of several rounds, printed as the median with its spread: machines are noisy, one figure tells nothing.

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** The value below which the given part (0 to 1) of the values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, values }) => [
    name,
    `${rounded(median(values))} ${unit}`,
    `${rounded(Math.min(...values))} – ${rounded(Math.max(...values))}`,
    String(values.length),
  ]);
  const lines = [['what', 'median', 'lowest – highest', 'rounds'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
