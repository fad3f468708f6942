// What came while somebody was away: how things stood when they left, compared with what the server answers when they are back.
// No clock is asked, as the browser's may be wrong.
import type { ConversationFragment, NotificationFragment, OrderFragment } from '../../src/client/index.ts';

export interface Standing {
  readonly conversations: readonly Pick<ConversationFragment, 'id' | 'unreadCount'>[];
  readonly notifications: readonly Pick<NotificationFragment, 'id'>[];
  readonly orders: readonly Pick<OrderFragment, 'id' | 'timeline'>[];
}

export interface Missed {
  readonly messages: number;
  readonly notifications: number;
  readonly orderSteps: number;
}

export function missedBetween(before: Standing, after: Standing): Missed {
  const unread = new Map(before.conversations.map(({ id, unreadCount }) => [id, unreadCount]));
  const known = new Set(before.notifications.map(({ id }) => id));
  const steps = new Map(before.orders.map(({ id, timeline }) => [id, timeline.length]));
  // The newest come first: behind a known one there are only known ones.
  const newestKnown = after.notifications.findIndex(({ id }) => known.has(id));
  return {
    messages: sumOf(after.conversations, ({ id, unreadCount }) => unreadCount - (unread.get(id) ?? 0)),
    notifications: newestKnown === -1 ? after.notifications.length : newestKnown,
    orderSteps: sumOf(after.orders, ({ id, timeline }) => timeline.length - (steps.get(id) ?? 0)),
  };
}

/** What became less, as where another window has read it, takes nothing from the others. */
const sumOf = <Item>(items: readonly Item[], grownBy: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + Math.max(0, grownBy(item)), 0);

/** "2 messages", "1 notification": what there is none of is not said. */
export const toCounts = ({ messages, notifications, orderSteps }: Missed): readonly string[] =>
  [
    toCount(messages, 'message', 'messages'),
    toCount(notifications, 'notification', 'notifications'),
    toCount(orderSteps, 'order step', 'order steps'),
  ].filter((count) => count !== null);

const toCount = (count: number, one: string, many: string): string | null =>
  count === 0 ? null : `${count} ${count === 1 ? one : many}`;
