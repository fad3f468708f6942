// The unread count is a number of its own beside the feed: whatever writes at once, it never disagrees with the feed,
// nor does any event's count with the events before it.
import { randomUUID } from 'node:crypto';
import { and, count, eq, isNull } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { NotificationEventPayload } from '../../src/modules/notifications/notification-event.ts';
import { notificationsService } from '../../src/modules/notifications/notifications.service.ts';
import { notificationInboxes, notifications } from '../../src/modules/notifications/notifications.tables.ts';
import { notificationsTopic } from '../../src/modules/notifications/notifications.topics.ts';
import { onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';

const userIds = ['alice', 'bob', 'carol'];
const rounds = 12;

onBothDatabases('unread counts', (database) => {
  const repeat = async (times: number, work: (round: number) => Promise<unknown>) => {
    for (let round = 0; round < times; round += 1) await work(round);
  };

  test('sending, marking some and marking all at once keep count, feed and events in step', async () => {
    const workspace = `w-${randomUUID()}`;
    const service = database.runtime.use(notificationsService);
    const shop = testViewer('shop', { workspace, scopes: ['notifications:send'] });
    const viewers = userIds.map((id) => testViewer(id, { workspace }));
    const send = (to: string[]) =>
      service.send(shop, { userIds: to, type: 'ALERT', title: 'Look', body: '' });

    await Promise.all([
      // In different orders: nobody waits for the other crosswise.
      repeat(rounds, () => send(userIds)),
      repeat(rounds, () => send([...userIds].reverse())),
      ...viewers.flatMap((viewer) => [
        repeat(rounds, () => send([viewer.id])),
        // Two devices that mark the same page at the same time.
        ...[1, 2].map(() =>
          repeat(rounds, async () => {
            const page = await service.list(viewer, { first: 4 });
            const ids = page.edges.map(({ node }) => node.id);
            if (ids.length > 0) await service.markRead(viewer, ids);
          }),
        ),
        repeat(rounds / 3, () => service.markAllRead(viewer)),
        // A page and its count are of one moment.
        repeat(rounds, async () => {
          const page = await service.list(viewer, { first: 100, unreadOnly: true });
          expect(page.edges).toHaveLength(page.unreadCount);
        }),
      ]),
    ]);

    for (const userId of userIds) {
      const counted = await countOf(workspace, userId);
      expect(counted.inbox).toBe(counted.feed);
      const told = await eventsOf(workspace, userId);
      expect(told.filter(({ kind }) => kind === 'RECEIVED')).toHaveLength(3 * rounds);
      expect(told.map(({ unreadCount }) => unreadCount)).toEqual(recount(told));
      expect(told.at(-1)?.unreadCount).toBe(counted.feed);
    }
  });

  async function countOf(workspace: string, userId: string) {
    const [inbox] = await database.runtime.store.queries
      .select({ unread: notificationInboxes.unreadCount })
      .from(notificationInboxes)
      .where(and(eq(notificationInboxes.workspace, workspace), eq(notificationInboxes.userId, userId)));
    const [feed] = await database.runtime.store.queries
      .select({ unread: count() })
      .from(notifications)
      .where(
        and(
          eq(notifications.workspace, workspace),
          eq(notifications.userId, userId),
          isNull(notifications.readAt),
        ),
      );
    return { inbox: inbox?.unread, feed: feed?.unread };
  }

  const eventsOf = async (workspace: string, userId: string) =>
    (await database.runtime.log.read(notificationsTopic(workspace, userId), { after: 0, limit: 10_000 })).map(
      (entry) => entry.payload as NotificationEventPayload,
    );
});

/** What each event should say, from those before it alone: the badge of a device that only listens. */
function recount(events: readonly NotificationEventPayload[]): number[] {
  const unread = new Set<string>();
  return events.map(({ kind, notifications: told, readThrough }) => {
    if (kind === 'RECEIVED') for (const { id } of told) unread.add(id);
    // Nothing is told as read that was not unread.
    else for (const { id } of told) expect(unread.delete(id)).toBe(true);
    if (readThrough !== null) unread.clear();
    return unread.size;
  });
}
