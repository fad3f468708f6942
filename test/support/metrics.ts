// What a server tells of itself at /metrics, as Prometheus reads it.
import { httpGet } from './http-get.ts';

export interface ReadMetrics {
  readonly samples: readonly MetricSample[];
  /** Of every metric: also of those without a sample. */
  readonly types: ReadonlyMap<string, string>;
  readonly help: ReadonlyMap<string, string>;
  /** The sum of all samples with this name and, among others, these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export async function readMetrics(
  server: { readonly url: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadMetrics> {
  const { status, text } = await httpGet(server, '/metrics', headers);
  if (status !== 200) throw new Error(`/metrics answered ${status}: ${text}`);
  return parseMetrics(text);
}

export function parseMetrics(text: string): ReadMetrics {
  const samples: MetricSample[] = [];
  const types = new Map<string, string>();
  const help = new Map<string, string>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, kind = '', about = '', said = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind !== '') {
      (kind === 'HELP' ? help : types).set(about, said);
      continue;
    }
    const [, name, list = '', value] = /^([a-z]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`This is no line of a metric: ${line}`);
    const labels = Object.fromEntries(
      [...list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]),
    );
    samples.push({ name, labels, value: Number(value) });
  }
  return {
    samples,
    types,
    help,
    value: (name, labels = {}) => {
      const fitting = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, label]) => sample.labels[key] === label),
      );
      if (fitting.length === 0) throw new Error(`There is no metric ${name} with ${JSON.stringify(labels)}.`);
      return fitting.reduce((sum, sample) => sum + sample.value, 0);
    },
  };
}
