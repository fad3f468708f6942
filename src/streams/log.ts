// The log: the durable record of every event stream. Reading it here, writing in log-write.ts.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Queries, Statement, Store } from '../store/store.ts';
import type { Position } from './cursor.ts';
import type { LogEntry, SizedEntry } from './log-entry.ts';
import { logIdentity } from './log.tables.ts';
import { writeLog, type Write } from './log-write.ts';
import type { Topic } from './topic.ts';

export interface Log {
  /** Made once with the database; part of every cursor, channel and key. */
  readonly id: string;
  /**
   * Runs the work in one transaction (again after a deadlock, so it has no effects elsewhere), appends what it appended,
   * and tells the entries to `onCommitted` once they are durable.
   */
  write<T>(work: (write: Write) => Promise<T>): Promise<T>;
  /** Entries after a number, oldest first, at most `limit`: whatever the log still holds. */
  read(topic: Topic, page: { readonly after: number; readonly limit: number }): Promise<readonly LogEntry[]>;
  /**
   * What follows a position, oldest first and without holes: at most `limit` entries and about a megabyte, but at least
   * one if there is one. null where the log does not continue that position: retention has removed what followed it, or
   * the log was restored and another event has its number.
   */
  readOn(
    topic: Topic,
    page: { readonly after: Position; readonly limit: number },
  ): Promise<readonly SizedEntry[] | null>;
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

/** A page ends with the entry that takes it to this length. */
const maxPageBytes = 1_024 * 1_024;

const start: Position = { number: 0, eventId: '' };

export async function openLog({ store, onCommitted }: LogOptions): Promise<Log> {
  const id = await requireIdentity(store);

  const heads: Log['heads'] = async (topics, queries = store.queries) => {
    const rows = await queries.run<HeadRow>(selectHeads, [topics]);
    return new Map(rows.map((row) => [row.topic, { number: row.number, eventId: row.event_id }]));
  };

  const selectEntries = (topic: Topic, after: number, limit: number, maxBytes: number) =>
    store.queries.run<PageRow>(selectPage, [topic, after, limit, maxBytes]);

  return {
    id,
    heads,
    async read(topic, { after, limit }) {
      return (await selectEntries(topic, after, limit, Number.MAX_SAFE_INTEGER)).map(toEntry);
    },
    async readOn(topic, { after, limit }) {
      const rows = await selectEntries(topic, after.number, limit, maxPageBytes);
      const continues = rows.every((row, index) => row.number === after.number + 1 + index);
      const before = rows[0]?.event_id_before ?? after.eventId;
      return continues && before === after.eventId ? rows.map(toEntry) : null;
    },
    async find(topic, number) {
      const [row] = await selectEntries(topic, number - 1, 1, maxPageBytes);
      return row?.number === number ? toEntry(row) : null;
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

interface HeadRow {
  readonly topic: Topic;
  readonly number: number;
  readonly event_id: string;
}

interface PageRow extends HeadRow {
  readonly kind: LogEntry['kind'];
  readonly payload: unknown;
  readonly occurred_at: Date;
  readonly bytes: number;
  /** The event after which the page begins; null where retention has removed it or there is none. */
  readonly event_id_before: string | null;
}

const selectHeads: Statement = {
  name: 'select_heads',
  text: `select topic, number, event_id from stream_heads where topic = any($1::text[])`,
};

const selectPage: Statement = {
  name: 'select_page',
  text: `
    select topic, number, event_id, kind, payload, occurred_at, bytes,
      (select event_id from stream_entries where topic = $1 and number = $2::bigint) as event_id_before
    from (
      select *, octet_length(payload::text) as bytes,
        sum(octet_length(payload::text)) over (order by number rows unbounded preceding) as bytes_so_far
      from stream_entries
      where topic = $1 and number > $2::bigint
      order by number
      limit $3::bigint
    ) as page
    where bytes_so_far - bytes < $4::bigint
    order by number`,
};

const toEntry = ({ topic, number, event_id, kind, payload, occurred_at, bytes }: PageRow): SizedEntry => ({
  topic,
  number,
  eventId: event_id,
  kind,
  occurredAt: occurred_at.toISOString(),
  payload,
  bytes,
});
