import { describe, expect, it } from 'vitest';
import type { NotificationFragment, NotificationSubscription } from '../client/generated.ts';
import {
  toChangedNotifications,
  toReadNotifications,
  unknownNotifications,
  withMoreNotifications,
  type NotificationsState,
} from './notifications-state.ts';

/** Made at that second. */
const notification = (second: number, readAt: string | null = null): NotificationFragment => ({
  id: `${second}`,
  type: 'ORDER',
  priority: 'NORMAL',
  title: `${second}`,
  body: '',
  data: null,
  url: null,
  createdAt: at(second),
  readAt,
});
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const event = (
  told: Pick<NotificationSubscription['notification'], 'kind' | 'notifications' | 'unreadCount'> & {
    readThrough?: string;
  },
): NotificationSubscription['notification'] => ({
  cursor: 'c',
  occurredAt: at(30),
  readThrough: null,
  ...told,
});
const pageOf = (seconds: readonly number[], endCursor: string | null = null) => ({
  nodes: seconds.map((second) => notification(second)),
  unreadCount: seconds.length,
  cursor: 'c',
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
});
const feed = toReadNotifications(unknownNotifications, pageOf([3, 2, 1], 'after 1'));
const shown = ({ notifications }: NotificationsState) =>
  notifications.map(({ id, readAt }) => `${id}${readAt === null ? '' : ' read'}`);

it('the newest come in front, and the count is that of the event', () => {
  const state = toChangedNotifications(
    feed,
    event({ kind: 'RECEIVED', notifications: [notification(4)], unreadCount: 9 }),
  );
  expect(shown(state)).toEqual(['4', '3', '2', '1']);
  expect(state.unreadCount).toBe(9);
});

it('what was read already does not come twice', () => {
  const state = toChangedNotifications(
    feed,
    event({ kind: 'RECEIVED', notifications: [notification(3)], unreadCount: 3 }),
  );
  expect(shown(state)).toEqual(['3', '2', '1']);
});

describe('read elsewhere', () => {
  it('some are marked', () => {
    const notifications = [notification(2, at(30)), notification(0, at(30))];
    const state = toChangedNotifications(feed, event({ kind: 'READ', notifications, unreadCount: 2 }));
    expect(shown(state)).toEqual(['3', '2 read', '1']);
    expect(state.unreadCount).toBe(2);
  });

  it('all are, beyond those that the event names, and not what came after', () => {
    const received = toChangedNotifications(
      feed,
      event({ kind: 'RECEIVED', notifications: [notification(40)], unreadCount: 4 }),
    );
    const state = toChangedNotifications(
      received,
      event({
        kind: 'READ',
        notifications: [notification(3, at(20))],
        unreadCount: 1,
        readThrough: at(30),
      }),
    );
    expect(shown(state)).toEqual(['40', '3 read', '2 read', '1 read']);
    expect(state.notifications.map(({ readAt }) => readAt)).toEqual([null, at(20), at(30), at(30)]);
  });
});

it('more come behind, none of them twice, and leave the count alone', () => {
  const state = withMoreNotifications(feed, pageOf([1, 0]));
  expect(shown(state)).toEqual(['3', '2', '1', '0']);
  expect(state).toMatchObject({ unreadCount: 3, hasMore: false, moreFrom: 'after 1' });
});
