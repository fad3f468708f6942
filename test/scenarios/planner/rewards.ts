// Rewards, as a module that stands on another one: a child claims, a parent is asked by a notification and decides.
import {
  afterDescription,
  badInput,
  notificationsService,
  objectRef,
  openEventStream,
  provide,
  readRecentEvents,
  recentEventsType,
  requireId,
  requireText,
  serviceKey,
  StreamEvent,
  TidingsError,
  toTitle,
  toTopic,
  type Builder,
  type EntryOf,
  type NotificationDraft,
  type RecentEvents,
  type Runtime,
  type TidingsModule,
  type Viewer,
} from '../../../src/index.ts';

const rewardsOf = (workspace: string, userId: string) =>
  toTopic({ workspace, kind: 'rewards-of', key: userId });
const steps = ['CLAIMED', 'APPROVED', 'COMPLETED', 'CANCELLED'] as const;
type Step = (typeof steps)[number];
type RewardEntry = EntryOf<{ readonly step: Step; readonly reward: string; readonly by: string }>;

interface RewardsService {
  /** The viewer's own; `approverId` is asked. */
  claim(
    viewer: Viewer,
    input: { readonly reward: string; readonly approverId: string },
  ): Promise<RewardEntry>;
  /** Parents decide for others. */
  decide(viewer: Viewer, input: { userId: string; reward: string; step: Step }): Promise<RewardEntry>;
  list(viewer: Viewer): Promise<RecentEvents<RewardEntry>>;
}
const rewardsService = serviceKey<RewardsService>('planner.rewards');

const approvalRequest = (viewer: Viewer, reward: string): NotificationDraft => ({
  type: 'APPROVAL',
  priority: 'HIGH',
  title: toTitle(`${viewer.name ?? viewer.id} would like: ${reward}`),
  body: '',
  data: { userId: viewer.id, reward },
  url: null,
});

const createRewardsService = ({ log, use }: Runtime): RewardsService => ({
  claim: (viewer, { reward, approverId }) =>
    log.write(async (write) => {
      const { workspace } = viewer;
      const notifications = use(notificationsService);
      const topic = rewardsOf(workspace, viewer.id);
      requireText('reward', reward, { min: 1, max: 200 });
      const inbox = notifications.topicOf(workspace, requireId('approverId', approverId));
      const { occurredAt } = await write.take([topic, inbox]);
      // Committed together: nobody is asked for what was not claimed.
      await notifications.deliver(
        write,
        workspace,
        [approverId],
        approvalRequest(viewer, reward),
        occurredAt,
      );
      return write.append({ topic, payload: { step: 'CLAIMED', reward, by: viewer.id } }) as RewardEntry;
    }),
  decide: (viewer, { userId, reward, step }) =>
    log.write(async (write) => {
      if (!viewer.roles.has('parent'))
        throw new TidingsError('FORBIDDEN', 'This needs a token with the role "parent".');
      if (step === 'CLAIMED') throw badInput('`step` is CLAIMED: a reward is claimed by whoever wants it.');
      requireText('reward', reward, { min: 1, max: 200 });
      const topic = rewardsOf(viewer.workspace, requireId('userId', userId));
      await write.take([topic]);
      return write.append({ topic, payload: { step, reward, by: viewer.id } }) as RewardEntry;
    }),
  list: (viewer) => readRecentEvents<RewardEntry>(log, rewardsOf(viewer.workspace, viewer.id), 20),
});

const RewardEvent = objectRef<RewardEntry>('RewardEvent');

function defineRewards(builder: Builder): void {
  const RewardStep = builder.enumType('RewardStep', {
    description: 'How far a reward has come.',
    values: steps,
  });
  builder.objectType(RewardEvent, {
    description: 'A reward has come a step further.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      step: t.field({ type: RewardStep, description: 'Which.', resolve: ({ payload }) => payload.step }),
      reward: t.string({ description: 'What it is.', resolve: ({ payload }) => payload.reward }),
      by: t.id({ description: 'Who did it.', resolve: ({ payload }) => payload.by }),
    }),
  });
  const RewardList = recentEventsType(builder, 'RewardList', {
    type: RewardEvent,
    description: 'The newest first.',
    nodes: 'The events.',
    cursor: "Where the stream of the viewer's rewards stands.",
  });
  builder.queryField('rewards', (t) =>
    t.field({
      type: RewardList,
      description: "The viewer's latest rewards.",
      resolve: (_root, _args, context) => context.use(rewardsService).list(context.viewer),
    }),
  );
  builder.mutationFields((t) => ({
    claimReward: t.field({
      type: RewardEvent,
      rate: 'message',
      description: 'Asks for a reward; the approver is notified.',
      args: {
        reward: t.arg.string({ required: true, description: '1 to 200 characters.' }),
        approverId: t.arg.id({ required: true, description: 'Who decides.' }),
      },
      resolve: (_root, args, context) => context.use(rewardsService).claim(context.viewer, args),
    }),
    decideReward: t.field({
      type: RewardEvent,
      rate: 'message',
      description: 'Approves, completes or cancels a reward. Needs the role parent.',
      args: {
        userId: t.arg.id({ required: true, description: 'Whose reward.' }),
        reward: t.arg.string({ required: true, description: 'Which.' }),
        step: t.arg({ type: RewardStep, required: true, description: 'What has become of it.' }),
      },
      resolve: (_root, args, context) => context.use(rewardsService).decide(context.viewer, args),
    }),
  }));
  builder.subscriptionField('rewardChanged', (t) =>
    t.field({
      type: RewardEvent,
      description: "The viewer's own rewards, durable.",
      args: { after: t.arg({ type: 'Cursor', description: afterDescription }) },
      subscribe: (_root, { after }, context) =>
        openEventStream(context, {
          topic: rewardsOf(context.viewer.workspace, context.viewer.id),
          after,
          anewFrom: '`rewards`',
          authorize: () => 'own',
        }),
      resolve: (entry) => entry as RewardEntry,
    }),
  );
}

export const rewardsModule: TidingsModule = {
  name: 'planner.rewards',
  define: defineRewards,
  open: (runtime) => ({ services: [provide(rewardsService, createRewardsService(runtime))] }),
};
