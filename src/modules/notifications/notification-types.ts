// The types of notifications in the schema; the fields that read, send and follow them are in notifications.schema.ts.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import type { NotificationEntry, notificationEventKinds } from './notification-event.ts';
import type { NotificationView } from './notification-feed.ts';
import type { NotificationPriority, NotificationType } from './notifications.tables.ts';

export const Notification = objectRef<NotificationView>('Notification');
export const NotificationEvent = objectRef<NotificationEntry>('NotificationEvent');

export type NotificationEnums = ReturnType<typeof defineEnums>;

export function defineNotificationTypes(builder: Builder): NotificationEnums {
  const enums = defineEnums(builder);
  defineNotification(builder, enums);
  defineEvent(builder);
  return enums;
}

const defineEnums = (builder: Builder) => ({
  NotificationTypeEnum: builder.enumType('NotificationType', {
    description: 'What a notification is about, for icons and filters.',
    values: {
      ORDER: { description: 'An order.' },
      BOOKING: { description: 'A booking.' },
      MESSAGE: { description: 'A message.' },
      MENTION: { description: 'Somebody has named the user.' },
      PAYMENT: { description: 'A payment.' },
      APPROVAL: { description: 'A decision that the user is asked for, or has been waiting for.' },
      ALERT: { description: 'Something that is wrong.' },
      REVIEW: { description: 'A review.' },
      INVENTORY: { description: 'A stock.' },
      SYSTEM: { description: 'The application itself.' },
    } satisfies Record<NotificationType, { description: string }>,
  }),
  NotificationPriorityEnum: builder.enumType('NotificationPriority', {
    description: 'How much a notification matters. The order of a feed is by time, whatever the priority.',
    values: {
      LOW: { description: 'May be overlooked.' },
      NORMAL: { description: 'The usual.' },
      HIGH: { description: 'Should be seen soon.' },
      CRITICAL: { description: 'Must be seen at once.' },
    } satisfies Record<NotificationPriority, { description: string }>,
  }),
});

function defineNotification(
  builder: Builder,
  { NotificationTypeEnum, NotificationPriorityEnum }: NotificationEnums,
): void {
  builder.objectType(Notification, {
    description: "Something that waits for a user's attention, in that user's feed.",
    fields: (t) => ({
      id: t.exposeID('id', {
        description: 'Its id. Each recipient of one message has a notification of their own.',
      }),
      type: t.expose('type', { type: NotificationTypeEnum, description: 'What it is about.' }),
      priority: t.expose('priority', { type: NotificationPriorityEnum, description: 'How much it matters.' }),
      title: t.exposeString('title', { description: 'One line, 1 to 256 characters.' }),
      body: t.exposeString('body', { description: 'The text, at most 10,000 characters; may be empty.' }),
      data: t.expose('data', {
        type: 'JSON',
        nullable: true,
        description: 'What else the application wants to show or needs to know.',
      }),
      url: t.exposeString('url', {
        nullable: true,
        description: 'Where a click leads: a path within the application, or an http(s) address.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent.' }),
      readAt: t.expose('readAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was marked as read; null while it is unread.',
      }),
    }),
  });
}

function defineEvent(builder: Builder): void {
  const NotificationEventKindEnum = builder.enumType('NotificationEventKind', {
    description: 'What has happened to a feed: a notification came in, or some were marked as read.',
    values: {
      RECEIVED: { description: 'A notification came in.' },
      READ: { description: 'Some were marked as read, here or on another device.' },
    } satisfies Record<(typeof notificationEventKinds)[number], { description: string }>,
  });
  builder.objectType(NotificationEvent, {
    description:
      "Something happened to the viewer's feed. READ reaches every device of the user, so that badges agree.",
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({
        type: NotificationEventKindEnum,
        description: 'What has happened.',
        resolve: ({ payload }) => payload.kind,
      }),
      notifications: t.field({
        type: [Notification],
        description:
          'Those received or read, newest first; for `markAllNotificationsRead` the newest 100 of them, or as many as fit into ' +
          '1 MiB.',
        resolve: ({ payload }) => [...payload.notifications],
      }),
      readThrough: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'READ by `markAllNotificationsRead`: everything up to this moment is read, beyond the notifications told ' +
          'here too. What comes after this event is unread. null otherwise.',
        resolve: ({ payload }) => payload.readThrough,
      }),
      unreadCount: t.int({
        description: 'Unread notifications of the viewer right after this event: the number for the badge.',
        resolve: ({ payload }) => payload.unreadCount,
      }),
    }),
  });
}
