// One write to the log: takes the heads of its streams in order, lets the domain write its rows, appends the entries,
// commits. The row lock of a head orders everything that belongs to its stream: what is read after `take` is current.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Queries, Store } from '../store/store.ts';
import { claimIdempotencyKey, type IdempotencyClaim, type Claimed } from './idempotency.ts';
import type { LogEntry } from './log.ts';
import { compareTopics, type Topic } from './topic.ts';

export interface Append {
  readonly topic: Topic;
  readonly payload: unknown;
  /** `event` unless given. */
  readonly kind?: LogEntry['kind'];
  /** The id of what the entry is about, where its texts may have to be scrubbed later. */
  readonly subject?: string | null;
}

export interface Taken {
  /** The moment of this write by the database's clock, the same for all of its entries. */
  readonly occurredAt: Date;
  /** The place that the next `append` to this stream will have. */
  position(topic: Topic): { readonly number: number; readonly eventId: string };
}

export interface Write {
  /** The transaction. Everything inside the work uses it. */
  readonly tx: Queries;
  /**
   * Locks the heads and takes the next number of each. Once per write, before whatever depends on concurrency is
   * read (invariant 3): a statement after it sees every earlier write to these streams, the same statement would not.
   */
  take(topics: readonly Topic[]): Promise<Taken>;
  /** Exactly once for each topic taken; all are written together at the end. Answers the entry as it will stand. */
  append(entry: Append): LogEntry;
  /** After `take`. `first` with the reference of an earlier request where this key was used before. */
  claim(claim: IdempotencyClaim): Promise<Claimed>;
  /** Rolls everything back, numbers included, and makes `write` answer this. */
  abandon(result: unknown): never;
}

/** Not a failure: an error only because a transaction rolls back when one is thrown. */
class Abandoned extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('The write was abandoned.');
    this.result = result;
  }
}

export async function writeLog<T>(
  store: Store,
  work: (write: Write) => Promise<T>,
): Promise<{ readonly result: T; readonly entries: readonly LogEntry[] }> {
  try {
    return await store.transaction(async (tx) => {
      const write = createWrite(tx);
      const result = await work(write);
      return { result, entries: await write.flush() };
    });
  } catch (thrown) {
    if (thrown instanceof Abandoned) return { result: thrown.result as T, entries: [] };
    throw thrown;
  }
}

type Place = { readonly number: number; readonly eventId: string };
type Appended = { readonly entry: LogEntry; readonly subject: string | null };

function createWrite(tx: Queries): Write & { flush(): Promise<readonly LogEntry[]> } {
  const places = new Map<Topic, Place>();
  const appended = new Map<Topic, Appended>();
  let occurredAt: Date | undefined;

  const requirePlace = (topic: Topic): Place => {
    const place = places.get(topic);
    if (place === undefined) throw new Error(`The head of ${topic} was not taken before appending.`);
    return place;
  };

  return {
    tx,
    async take(topics) {
      if (occurredAt !== undefined) throw new Error('A write takes all of its heads at once.');
      const sorted = [...new Set(topics)].sort(compareTopics);
      const eventIds = sorted.map(() => randomUUID());
      const taken = await takeHeads(tx, sorted, eventIds);
      for (const { topic, number, eventId } of taken) places.set(topic, { number, eventId });
      occurredAt = new Date(Math.max(...taken.map((head) => head.changedAt.getTime())));
      return { occurredAt, position: requirePlace };
    },
    append({ topic, payload, kind = 'event', subject = null }) {
      const place = requirePlace(topic);
      if (occurredAt === undefined || appended.has(topic)) {
        throw new Error(`${topic} was appended to twice in one write.`);
      }
      const entry: LogEntry = { topic, ...place, kind, payload, occurredAt: occurredAt.toISOString() };
      appended.set(topic, { entry, subject });
      return entry;
    },
    claim: (claim) => claimIdempotencyKey(tx, claim),
    abandon(result) {
      throw new Abandoned(result);
    },
    async flush() {
      const forgotten = [...places.keys()].find((topic) => !appended.has(topic));
      if (forgotten !== undefined)
        throw new Error(`A number of ${forgotten} was taken but nothing appended.`);
      if (appended.size > 0) await insertEntries(tx, [...appended.values()]);
      return [...appended.values()].map(({ entry }) => entry);
    },
  };
}

/**
 * `order by` makes every writer lock the heads in the same order; without it, two writers with the same two heads can
 * deadlock. `clock_timestamp()` in the update is read after the lock was granted, so moments grow with numbers.
 */
async function takeHeads(tx: Queries, topics: readonly Topic[], eventIds: readonly string[]) {
  const result = await tx.execute<{
    topic: Topic;
    number: number;
    event_id: string;
    changed_at: Date | string;
  }>(sql`
    insert into stream_heads as head (topic, number, event_id, changed_at)
    select taken.topic, 1, taken.event_id, date_trunc('milliseconds', clock_timestamp())
    from unnest(${sql.param([...topics])}::text[], ${sql.param([...eventIds])}::text[])
      with ordinality as taken(topic, event_id, place)
    order by taken.place
    on conflict (topic) do update
      set number = head.number + 1,
          event_id = excluded.event_id,
          changed_at = greatest(head.changed_at, date_trunc('milliseconds', clock_timestamp()))
    returning topic, number, event_id, changed_at`);
  return result.rows.map((row) => ({
    topic: row.topic,
    number: Number(row.number),
    eventId: row.event_id,
    changedAt: new Date(row.changed_at),
  }));
}

async function insertEntries(tx: Queries, appended: readonly Appended[]): Promise<void> {
  const column = <T>(pick: (appended: Appended) => T) => sql.param(appended.map(pick));
  await tx.execute(sql`
    insert into stream_entries (topic, number, event_id, kind, subject, payload, occurred_at)
    select * from unnest(
      ${column(({ entry }) => entry.topic)}::text[],
      ${column(({ entry }) => entry.number)}::bigint[],
      ${column(({ entry }) => entry.eventId)}::text[],
      ${column(({ entry }) => entry.kind)}::text[],
      ${column(({ subject }) => subject)}::text[],
      ${column(({ entry }) => JSON.stringify(entry.payload))}::json[],
      ${column(({ entry }) => entry.occurredAt)}::timestamptz[]
    )`);
}
