import type { Topic } from './topic.ts';

/** An entry of a stream. Control entries are numbered like events and delivered to nobody (invariant 12). */
export interface LogEntry {
  readonly topic: Topic;
  readonly number: number;
  readonly eventId: string;
  readonly kind: 'event' | 'control';
  /** RFC 3339 in UTC with milliseconds; the database's clock, never decreasing within a stream. */
  readonly occurredAt: string;
  readonly payload: unknown;
}

/** An entry as whoever wrote it tells it. */
export interface CommittedEntry extends LogEntry {
  /** What the writer found at the number before: '' for a stream's first. */
  readonly previousEventId: string;
}

/** An entry as it was read or heard. */
export interface SizedEntry extends LogEntry {
  /** About the length of its JSON, so that whoever has to keep it can bound what is kept. */
  readonly bytes: number;
  /** When it was told, by its publisher's clock in milliseconds; absent where it was read. */
  readonly announcedAt?: number;
}

/** An entry as the broker tells it. */
export type HeardEntry = CommittedEntry & SizedEntry;
