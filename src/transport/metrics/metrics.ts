// The metrics of one server and of its process, for Prometheus. Only metrics/ knows prom-client.
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Registry,
  type Metric,
  type MetricObject,
} from 'prom-client';
import type { Figures } from './figures.ts';
import { createTidingsMetrics } from './tidings-metrics.ts';

/** Of one process; can be sent to another. */
export type MetricsOfOne = readonly MetricObject[];

/**
 * Where several processes share the port: answers the function that asks all of them for their metrics, this one too. /metrics
 * of any of them then tells of all together.
 */
export type JoinMetrics = (own: () => Promise<MetricsOfOne>) => () => Promise<readonly MetricsOfOne[]>;

export interface Metrics {
  readonly contentType: string;
  /** As Prometheus reads it. */
  text(): Promise<string>;
  /**
   * As prom-client's `AggregatorRegistry.aggregate` takes it, for a process that speaks for several. Can be sent between
   * processes.
   */
  json(): Promise<MetricsOfOne>;
}

/** Of several processes, as each has answered `json`, together. */
export const joinMetrics = (ofEach: readonly MetricsOfOne[]): Promise<string> =>
  AggregatorRegistry.aggregate(ofEach.map((metrics) => metrics.map(asWorst))).metrics();

/** What still counts of processes that have gone, or are silent: what they have counted, and not what they had. */
export async function remainsOf(ofEach: readonly MetricsOfOne[]): Promise<MetricsOfOne> {
  const counted = ofEach.map((metrics) => metrics.filter(({ type }) => String(type) !== 'gauge'));
  return AggregatorRegistry.aggregate(counted).getMetricsAsJSON();
}

/** What has a bound in each process: a sum or an average would hide the one that has reached it. */
const worstOfProcesses = /^(nodejs_eventloop_lag_|process_open_fds$|process_max_fds$)/;
const asWorst = (metric: MetricObject): MetricObject => {
  if (!worstOfProcesses.test(metric.name)) return metric;
  const aggregator = /_min_|max_fds/.test(metric.name) ? 'min' : 'max';
  return { ...metric, aggregator };
};

/** Its own registry: several servers may run in one process, and share only what is told of that. */
export function createMetrics(figures: Figures): Metrics {
  const own = new Registry();
  for (const metric of createTidingsMetrics(figures)) own.registerMetric(metric as unknown as Metric);
  return {
    contentType: own.contentType,
    text: async () => (await Promise.all([own.metrics(), ofProcess().metrics()])).join('\n'),
    json: async () => (await Promise.all([own.getMetricsAsJSON(), ofProcess().getMetricsAsJSON()])).flat(),
  };
}

let processRegistry: Registry | null = null;

/** What prom-client tells of the process. Watched from the first question on, once: that can not be ended again. */
function ofProcess(): Registry {
  if (processRegistry === null) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}
