// Figures of a social media team, as a module of one's own: each figure has a stream, and the dashboard follows all of them.
import {
  afterDescription,
  objectRef,
  openEventStream,
  optionalIdempotencyKey,
  provide,
  publishedType,
  publishOnce,
  readRecentEvents,
  recentEventsType,
  requireId,
  requireScope,
  serviceKey,
  StreamEvent,
  toTopic,
  type Builder,
  type EntryOf,
  type Published,
  type RecentEvents,
  type Runtime,
  type TidingsModule,
  type Topic,
  type Viewer,
} from '../../../src/index.ts';

const kinds = ['FOLLOWERS', 'REACH', 'ENGAGEMENT', 'POST_PUBLISHED', 'POST_FAILED'] as const;
interface Metric {
  readonly kind: (typeof kinds)[number];
  readonly account: string;
  readonly value: number;
}
type MetricEntry = EntryOf<Metric>;

interface MetricsService {
  publish(viewer: Viewer, metric: Metric, key: string | null | undefined): Promise<Published<MetricEntry>>;
  list(viewer: Viewer, account: string | null | undefined): Promise<RecentEvents<MetricEntry>>;
  /** Of one account, or of all of the workspace. */
  topicOf(viewer: Viewer, account: string | null | undefined): Topic;
}
const metricsService = serviceKey<MetricsService>('social.metrics');

function createMetricsService({ log }: Runtime): MetricsService {
  const topicOf: MetricsService['topicOf'] = ({ workspace }, account) =>
    account === null || account === undefined
      ? toTopic({ workspace, kind: 'metrics', key: 'all' })
      : toTopic({ workspace, kind: 'metrics-of', key: requireId('account', account) });
  return {
    topicOf,
    publish(viewer, payload, key) {
      requireScope(viewer, 'metrics:publish');
      const [topic, all] = [topicOf(viewer, payload.account), topicOf(viewer, null)];
      const request = {
        workspace: viewer.workspace,
        field: 'publishMetric',
        publisher: viewer.id,
        key: optionalIdempotencyKey(key),
        content: payload,
        topic,
      };
      return publishOnce<MetricEntry>(log, request, async (write, claim) => {
        await claim(await write.take([topic, all]));
        write.append({ topic: all, payload });
        return write.append({ topic, payload }) as MetricEntry;
      });
    },
    list: (viewer, account) => readRecentEvents<MetricEntry>(log, topicOf(viewer, account), 100),
  };
}

const MetricChange = objectRef<MetricEntry>('MetricChange');

function defineMetrics(builder: Builder): void {
  const MetricKind = builder.enumType('MetricKind', { description: 'What is measured.', values: kinds });
  builder.objectType(MetricChange, {
    description: 'A figure has changed.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({ type: MetricKind, description: 'Which.', resolve: ({ payload }) => payload.kind }),
      account: t.id({ description: 'Of which account.', resolve: ({ payload }) => payload.account }),
      value: t.float({ description: 'What it is now.', resolve: ({ payload }) => payload.value }),
    }),
  });
  const MetricList = recentEventsType(builder, 'MetricList', {
    type: MetricChange,
    description: 'The newest first.',
    nodes: 'The changes.',
    cursor: 'Where the stream of these figures stands.',
  });
  const account = { description: 'Of one account; without it of all.' };
  builder.queryField('metrics', (t) =>
    t.field({
      type: MetricList,
      description: "The workspace's latest figures.",
      args: { account: t.arg.id(account) },
      resolve: (_root, args, context) => context.use(metricsService).list(context.viewer, args.account),
    }),
  );
  const PublishMetricPayload = publishedType(builder, 'PublishMetricPayload', {
    type: MetricChange,
    as: 'event',
    description: 'The event.',
  });
  builder.mutationField('publishMetric', (t) =>
    t.field({
      type: PublishMetricPayload,
      rate: 'publish',
      description: 'Tells what a figure is now. Needs the scope metrics:publish.',
      args: {
        kind: t.arg({ type: MetricKind, required: true, description: 'Which.' }),
        account: t.arg.id({ required: true, description: 'Of which account.' }),
        value: t.arg.float({ required: true, description: 'What it is now.' }),
        idempotencyKey: t.arg.string({ description: 'Publishes once within 24 hours.' }),
      },
      resolve: (_root, { idempotencyKey, ...metric }, context) =>
        context.use(metricsService).publish(context.viewer, metric, idempotencyKey),
    }),
  );
  builder.subscriptionField('metricChanged', (t) =>
    t.field({
      type: MetricChange,
      description: "The workspace's figures, durable.",
      args: {
        account: t.arg.id(account),
        after: t.arg({ type: 'Cursor', description: afterDescription }),
      },
      subscribe: (_root, args, context) =>
        openEventStream(context, {
          topic: context.use(metricsService).topicOf(context.viewer, args.account),
          after: args.after,
          anewFrom: '`metrics`',
          authorize: () => 'workspace',
        }),
      resolve: (entry) => entry as MetricEntry,
    }),
  );
}

export const metricsModule: TidingsModule = {
  name: 'social.metrics',
  define: defineMetrics,
  open: (runtime) => ({ services: [provide(metricsService, createMetricsService(runtime))] }),
};
