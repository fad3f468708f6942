// A user's feed as rows: reading a page of it, filling many at once, and marking what was read. Whoever writes here
// has taken the heads of the users' notification streams before, so that every statement sees what is current.
import { randomUUID } from 'node:crypto';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queries } from '../../store/store.ts';
import type { Topic } from '../../streams/topic.ts';
import type { NotificationDraft } from './notification-draft.ts';
import { notificationInboxes, notifications, type NotificationType } from './notifications.tables.ts';

/** A notification as its GraphQL type and its events need it. */
export interface NotificationView extends NotificationDraft {
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly readAt: string | null;
}

/** Whose feed. */
export interface FeedOwner {
  readonly workspace: string;
  readonly userId: string;
}

/** Notifications of a feed, newest first, and how many of the whole feed are unread. */
export interface FeedState {
  readonly notifications: readonly NotificationView[];
  readonly unreadCount: number;
}

export interface FeedPage {
  /** At most so many. */
  readonly limit: number;
  /** The place of the last one before the page. */
  readonly after: readonly [createdAt: string, id: string] | null;
  readonly unreadOnly: boolean;
  /** Every type where null. */
  readonly types: readonly NotificationType[] | null;
}

export interface Filled {
  readonly userId: string;
  readonly notification: NotificationView;
  readonly unreadCount: number;
}

const columns = {
  id: notifications.id,
  type: notifications.type,
  priority: notifications.priority,
  title: notifications.title,
  body: notifications.body,
  data: notifications.data,
  url: notifications.url,
  createdAt: notifications.createdAt,
  readAt: notifications.readAt,
};

const newestFirst = [desc(notifications.createdAt), desc(notifications.id)];

const ownedBy = ({ workspace, userId }: FeedOwner) =>
  and(eq(notifications.workspace, workspace), eq(notifications.userId, userId));

const inboxOf = ({ workspace, userId }: FeedOwner) =>
  and(eq(notificationInboxes.workspace, workspace), eq(notificationInboxes.userId, userId));

/** One statement, so that page and count are of the same moment. There is an inbox where there ever was a notification. */
export async function readFeed(queries: Queries, owner: FeedOwner, page: FeedPage): Promise<FeedState> {
  const { limit, after, unreadOnly, types } = page;
  const selected = queries
    .select(columns)
    .from(notifications)
    .where(
      and(
        ownedBy(owner),
        unreadOnly ? isNull(notifications.readAt) : undefined,
        types === null ? undefined : inArray(notifications.type, [...types]),
        after === null
          ? undefined
          : sql`(${notifications.createdAt}, ${notifications.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(...newestFirst)
    .limit(limit)
    .as('selected');
  const rows = await queries
    .select()
    .from(notificationInboxes)
    .leftJoin(selected, sql`true`)
    .where(inboxOf(owner))
    .orderBy(desc(selected.createdAt), desc(selected.id));
  return {
    notifications: rows.flatMap((row) => (row.selected === null ? [] : [toView(row.selected)])),
    unreadCount: rows[0]?.notification_inboxes.unreadCount ?? 0,
  };
}

/** Those of the feed that are named, newest first. */
export async function readNamed(
  queries: Queries,
  owner: FeedOwner,
  ids: readonly string[],
): Promise<NotificationView[]> {
  const rows = await queries
    .select(columns)
    .from(notifications)
    .where(and(ownedBy(owner), inArray(notifications.id, [...ids])))
    .orderBy(...newestFirst);
  return rows.map(toView);
}

export async function readUnreadCount(queries: Queries, owner: FeedOwner): Promise<number> {
  const [inbox] = await queries
    .select({ unreadCount: notificationInboxes.unreadCount })
    .from(notificationInboxes)
    .where(inboxOf(owner));
  return inbox?.unreadCount ?? 0;
}

/** Marks unread ones, named by id, and answers how many are left. */
export async function markNamed(
  tx: Queries,
  owner: FeedOwner,
  ids: readonly string[],
  readAt: Date,
): Promise<number> {
  await tx
    .update(notifications)
    .set({ readAt })
    .where(and(ownedBy(owner), inArray(notifications.id, [...ids])));
  const [inbox] = await tx
    .update(notificationInboxes)
    .set({ unreadCount: sql`${notificationInboxes.unreadCount} - ${ids.length}` })
    .where(inboxOf(owner))
    .returning({ unreadCount: notificationInboxes.unreadCount });
  return inbox?.unreadCount ?? 0;
}

/** Marks whatever is unread, and answers the newest of it. */
export async function markAll(
  tx: Queries,
  owner: FeedOwner,
  readAt: Date,
  limit: number,
): Promise<NotificationView[]> {
  const newest = await tx
    .select(columns)
    .from(notifications)
    .where(and(ownedBy(owner), isNull(notifications.readAt)))
    .orderBy(...newestFirst)
    .limit(limit);
  if (newest.length === 0) return [];
  await tx
    .update(notifications)
    .set({ readAt })
    .where(and(ownedBy(owner), isNull(notifications.readAt)));
  await tx.update(notificationInboxes).set({ unreadCount: 0 }).where(inboxOf(owner));
  return newest.map((row) => ({ ...toView(row), readAt: readAt.toISOString() }));
}

/** One notification into each of the feeds, with one statement however many there are. */
export async function fillFeeds(
  tx: Queries,
  workspace: string,
  userIds: readonly string[],
  draft: NotificationDraft,
  at: Date,
): Promise<Filled[]> {
  const createdAt = at.toISOString();
  const ids = userIds.map(() => randomUUID());
  const filled = await tx.execute<{ user_id: string; id: string; unread_count: number }>(sql`
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
  return filled.rows.map((row) => ({
    userId: row.user_id,
    notification: { id: row.id, ...draft, createdAt, readAt: null },
    unreadCount: Number(row.unread_count),
  }));
}

interface FeedRow extends NotificationDraft {
  readonly id: string;
  readonly createdAt: Date;
  readonly readAt: Date | null;
}

const toView = (row: FeedRow): NotificationView => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  readAt: row.readAt?.toISOString() ?? null,
});

/** Answers whether there was anything. Inside of a write that has taken the head of the stream. */
export async function eraseFeed(tx: Queries, owner: FeedOwner, topic: Topic): Promise<boolean> {
  const removed = await tx.delete(notifications).where(ownedBy(owner)).returning({ id: notifications.id });
  await tx.delete(notificationInboxes).where(inboxOf(owner));
  const scrubbed = await tx.execute(sql`
    update stream_entries set payload = jsonb_set(payload::jsonb, '{notifications}', '[]'::jsonb)::json
    where topic = ${topic} and kind = 'event' and payload::jsonb -> 'notifications' <> '[]'::jsonb`);
  return removed.length + (scrubbed.rowCount ?? 0) > 0;
}
