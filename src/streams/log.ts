// The log: the durable record of every event stream. Reading it here, writing in log-write.ts.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Queries, Statement, Store } from '../store/store.ts';
import type { Position } from './cursor.ts';
import type { CommittedEntry, LogEntry, SizedEntry } from './log-entry.ts';
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
  /** The newest events up to a position, newest first, as far as the log still holds them; never a control entry. */
  latest(
    topic: Topic,
    page: { readonly upTo: Position; readonly limit: number },
  ): Promise<readonly LogEntry[]>;
  /** One entry, or null where retention has removed it or it never was. */
  find(topic: Topic, number: number): Promise<LogEntry | null>;
  /** Of the events at these numbers, as far as the log still holds them or what followed them; number 0 has the id ''. */
  eventIds(topic: Topic, numbers: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** Number 0 with an empty id for a stream that has no entry yet. */
  head(topic: Topic, queries?: Queries): Promise<Position>;
  heads(topics: readonly Topic[], queries?: Queries): Promise<ReadonlyMap<Topic, Position>>;
  /** Which streams were written to since a mark: what that costs depends on what was written, not on what there is. */
  changes(since: LogMark | null): Promise<LogChanges>;
}

/** A moment of the database, as `changes` tells it. Opaque outside of the log. */
export interface LogMark {
  /** Every transaction below was over, one way or the other. */
  readonly transaction: string;
  /** When the server began to run: another one, or the same one after a crash, may have another past. */
  readonly serverStartedAt: string;
}

export interface LogChanges {
  /** For the next call. */
  readonly mark: LogMark;
  /**
   * At least these numbers exist. Everything committed since the mark is among them; what was committed about then may be
   * told twice. null where that can't be told, without a mark or with one of another server, or where it is too much, as
   * while some transaction of the database stays open for long: then ask for the heads.
   */
  readonly written: ReadonlyMap<Topic, Position> | null;
}

export interface LogOptions {
  readonly store: Store;
  /** Called synchronously after each commit. Must not throw. */
  onCommitted(entries: readonly CommittedEntry[]): void;
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
      const before = rows[0]?.previous_event_id ?? after.eventId;
      return continues && before === after.eventId ? rows.map(toEntry) : null;
    },
    async latest(topic, { upTo, limit }) {
      const rows = await store.queries.run<PageRow>(selectLatest, [topic, upTo.number, limit]);
      return rows.map(toEntry);
    },
    async find(topic, number) {
      const [row] = await selectEntries(topic, number - 1, 1, maxPageBytes);
      return row?.number === number ? toEntry(row) : null;
    },
    async eventIds(topic, numbers) {
      const rows = await store.queries.run<Omit<HeadRow, 'topic'>>(selectEventIds, [topic, numbers]);
      return new Map(rows.map((row) => [row.number, row.event_id]));
    },
    async changes(since) {
      const transaction = since?.transaction ?? noTransaction;
      const rows = await store.queries.run<ChangeRow>(selectChanges, [transaction, maxChanges + 1]);
      const [row] = rows;
      if (row === undefined) throw new Error('The database tells no snapshot.');
      const mark = { transaction: row.mark, serverStartedAt: row.server_started_at };
      const isToldInFull = rows.length <= maxChanges;
      if (since?.serverStartedAt !== mark.serverStartedAt || !isToldInFull) return { mark, written: null };
      const written = new Map<Topic, Position>();
      for (const { topic, number, event_id: eventId } of rows) {
        if (topic !== null && number > (written.get(topic)?.number ?? 0))
          written.set(topic, { number, eventId });
      }
      return { mark, written };
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
  readonly previous_event_id: string;
}

const selectHeads: Statement = {
  name: 'select_heads',
  text: `select topic, number, event_id from stream_heads where topic = any($1::text[])`,
};

const selectEventIds: Statement = {
  name: 'select_event_ids',
  text: `
    select number, event_id from stream_entries where topic = $1 and number = any($2::bigint[])
    union
    select number - 1, previous_event_id from stream_entries
    where topic = $1 and number = any(select asked + 1 from unnest($2::bigint[]) asked)`,
};

interface ChangeRow {
  readonly mark: string;
  readonly server_started_at: string;
  /** null in the one row that there is where nothing was written. */
  readonly topic: Topic | null;
  readonly number: number;
  readonly event_id: string;
}

/** More than this were not worth reading: asking for heads is cheaper then. */
const maxChanges = 20_000;

/** Above every one that there will be. */
const noTransaction = '18446744073709551615';

/**
 * What was committed since a snapshot is what was written by transactions that it did not see: those from its xmin on,
 * however long ago they began. The upper bound leaves out rows that were restored from a server that had counted further.
 */
const selectChanges: Statement = {
  name: 'select_changes',
  text: `
    select pg_snapshot_xmin(now_seen)::text as mark, pg_postmaster_start_time()::text as server_started_at,
      written.topic, written.number, written.event_id
    from pg_current_snapshot() as now_seen
    left join lateral (
      select topic, number, event_id
      from stream_entries
      where written_in >= $1::xid8 and written_in < pg_snapshot_xmax(now_seen)
      limit $2::bigint
    ) as written on true`,
};

const selectLatest: Statement = {
  name: 'select_latest_events',
  text: `
    select topic, number, event_id, previous_event_id, kind, payload, occurred_at, bytes
    from stream_entries
    where topic = $1 and number <= $2::bigint and kind = 'event'
    order by number desc
    limit $3::bigint`,
};

const selectPage: Statement = {
  name: 'select_page',
  text: `
    select topic, number, event_id, previous_event_id, kind, payload, occurred_at, bytes
    from (
      select *, sum(bytes) over (order by number rows unbounded preceding) as bytes_so_far
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
