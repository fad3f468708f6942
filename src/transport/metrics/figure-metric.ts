// A metric of prom-client whose values are plain figures, read when somebody asks: whoever counts knows nothing of it.
import { latencyBoundsMs, type LatencyHistogram } from '../../schema/latency-histogram.ts';

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  /** Of a histogram, which part of it. */
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface FigureMetricOptions {
  readonly name: string;
  /** One sentence: docs/metrics.md repeats it. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the values of several processes of one node become one. */
  readonly aggregator?: 'sum' | 'first' | 'min' | 'max';
  read(): readonly Sample[] | Promise<readonly Sample[]>;
}

/** What `Registry.registerMetric` and `AggregatorRegistry.aggregate` ask of a metric. */
export class FigureMetric {
  readonly name: string;
  readonly help: string;
  readonly type: FigureMetricOptions['type'];
  readonly aggregator: NonNullable<FigureMetricOptions['aggregator']>;
  readonly #read: FigureMetricOptions['read'];

  constructor({ name, help, type, aggregator = 'sum', read }: FigureMetricOptions) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregator;
    this.#read = read;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: await this.#read() };
  }
}

/** One sample for each key of some counts. */
export const byLabel = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));

export const alone = (value: number): readonly Sample[] => [{ labels: {}, value }];

/** In seconds, as Prometheus has it. */
export function toSamples(name: string, histogram: LatencyHistogram, labels: Labels = {}): readonly Sample[] {
  let below = 0;
  const buckets = histogram.counts.map((count, index) => {
    below += count;
    const bound = latencyBoundsMs[index];
    const le = bound === undefined ? '+Inf' : bound / 1_000;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: histogram.sumMs / 1_000 },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
