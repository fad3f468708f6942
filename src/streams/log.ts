// The log: the durable record of every event stream. Reading it here, writing in log-write.ts.
import { randomUUID } from 'node:crypto';
import { and, asc, gt, inArray, eq, sql } from 'drizzle-orm';
import type { Queries, Store } from '../store/store.ts';
import type { Position } from './cursor.ts';
import { logIdentity, streamEntries, streamHeads } from './log.tables.ts';
import { writeLog, type Write } from './log-write.ts';
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

export interface Log {
  /** Made once with the database; part of every cursor, channel and key. */
  readonly id: string;
  /**
   * Runs the work in one transaction (again after a deadlock, so it has no effects elsewhere), appends what it appended,
   * and tells the entries to `onCommitted` once they are durable.
   */
  write<T>(work: (write: Write) => Promise<T>): Promise<T>;
  /** Entries after a number, oldest first, at most `limit`. */
  read(topic: Topic, page: { readonly after: number; readonly limit: number }): Promise<readonly LogEntry[]>;
  /** One entry, or null where retention has removed it or it never was. */
  find(topic: Topic, number: number): Promise<LogEntry | null>;
  /** Number 0 with an empty id for a stream that has no entry yet. */
  head(topic: Topic, queries?: Queries): Promise<Position>;
  heads(topics: readonly Topic[], queries?: Queries): Promise<ReadonlyMap<Topic, Position>>;
}

export interface LogOptions {
  readonly store: Store;
  /** Called synchronously after each commit. Must not throw. */
  onCommitted(entries: readonly LogEntry[]): void;
}

const start: Position = { number: 0, eventId: '' };

export async function openLog({ store, onCommitted }: LogOptions): Promise<Log> {
  const id = await requireIdentity(store);

  const read: Log['read'] = async (topic, { after, limit }) => {
    const rows = await store.queries
      .select()
      .from(streamEntries)
      .where(and(eq(streamEntries.topic, topic), gt(streamEntries.number, after)))
      .orderBy(asc(streamEntries.number))
      .limit(limit);
    return rows.map(toEntry);
  };

  const heads: Log['heads'] = async (topics, queries = store.queries) => {
    const rows = await queries
      .select({ topic: streamHeads.topic, number: streamHeads.number, eventId: streamHeads.eventId })
      .from(streamHeads)
      .where(inArray(streamHeads.topic, [...topics]));
    return new Map(rows.map((row) => [row.topic, { number: row.number, eventId: row.eventId }]));
  };

  return {
    id,
    read,
    heads,
    async find(topic, number) {
      const [entry] = await read(topic, { after: number - 1, limit: 1 });
      return entry?.number === number ? entry : null;
    },
    async head(topic, queries) {
      return (await heads([topic], queries)).get(topic) ?? start;
    },
    async write(work) {
      const { result, entries } = await writeLog(store, work);
      if (entries.length > 0) onCommitted(entries);
      return result;
    },
  };
}

/** Several nodes may open a new database at once: the first insert wins and all read it. */
async function requireIdentity(store: Store): Promise<string> {
  await store.queries.insert(logIdentity).values({ key: 'log', id: randomUUID() }).onConflictDoNothing();
  const [row] = await store.queries
    .select({ id: logIdentity.id })
    .from(logIdentity)
    .where(sql`key = 'log'`);
  if (row === undefined) throw new Error('The log has no identity although it was just written.');
  return row.id;
}

function toEntry(row: typeof streamEntries.$inferSelect): LogEntry {
  const { topic, number, eventId, kind, payload } = row;
  return { topic, number, eventId, kind, payload, occurredAt: row.occurredAt.toISOString() };
}
