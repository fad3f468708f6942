// Notifications in the schema: authorize, call, return.
import type { Builder } from '../../schema/builder.ts';
import { connectionFields } from '../../schema/connection.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import { requireId } from '../../schema/input.ts';
import { afterDescription, streamCursor } from '../../schema/stream-cursor.ts';
import { optionalTypes, toEventFilter, type NotificationEntry } from './notification-event.ts';
import type { FeedState, NotificationView } from './notification-feed.ts';
import {
  defineNotificationTypes,
  Notification,
  NotificationEvent,
  type NotificationEnums,
} from './notification-types.ts';
import { mayFollowOwnNotifications } from './notifications.policy.ts';
import { notificationsService, type NotificationPage, type SendResult } from './notifications.service.ts';
import { notificationsTopic } from './notifications.topics.ts';

export function defineNotifications(builder: Builder): void {
  const enums = defineNotificationTypes(builder);
  defineQuery(builder, enums);
  defineSending(builder, enums);
  defineMarking(builder);
  defineSubscription(builder, enums);
}

function defineQuery(builder: Builder, { NotificationTypeEnum }: NotificationEnums): void {
  const words = { one: 'notification', many: 'notifications' };
  const pageFields = connectionFields<NotificationView, NotificationPage>(
    builder,
    'Notification',
    Notification,
    words,
  );
  const NotificationConnection = builder.objectRef<NotificationPage>('NotificationConnection').implement({
    description: "A page of the viewer's feed, newest first.",
    fields: (t) => ({
      ...pageFields(t),
      unreadCount: t.exposeInt('unreadCount', {
        description: 'Unread notifications in the whole feed, whatever the page and its filters.',
      }),
      cursor: t.field(
        streamCursor(
          "Where the viewer's notification stream stands: subscribe `after` it and nothing falls between query and " +
            'subscription.',
        ),
      ),
    }),
  });

  builder.queryField('notifications', (t) =>
    t.field({
      type: NotificationConnection,
      description: "The viewer's own notifications, newest first.",
      args: {
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        after: t.arg.string({ description: 'The `endCursor` of the page before.' }),
        unreadOnly: t.arg.boolean({ defaultValue: false, description: 'Leaves out what has been read.' }),
        types: t.arg({
          type: [NotificationTypeEnum],
          description: 'Only these types; every type without it.',
        }),
      },
      resolve: (_root, args, context) => context.use(notificationsService).list(context.viewer, args),
    }),
  );
}

function defineSending(
  builder: Builder,
  { NotificationTypeEnum, NotificationPriorityEnum }: NotificationEnums,
): void {
  const SendNotificationInput = builder.inputType('SendNotificationInput', {
    description: 'A notification and its recipients. Exactly one of userIds and workspace is given.',
    fields: (t) => ({
      userIds: t.idList({ description: 'The recipients, 1 to 500. Users never seen before are fine.' }),
      workspace: t.boolean({
        description:
          'true: every user the workspace has seen. The feeds fill in the background, within seconds for ten thousand.',
      }),
      type: t.field({ type: NotificationTypeEnum, required: true, description: 'What it is about.' }),
      priority: t.field({
        type: NotificationPriorityEnum,
        defaultValue: 'NORMAL',
        description: 'How much it matters.',
      }),
      title: t.string({ required: true, description: 'One line, 1 to 256 characters.' }),
      body: t.string({ required: true, description: 'The text, at most 10,000 characters; may be empty.' }),
      data: t.field({
        type: 'JSON',
        description: 'What else the application wants to show or needs to know, at most 64 KiB.',
      }),
      url: t.string({
        description:
          'Where a click leads: a path that begins with /, or an http(s) address; at most 2,048 characters.',
      }),
      idempotencyKey: t.string({
        description:
          'The same key within 24 hours sends once and answers the first result: retry with it freely.',
      }),
    }),
  });
  const SendNotificationPayload = builder.objectRef<SendResult>('SendNotificationPayload').implement({
    description: 'What was sent.',
    fields: (t) => ({
      recipientCount: t.exposeInt('recipientCount', {
        description:
          'How many feeds it goes into. To a workspace the feeds fill in batches in the background; this is how many ' +
          'there will be.',
      }),
      deduplicated: t.exposeBoolean('deduplicated', {
        description: 'true where the idempotency key had been used before: nothing was published again.',
      }),
    }),
  });
  builder.mutationField('sendNotification', (t) =>
    t.field({
      rate: 'publish',
      type: SendNotificationPayload,
      description:
        "Puts a notification into users' feeds and tells their devices. Needs the scope notifications:send.",
      args: {
        input: t.arg({
          type: SendNotificationInput,
          required: true,
          description: 'The notification and its recipients.',
        }),
      },
      resolve: (_root, { input }, context) => context.use(notificationsService).send(context.viewer, input),
    }),
  );
}

function defineMarking(builder: Builder): void {
  const MarkNotificationsReadPayload = builder
    .objectRef<FeedState>('MarkNotificationsReadPayload')
    .implement({
      description: 'What was marked as read.',
      fields: (t) => ({
        notifications: t.field({
          type: [Notification],
          description: 'Those that were unread before; the newest 100 of them.',
          resolve: ({ notifications }) => [...notifications],
        }),
        unreadCount: t.exposeInt('unreadCount', {
          description: 'Unread notifications of the viewer that are left.',
        }),
      }),
    });
  builder.mutationFields((t) => ({
    markNotificationRead: t.field({
      rate: 'message',
      type: MarkNotificationsReadPayload,
      description: 'Marks one notification of the viewer as read. Harmless where it had been read before.',
      args: { id: t.arg.id({ required: true, description: "The notification's id." }) },
      resolve: (_root, { id }, context) =>
        context.use(notificationsService).markRead(context.viewer, [requireId('id', id)]),
    }),
    markNotificationsRead: t.field({
      rate: 'message',
      type: MarkNotificationsReadPayload,
      description:
        'Marks notifications of the viewer as read. Where one of them does not exist, that is NOT_FOUND and none is ' +
        'marked.',
      args: { ids: t.arg.idList({ required: true, description: 'Their ids, 1 to 500.' }) },
      resolve: (_root, { ids }, context) => context.use(notificationsService).markRead(context.viewer, ids),
    }),
    markAllNotificationsRead: t.field({
      rate: 'message',
      type: MarkNotificationsReadPayload,
      description: 'Marks every notification of the viewer as read.',
      resolve: (_root, _args, context) => context.use(notificationsService).markAllRead(context.viewer),
    }),
  }));
}

function defineSubscription(builder: Builder, { NotificationTypeEnum }: NotificationEnums): void {
  builder.subscriptionField('notification', (t) =>
    t.field({
      type: NotificationEvent,
      description:
        "The viewer's own; `types` filters RECEIVED events, READ events always come. Durable: nothing is lost between a " +
        '`cursor` and the subscription `after` it.',
      args: {
        types: t.arg({
          type: [NotificationTypeEnum],
          description: 'Only these types are told when received; every type without it.',
        }),
        after: t.arg({
          type: 'Cursor',
          description: afterDescription,
        }),
      },
      subscribe: (_root, { types, after }, context) => {
        const wanted = optionalTypes(types);
        return openEventStream(context, {
          topic: notificationsTopic(context.viewer.workspace, context.viewer.id),
          after,
          anewFrom: '`notifications`',
          authorize: mayFollowOwnNotifications,
          ...(wanted === null ? {} : { filter: toEventFilter(wanted) }),
        });
      },
      resolve: (entry) => entry as NotificationEntry,
    }),
  );
}
