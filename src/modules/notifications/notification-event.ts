// Events of a user's notification stream: what they hold, and which of them a subscriber asked for. Pure.
import { badInput } from '../../errors.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import type { EventFilter, EventIndex } from '../../streams/event-filter.ts';
import type { FeedState, NotificationView } from './notification-feed.ts';
import type { NotificationType } from './notifications.tables.ts';

export const notificationEventKinds = ['RECEIVED', 'READ'] as const;

export interface NotificationEventPayload {
  readonly kind: (typeof notificationEventKinds)[number];
  /** Newest first. */
  readonly notifications: readonly NotificationView[];
  /** RFC 3339. */
  readonly readThrough: string | null;
  readonly unreadCount: number;
}

export type NotificationEntry = EntryOf<NotificationEventPayload>;

/** Someone got one notification. */
export const toReceived = (
  notification: NotificationView,
  unreadCount: number,
): NotificationEventPayload => ({
  kind: 'RECEIVED',
  notifications: [notification],
  readThrough: null,
  unreadCount,
});

/** An event goes to every device of the user, and again to each that resumes. */
const maxEventBytes = 1_024 * 1_024;

/** In portions that fit into one event each, in order; one that is too large by itself is a portion of its own. */
export function toEventPortions(
  notifications: readonly NotificationView[],
): readonly (readonly NotificationView[])[] {
  const portions: NotificationView[][] = [];
  let room = 0;
  for (const notification of notifications) {
    const bytes = Buffer.byteLength(JSON.stringify(notification));
    if (bytes > room) {
      portions.push([]);
      room = maxEventBytes;
    }
    portions.at(-1)?.push(notification);
    room -= bytes;
  }
  return portions;
}

/** `readThrough` is given where everything up to that moment was read. */
export const toRead = (
  { notifications, unreadCount }: FeedState,
  readThrough: Date | null,
): NotificationEventPayload => ({
  kind: 'READ',
  notifications,
  readThrough: readThrough?.toISOString() ?? null,
  unreadCount,
});

/** Empty is refused rather than taken for "none" or for "all": it is more likely a mistake than a wish. */
export function optionalTypes(
  types: readonly NotificationType[] | null | undefined,
): readonly NotificationType[] | null {
  if (types === null || types === undefined) return null;
  if (types.length === 0)
    throw badInput('`types` is empty: name at least 1, or leave it out for every type.');
  return [...new Set(types)];
}

const byType: EventIndex = {
  keysOf(entry) {
    const { kind, notifications } = (entry as NotificationEntry).payload;
    return kind === 'READ' ? 'all' : notifications.map(({ type }) => type);
  },
};

/** What a subscriber with these types is told of: what is received of these types, and everything that is read. */
export const toEventFilter = (types: readonly NotificationType[]): EventFilter => ({
  index: byType,
  keys: types,
});
