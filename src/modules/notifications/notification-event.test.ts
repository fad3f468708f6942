import { expect, test } from 'vitest';
import { passes } from '../../streams/event-filter.ts';
import type { LogEntry } from '../../streams/log-entry.ts';
import { optionalTypes, toEventFilter, toRead, toReceived } from './notification-event.ts';
import type { NotificationView } from './notification-feed.ts';
import type { NotificationType } from './notifications.tables.ts';

const notification = (type: NotificationType): NotificationView => ({
  id: `a ${type}`,
  type,
  priority: 'NORMAL',
  title: 'Look',
  body: '',
  data: null,
  url: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  readAt: null,
});
const entry = (payload: unknown): LogEntry => ({
  topic: 'w/notifications-of/u',
  number: 1,
  eventId: 'e',
  kind: 'event',
  occurredAt: '2026-01-01T00:00:00.000Z',
  payload,
});
const received = (type: NotificationType) => entry(toReceived(notification(type), 1));
const read = (type: NotificationType) =>
  entry(toRead({ notifications: [notification(type)], unreadCount: 0 }, null));

test('types filter what is received; what is read is always told', () => {
  const filter = toEventFilter(optionalTypes(['ALERT', 'ALERT']) ?? []);
  const told = [received('ORDER'), received('ALERT'), read('ORDER')].map((event) => passes(filter, event));
  expect(told).toEqual([false, true, true]);
});

test('an empty list of types is refused: it could mean none or all', () => {
  expect(() => optionalTypes([])).toThrow('`types` is empty');
});

test('only marking all tells a moment up to which everything is read', () => {
  const state = { notifications: [notification('ALERT')], unreadCount: 0 };
  expect(toRead(state, null).readThrough).toBeNull();
  expect(toRead(state, new Date('2026-01-02T03:04:05.006Z')).readThrough).toBe('2026-01-02T03:04:05.006Z');
});
