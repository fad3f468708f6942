// Notifications: delivering them into feeds, reading a feed, and marking what was read.
import { sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { serviceKey } from '../../schema/context.ts';
import type { Write } from '../../streams/log-write.ts';
import type { Topic } from '../../streams/topic.ts';
import type { NotificationPriority, NotificationType } from './notifications.tables.ts';
import { notificationsTopic } from './notifications.topics.ts';

/** What is sent, before it has an id and a recipient. Already checked. */
export interface NotificationDraft {
  readonly type: NotificationType;
  readonly priority: NotificationPriority;
  readonly title: string;
  readonly body: string;
  readonly data: unknown;
  readonly url: string | null;
}

/** A notification as its GraphQL type and its events need it. */
export interface NotificationView extends NotificationDraft {
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly readAt: string | null;
}

export interface NotificationEventPayload {
  readonly kind: 'RECEIVED' | 'READ';
  readonly notifications: readonly NotificationView[];
  /** RFC 3339. */
  readonly readThrough: string | null;
  readonly unreadCount: number;
}

export interface NotificationsService {
  /** To be taken by a write that delivers. */
  topicOf(workspace: string, userId: string): Topic;
  /** Inside a write that has taken the streams of all these users: fills their feeds and appends to their streams. */
  deliver(
    write: Write,
    workspace: string,
    userIds: readonly string[],
    draft: NotificationDraft,
    occurredAt: Date,
  ): Promise<void>;
}

export const notificationsService = serviceKey<NotificationsService>('notifications');

export function createNotificationsService(): NotificationsService {
  return {
    topicOf: notificationsTopic,

    async deliver(write, workspace, userIds, draft, occurredAt) {
      const ids = userIds.map(() => randomUUID());
      const createdAt = occurredAt.toISOString();
      const delivered = await write.tx.execute<{ user_id: string; id: string; unread_count: number }>(sql`
        with recipient as (
          select * from unnest(${sql.param([...userIds])}::text[], ${sql.param(ids)}::uuid[]) as recipient(user_id, id)
        ), filled as (
          insert into notifications (workspace, id, user_id, type, priority, title, body, data, url, created_at)
          select ${workspace}, recipient.id, recipient.user_id, ${draft.type}, ${draft.priority}, ${draft.title}, ${draft.body},
            ${draft.data === null ? null : JSON.stringify(draft.data)}::json, ${draft.url}, ${createdAt}::timestamptz
          from recipient
        ), counted as (
          insert into notification_inboxes as inbox (workspace, user_id, unread_count)
          select ${workspace}, user_id, 1 from recipient
          on conflict (workspace, user_id) do update set unread_count = inbox.unread_count + 1
          returning user_id, unread_count
        )
        select recipient.user_id, recipient.id, counted.unread_count
        from recipient join counted using (user_id)`);
      for (const row of delivered.rows) {
        const notification: NotificationView = { id: row.id, ...draft, createdAt, readAt: null };
        const payload: NotificationEventPayload = {
          kind: 'RECEIVED',
          notifications: [notification],
          readThrough: null,
          unreadCount: Number(row.unread_count),
        };
        write.append({ topic: notificationsTopic(workspace, row.user_id), payload });
      }
    },
  };
}
