// Notifications, a row for each recipient, and each recipient's count of unread ones.
import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { jsonColumn } from '../../store/json-column.ts';
import type { NotificationDraft } from './notification-draft.ts';

export const notificationTypes = [
  'ORDER',
  'BOOKING',
  'MESSAGE',
  'MENTION',
  'PAYMENT',
  'APPROVAL',
  'ALERT',
  'REVIEW',
  'INVENTORY',
  'SYSTEM',
] as const;
export const notificationPriorities = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'] as const;

export type NotificationType = (typeof notificationTypes)[number];
export type NotificationPriority = (typeof notificationPriorities)[number];

export const notifications = pgTable(
  'notifications',
  {
    workspace: text('workspace').notNull(),
    id: uuid('id').notNull(),
    userId: text('user_id').notNull(),
    type: text('type', { enum: notificationTypes }).notNull(),
    priority: text('priority', { enum: notificationPriorities }).notNull(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    data: jsonColumn('data'),
    url: text('url'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    readAt: timestamp('read_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    // Ascending, and read backwards for the newest. `.desc()` would make it "nulls last" while `order by … desc` means
    // nulls first: PostgreSQL could not use its order, and would sort the whole feed for each page.
    index('notifications_of_user').on(table.workspace, table.userId, table.createdAt, table.id),
    // A long feed with little unread in it: its unread ones are found without reading the rest.
    index('notifications_unread')
      .on(table.workspace, table.userId, table.createdAt, table.id)
      .where(sql`${table.readAt} is null`),
  ],
);

/** Written only by whoever holds the head of the user's notification stream, so that each event carries the true count. */
export const notificationInboxes = pgTable(
  'notification_inboxes',
  {
    workspace: text('workspace').notNull(),
    userId: text('user_id').notNull(),
    unreadCount: integer('unread_count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.userId] })],
);

/** Notifications to a whole workspace, while their feeds are being filled: in the order of the users' ids. */
export const notificationBroadcasts = pgTable(
  'notification_broadcasts',
  {
    id: uuid('id').primaryKey(),
    workspace: text('workspace').notNull(),
    draft: jsonColumn('draft').$type<NotificationDraft>().notNull(),
    /** The last user whose feed has it; '' before the first. */
    filledTo: text('filled_to').notNull().default(''),
    /** Users seen by then get it. */
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
  },
  (table) => [
    index('notification_broadcasts_unfinished')
      .on(table.createdAt)
      .where(sql`${table.finishedAt} is null`),
  ],
);
