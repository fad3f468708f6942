// Karma, as a module without a table: the log is all it needs. Backend services award and deduct, each member hears of
// their own.
import {
  afterDescription,
  badInput,
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
  requireText,
  serviceKey,
  StreamEvent,
  toTopic,
  type Builder,
  type EntryOf,
  type Published,
  type RecentEvents,
  type Runtime,
  type TidingsModule,
  type Viewer,
} from '../../../src/index.ts';

const karmaOf = (workspace: string, userId: string) => toTopic({ workspace, kind: 'karma-of', key: userId });
type KarmaEntry = EntryOf<{ readonly points: number; readonly reason: string }>;

interface PublishKarma {
  readonly userId: string;
  readonly points: number;
  readonly reason: string;
  readonly idempotencyKey?: string | null | undefined;
}
interface KarmaService {
  publish(viewer: Viewer, input: PublishKarma): Promise<Published<KarmaEntry>>;
  list(viewer: Viewer, first: number | null | undefined): Promise<RecentEvents<KarmaEntry>>;
}
const karmaService = serviceKey<KarmaService>('planner.karma');

const createKarmaService = ({ log }: Runtime): KarmaService => ({
  async publish(viewer, { points, ...input }) {
    requireScope(viewer, 'karma:publish');
    if (points === 0) throw badInput('`points` is 0: award some, or deduct some.');
    const topic = karmaOf(viewer.workspace, requireId('userId', input.userId));
    const payload = { points, reason: requireText('reason', input.reason, { min: 1, max: 200 }) };
    const request = {
      workspace: viewer.workspace,
      field: 'publishKarma',
      publisher: viewer.id,
      key: optionalIdempotencyKey(input.idempotencyKey),
      content: { ...payload, userId: input.userId },
      topic,
    };
    return publishOnce<KarmaEntry>(log, request, async (write, claim) => {
      await claim(await write.take([topic]));
      return write.append({ topic, payload }) as KarmaEntry;
    });
  },
  list: (viewer, first) => readRecentEvents<KarmaEntry>(log, karmaOf(viewer.workspace, viewer.id), first),
});

const KarmaEvent = objectRef<KarmaEntry>('KarmaEvent');

function defineKarma(builder: Builder): void {
  builder.objectType(KarmaEvent, {
    description: 'Karma was awarded or deducted.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      points: t.int({
        description: 'Negative where it was deducted.',
        resolve: ({ payload }) => payload.points,
      }),
      reason: t.string({ description: 'What for.', resolve: ({ payload }) => payload.reason }),
    }),
  });
  const KarmaList = recentEventsType(builder, 'KarmaList', {
    type: KarmaEvent,
    description: 'The newest first.',
    nodes: 'The events.',
    cursor: "Where the stream of the viewer's karma stands.",
  });
  builder.queryField('karma', (t) =>
    t.field({
      type: KarmaList,
      description: "The viewer's latest karma.",
      args: { first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }) },
      resolve: (_root, { first }, context) => context.use(karmaService).list(context.viewer, first),
    }),
  );
  const PublishKarmaPayload = publishedType(builder, 'PublishKarmaPayload', {
    type: KarmaEvent,
    as: 'event',
    description: 'The event.',
  });
  builder.mutationField('publishKarma', (t) =>
    t.field({
      type: PublishKarmaPayload,
      rate: 'publish',
      description: 'Awards karma, or deducts it. Needs the scope karma:publish.',
      args: {
        userId: t.arg.id({ required: true, description: 'Whose.' }),
        points: t.arg.int({ required: true, description: 'Negative to deduct.' }),
        reason: t.arg.string({ required: true, description: 'What for, 1 to 200 characters.' }),
        idempotencyKey: t.arg.string({ description: 'Publishes once within 24 hours.' }),
      },
      resolve: (_root, args, context) => context.use(karmaService).publish(context.viewer, args),
    }),
  );
  builder.subscriptionField('karmaChanged', (t) =>
    t.field({
      type: KarmaEvent,
      description: "The viewer's own karma, durable.",
      args: { after: t.arg({ type: 'Cursor', description: afterDescription }) },
      subscribe: (_root, { after }, context) =>
        openEventStream(context, {
          topic: karmaOf(context.viewer.workspace, context.viewer.id),
          after,
          anewFrom: '`karma`',
          authorize: () => 'own',
        }),
      resolve: (entry) => entry as KarmaEntry,
    }),
  );
}

export const karmaModule: TidingsModule = {
  name: 'planner.karma',
  define: defineKarma,
  open: (runtime) => ({ services: [provide(karmaService, createKarmaService(runtime))] }),
};
