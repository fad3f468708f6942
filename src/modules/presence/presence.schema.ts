// Presence in the schema: authorize, call, return.
import type { PresenceStatus } from '../../engines/engine.ts';
import { objectRef, type Builder } from '../../schema/builder.ts';
import { PageInfo } from '../../schema/scalars.ts';
import { User } from '../users/users.schema.ts';
import { presenceService, type OnlinePage } from './presence.service.ts';
import type { ActivityView, PresenceView } from './visible-presence.ts';

export const Presence = objectRef<PresenceView>('Presence');
const Activity = objectRef<ActivityView>('Activity');

export function definePresence(builder: Builder): void {
  const enums = defineTypes(builder);
  defineQueries(builder);
  defineMutation(builder, enums);
  defineSubscription(builder);
}

function defineTypes(builder: Builder) {
  const PresenceStatusEnum = builder.enumType('PresenceStatus', {
    description: 'How available somebody is.',
    values: {
      ONLINE: { description: 'Connected, and available.' },
      AWAY: { description: "Connected, but not at the screen: set by the user's application." },
      BUSY: { description: "Connected, and not to be disturbed: set by the user's application." },
      OFFLINE: { description: 'Not connected, or appearing so.' },
    } satisfies Record<PresenceStatus, { description: string }>,
  });
  const ActivityKindEnum = builder.enumType('ActivityKind', {
    description: 'What somebody does with a page or resource.',
    values: {
      VIEWING: { description: 'Looks at it.' },
      EDITING: { description: 'Changes it.' },
      COMMENTING: { description: 'Writes a comment on it.' },
    } satisfies Record<ActivityView['kind'], { description: string }>,
  });

  builder.objectType(Activity, {
    description: 'What a user is doing, and where: a page or a resource of the application.',
    fields: (t) => ({
      kind: t.expose('kind', { type: ActivityKindEnum, description: 'What the user does there.' }),
      resource: t.exposeString('resource', {
        description: 'The page or resource, in whatever form the application has set it.',
      }),
    }),
  });

  builder.objectType(Presence, {
    description: 'Whether a user is there, on how many devices, and doing what.',
    fields: (t) => ({
      userId: t.id({
        description: 'Whose presence it is: the key to keep it under.',
        resolve: ({ user }) => user.id,
      }),
      user: t.expose('user', { type: User, description: 'The user, with the name to show.' }),
      status: t.expose('status', {
        type: PresenceStatusEnum,
        description: 'What the user has set; ONLINE for whoever is connected and has set nothing.',
      }),
      activity: t.expose('activity', {
        type: Activity,
        nullable: true,
        description: 'What the user is doing; null where nothing is set, and for whoever appears offline.',
      }),
      deviceCount: t.exposeInt('deviceCount', {
        description:
          'Connected devices or tabs: live WebSocket connections. 0 for whoever appears offline. A page reload is not noticed.',
      }),
      lastSeenAt: t.expose('lastSeenAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the user was last connected; null while connected, and for a user never seen.',
      }),
    }),
  });
  return { PresenceStatusEnum, ActivityKindEnum };
}

function defineQueries(builder: Builder): void {
  const PresenceConnection = builder.objectRef<OnlinePage>('PresenceConnection').implement({
    description: 'A page of the users who are online, by id.',
    fields: (t) => ({
      nodes: t.field({
        type: [Presence],
        description: 'Their presence.',
        resolve: ({ nodes }) => [...nodes],
      }),
      pageInfo: t.expose('pageInfo', { type: PageInfo, description: 'Where the page lies in the list.' }),
      totalCount: t.exposeInt('totalCount', { description: 'How many users are online, over all pages.' }),
    }),
  });

  builder.queryFields((t) => ({
    presence: t.field({
      type: [Presence],
      description:
        'The presence of users of the workspace: one for each, in the order asked for, repetitions left out. ' +
        'Somebody unknown looks like somebody who has never been here: OFFLINE, named by the id.',
      args: {
        userIds: t.arg.idList({
          required: true,
          description: 'Whose presence; at most 500 users at a time.',
        }),
      },
      resolve: async (_root, { userIds }, context) => [
        ...(await context.use(presenceService).read(context.viewer, userIds)),
      ],
    }),
    onlineUsers: t.field({
      type: PresenceConnection,
      description: 'Who is online in the workspace, by id; whoever appears offline is left out.',
      args: {
        first: t.arg.int({ defaultValue: 100, description: 'How many, 1 to 500.' }),
        after: t.arg.string({ description: 'The `endCursor` of the page before.' }),
      },
      resolve: (_root, args, context) => context.use(presenceService).listOnline(context.viewer, args),
    }),
  }));
}

function defineMutation(
  builder: Builder,
  { PresenceStatusEnum, ActivityKindEnum }: ReturnType<typeof defineTypes>,
): void {
  const ActivityInput = builder.inputType('ActivityInput', {
    description: 'What the viewer is doing, and where.',
    fields: (t) => ({
      kind: t.field({
        type: ActivityKindEnum,
        required: true,
        description: 'What the viewer does there.',
      }),
      resource: t.string({
        required: true,
        description: 'A page or resource of the application, for example "invoice/42": 1 to 512 characters.',
      }),
    }),
  });
  const SetPresenceInput = builder.inputType('SetPresenceInput', {
    description: 'How the viewer wants to appear, on all of their devices together.',
    fields: (t) => ({
      status: t.field({
        type: PresenceStatusEnum,
        required: true,
        description:
          "Stands until it is set again or the user's last connection ends. OFFLINE appears offline while staying connected.",
      }),
      activity: t.field({
        type: ActivityInput,
        description: 'What the viewer is doing. Left out or null: nothing in particular.',
      }),
    }),
  });
  builder.mutationField('setPresence', (t) =>
    t.field({
      rate: 'presence',
      type: Presence,
      description:
        'Sets how the viewer appears to others, and answers it as they see it. It stands while a WebSocket connection ' +
        'of the viewer is open: without one it is CONFLICT.',
      args: {
        input: t.arg({
          type: SetPresenceInput,
          required: true,
          description: 'The status and, if any, the activity.',
        }),
      },
      resolve: (_root, { input }, context) => context.use(presenceService).set(context.viewer, input),
    }),
  );
}

function defineSubscription(builder: Builder): void {
  builder.subscriptionField('presenceChanged', (t) =>
    t.field({
      type: Presence,
      description:
        'First the current presence of each of the users, then every change. Without userIds: everyone online, then every ' +
        'change in the workspace. Live state: there is nothing to resume, subscribing again heals it. A slow reader gets ' +
        'the newest presence of each user, not every one in between.',
      args: {
        userIds: t.arg.idList({
          description: 'Whom to follow, at most 500 users; without it, everyone in the workspace.',
        }),
      },
      subscribe: (_root, { userIds }, context) => context.use(presenceService).follow(context, userIds),
      resolve: (view) => view,
    }),
  );
}
