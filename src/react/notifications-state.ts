import type { CombinedError } from '@urql/core';
import type {
  NotificationFragment,
  NotificationSubscription,
  NotificationsQuery,
} from '../client/generated.ts';
import type { FeedStatus } from './stream-feed.ts';

export interface NotificationsState {
  readonly status: FeedStatus;
  /** Newest first. */
  readonly notifications: readonly NotificationFragment[];
  /** The number for the badge: of the whole feed, and the same on every device and tab. */
  readonly unreadCount: number;
  /** Whether `loadMore` would bring older ones. */
  readonly hasMore: boolean;
  readonly error: CombinedError | null;
  /** Where the oldest page ends. */
  readonly moreFrom: string | null;
}

export const unknownNotifications: NotificationsState = {
  status: 'loading',
  notifications: [],
  unreadCount: 0,
  hasMore: false,
  error: null,
  moreFrom: null,
};

export const toReadNotifications = (
  state: NotificationsState,
  { nodes, unreadCount, pageInfo }: NotificationsQuery['notifications'],
): NotificationsState => ({
  ...state,
  status: 'live',
  notifications: nodes,
  unreadCount,
  hasMore: pageInfo.hasNextPage,
  moreFrom: pageInfo.endCursor,
  error: null,
});

/** The count is left as it is: events tell it, and one that comes later counts more. */
export function withMoreNotifications(
  state: NotificationsState,
  { nodes, pageInfo }: NotificationsQuery['notifications'],
): NotificationsState {
  const known = new Set(state.notifications.map(({ id }) => id));
  return {
    ...state,
    notifications: [...state.notifications, ...nodes.filter(({ id }) => !known.has(id))],
    hasMore: pageInfo.hasNextPage,
    moreFrom: pageInfo.endCursor ?? state.moreFrom,
  };
}

export function toChangedNotifications(
  state: NotificationsState,
  { kind, notifications, unreadCount, readThrough, occurredAt }: NotificationSubscription['notification'],
): NotificationsState {
  if (kind === 'RECEIVED') {
    // What was read may be newer than the cursor beside it: what came between the two is known already.
    const known = new Set(state.notifications.map(({ id }) => id));
    const received = notifications.filter(({ id }) => !known.has(id));
    return { ...state, unreadCount, notifications: [...received, ...state.notifications] };
  }
  const read = new Map(notifications.map((notification) => [notification.id, notification]));
  return {
    ...state,
    unreadCount,
    notifications: state.notifications.map((known) => {
      const told = read.get(known.id);
      if (told !== undefined) return told;
      // All were marked: also those beyond what the event has room for.
      const isAmongAll = readThrough !== null && known.readAt === null && known.createdAt <= readThrough;
      return isAmongAll ? { ...known, readAt: occurredAt } : known;
    }),
  };
}
