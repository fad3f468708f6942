// Figures of several rounds, printed as the median with its spread: machines are noisy, one figure tells nothing.

import { cpus } from 'node:os';

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Collects the values of several rounds under their names. */
export class Recorder {
  readonly #figures = new Map<string, { readonly unit: string; readonly values: number[] }>();

  record(name: string, unit: string, value: number): void {
    const figure = this.#figures.get(name) ?? { unit, values: [] };
    this.#figures.set(name, figure);
    figure.values.push(value);
  }

  get figures(): readonly Figure[] {
    return [...this.#figures].map(([name, figure]) => ({ name, ...figure }));
  }
}

/** The value below which the given part (0 to 1) of the values lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** Says on what machine they were measured. */
export const toReport = (figures: readonly Figure[]): string =>
  `\n${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}\n\n${toTable(figures)}\n`;

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
