// Every metric of Tidings' own, in the order of docs/metrics.md. No label is ever what a client wrote, or a topic, a user or a
// workspace: each has a few values that are known beforehand.
import {
  alone,
  byLabel,
  FigureMetric,
  toSamples,
  type FigureMetricOptions,
  type Sample,
} from './figure-metric.ts';
import type { Figures } from './figures.ts';

type Read = FigureMetricOptions['read'];
type Aggregator = NonNullable<FigureMetricOptions['aggregator']>;

const counter = (name: string, help: string, read: Read): FigureMetric =>
  new FigureMetric({ name, help, type: 'counter', read });

const gauge = (name: string, help: string, read: Read, aggregator: Aggregator = 'sum'): FigureMetric =>
  new FigureMetric({ name, help, type: 'gauge', aggregator, read });

export const createTidingsMetrics = (figures: Figures): readonly FigureMetric[] => [
  ...nodeMetrics(figures),
  ...connectionMetrics(figures),
  ...operationMetrics(figures),
  ...eventMetrics(figures),
  ...streamMetrics(figures),
  ...databaseMetrics(figures),
];

function nodeMetrics({
  version,
  engine,
  store,
  readiness,
  nodes,
  dependencies,
}: Figures): readonly FigureMetric[] {
  const ofDependencies = async (pick: (checked: { problem: string | null; ms: number }) => number) =>
    Promise.all(
      dependencies.map(async ({ dependency, check }): Promise<Sample> => {
        return { labels: { dependency }, value: pick(await check.look()) };
      }),
    );
  return [
    gauge(
      'tidings_build_info',
      'Always 1; its labels say what runs.',
      () => [
        { labels: { version, node: process.version, engine: engine.kind, store: store.kind }, value: 1 },
      ],
      'first',
    ),
    gauge(
      'tidings_draining',
      '1 while the node is about to end and takes nothing new.',
      () => alone(readiness.isDraining ? 1 : 0),
      'max',
    ),
    gauge(
      'tidings_nodes',
      'Nodes that live, this one among them; absent while that can not be told.',
      async () => {
        const { value } = await nodes.look();
        return value === null ? [] : alone(value);
      },
      'max',
    ),
    gauge(
      'tidings_dependency_up',
      'Whether the database, and Redis where it is used, answered when they were asked last: 1 or 0.',
      () => ofDependencies(({ problem }) => (problem === null ? 1 : 0)),
      'min',
    ),
    gauge(
      'tidings_dependency_check_seconds',
      'How long that answer took, or has been waited for.',
      () => ofDependencies(({ ms }) => ms / 1_000),
      'max',
    ),
  ];
}

const connectionMetrics = ({
  transport,
  webSockets,
  eventStreams,
  book,
  tails,
}: Figures): readonly FigureMetric[] => [
  gauge('tidings_connections', 'Connections that are open: WebSockets, and subscriptions over SSE.', () =>
    byLabel('transport', { websocket: webSockets().size, sse: eventStreams() }),
  ),
  counter('tidings_connections_opened_total', 'Connections that were opened.', () =>
    byLabel('transport', transport.opened),
  ),
  counter(
    'tidings_connections_refused_total',
    'Connections that were refused, or closed before they were acknowledged.',
    () => byLabel('reason', transport.refused),
  ),
  counter('tidings_websocket_closes_total', 'WebSockets that were closed, by close code.', () =>
    byLabel('code', transport.closed),
  ),
  counter(
    'tidings_stuck_connections_total',
    'Connections that were closed because nobody read what they were sent.',
    () => byLabel('transport', transport.stuck),
  ),
  gauge('tidings_subscriptions', 'Subscriptions that are open.', () => alone(book.total.subscriptions)),
  gauge(
    'tidings_queue_bytes',
    'What waits for readers: events that subscriptions hold, and messages on their way to WebSockets.',
    () =>
      byLabel('queue', { subscriptions: tails.figures.queuedBytes, websockets: webSockets().queuedBytes }),
  ),
  counter(
    'tidings_http_requests_total',
    'HTTP requests that were answered; 499 where the client left before.',
    () =>
      [...transport.requests].flatMap(([route, byStatus]) =>
        [...byStatus].map(([status, value]) => ({ labels: { route, status }, value })),
      ),
  ),
];

const operationMetrics = ({ transport }: Figures): readonly FigureMetric[] => [
  counter(
    'tidings_operations_total',
    'Queries and mutations that were carried out and subscriptions that were asked for: failed where the answer has errors.',
    () =>
      Object.entries(transport.operations).flatMap(([type, outcomes]) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { type, outcome }, value })),
      ),
  ),
  new FigureMetric({
    name: 'tidings_operation_seconds',
    help: 'How long queries and mutations took to be carried out.',
    type: 'histogram',
    read: () =>
      Object.entries(transport.durations).flatMap(([type, histogram]) =>
        toSamples('tidings_operation_seconds', histogram, { type }),
      ),
  }),
  counter('tidings_errors_total', 'Errors that were told to clients, by the code in extensions.code.', () =>
    byLabel('code', transport.errors),
  ),
  counter(
    'tidings_rate_limited_total',
    'Operations that were refused because there were too many of their kind.',
    () => byLabel('kind', transport.rateLimited),
  ),
];

const eventMetrics = ({ deliveries, fanOut }: Figures): readonly FigureMetric[] => [
  counter('tidings_events_published_total', 'Events that this node has stored.', () =>
    alone(deliveries.published),
  ),
  counter('tidings_events_delivered_total', 'Results of subscriptions that were handed to connections.', () =>
    alone(deliveries.delivered),
  ),
  new FigureMetric({
    name: 'tidings_delivery_seconds',
    help: 'From the publisher’s node telling of an event to its being handed to a connection; between nodes as exact as their clocks agree.',
    type: 'histogram',
    read: () => toSamples('tidings_delivery_seconds', deliveries.sinceStart()),
  }),
  gauge('tidings_audiences', 'Groups of subscriptions for whom an event is executed once.', () =>
    alone(fanOut?.size ?? 0),
  ),
  gauge('tidings_audience_members', 'Subscriptions in all of them together.', () =>
    alone(fanOut?.members ?? 0),
  ),
];

const streamMetrics = ({ tails }: Figures): readonly FigureMetric[] => {
  const { figures } = tails;
  return [
    gauge('tidings_followed_topics', 'Event streams that this node follows.', () => alone(tails.size)),
    gauge(
      'tidings_followed_topics_behind',
      'Those of which more is known to exist than has been passed on.',
      () => alone(figures.behind),
    ),
    counter(
      'tidings_stream_gaps_total',
      'Times that a stream had more in the log than was heard in order.',
      () => alone(figures.gaps),
    ),
    counter('tidings_stream_heals_total', 'Gaps that were filled from the log.', () => alone(figures.heals)),
    counter(
      'tidings_streams_lost_total',
      'Streams that ended because the log does not continue them: it went back, or retention was quicker.',
      () => alone(figures.lost),
    ),
    counter('tidings_head_checks_total', 'Comparisons of the followed streams with the database.', () =>
      byLabel('outcome', {
        ok: figures.headChecks - figures.headChecksFailed,
        failed: figures.headChecksFailed,
      }),
    ),
    counter(
      'tidings_announcements_failed_total',
      'Events that the broker did not take: other nodes find them by their head checks.',
      () => alone(figures.announcementsFailed),
    ),
    counter('tidings_catch_ups_total', 'Subscriptions that began to read the log.', () =>
      alone(figures.catchUps),
    ),
    counter('tidings_catch_up_entries_total', 'Entries that they were given of it.', () =>
      alone(figures.entriesCaughtUp),
    ),
    gauge('tidings_subscriptions_catching_up', 'Subscriptions that read the log at the moment.', () =>
      alone(figures.catchingUp),
    ),
    counter(
      'tidings_slow_subscribers_total',
      'Live subscriptions that were too slow for their stream and went on from the log.',
      () => alone(figures.leftForLog),
    ),
  ];
};

const databaseMetrics = ({ store }: Figures): readonly FigureMetric[] => [
  gauge('tidings_database_connections', 'Connections to the database.', () => {
    const { busy, idle } = store.connections;
    return byLabel('state', { busy, idle });
  }),
  gauge('tidings_database_connections_max', 'As many as there may be.', () => alone(store.connections.max)),
  gauge('tidings_database_connections_waiting', 'Statements that wait for a free one.', () =>
    alone(store.connections.waiting),
  ),
];
