// One write to the log: takes the heads of its streams in order, lets the domain write its rows, appends the entries,
// commits. The row lock of a head orders everything that belongs to its stream: what is read after `take` is current.
import { randomUUID } from 'node:crypto';
import type { Queries, Statement, Store } from '../store/store.ts';
import type { Position } from './cursor.ts';
import { claimIdempotencyKey, type IdempotencyClaim, type Claimed } from './idempotency.ts';
import type { CommittedEntry, LogEntry } from './log-entry.ts';
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
  position(topic: Topic): Position;
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
  /** After `take`. `used` with the reference of an earlier request where this key was used before. */
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
): Promise<{ readonly result: T; readonly entries: readonly CommittedEntry[] }> {
  try {
    return await store.transaction(async (tx) => {
      const write = createWrite(tx);
      const result = await work(write);
      return { result, entries: write.flush() };
    });
  } catch (thrown) {
    if (thrown instanceof Abandoned) return { result: thrown.result as T, entries: [] };
    throw thrown;
  }
}

/** Where an entry stands, and what stands before it. */
type Place = Position & { readonly previousEventId: string };
type Appended = { readonly entry: CommittedEntry; readonly subject: string | null };

function createWrite(tx: Queries): Write & { flush(): readonly CommittedEntry[] } {
  const places = new Map<Topic, Place>();
  const appended = new Map<Topic, Appended>();
  let phase: 'open' | 'taking' | 'taken' = 'open';
  let occurredAt: Date | undefined;

  const requirePlace = (topic: Topic): Place => {
    const place = places.get(topic);
    if (place === undefined) throw new Error(`The head of ${topic} was not taken before appending.`);
    return place;
  };

  return {
    tx,
    async take(topics) {
      if (phase !== 'open') throw new Error('A write takes all of its heads at once.');
      if (topics.length === 0) throw new Error('A write takes at least one head.');
      phase = 'taking';
      const sorted = [...new Set(topics)].sort(compareTopics);
      const eventIds = sorted.map(() => randomUUID());
      const taken = await takeHeads(tx, sorted, eventIds);
      for (const { topic, number, eventId, previousEventId } of taken) {
        places.set(topic, { number, eventId, previousEventId });
      }
      occurredAt = agreeOnMoment(tx, taken);
      phase = 'taken';
      const position = (topic: Topic): Position => {
        const { number, eventId } = requirePlace(topic);
        return { number, eventId };
      };
      return { occurredAt, position };
    },
    append({ topic, payload, kind = 'event', subject = null }) {
      const place = requirePlace(topic);
      if (occurredAt === undefined || appended.has(topic)) {
        throw new Error(`${topic} was appended to twice in one write.`);
      }
      const entry: CommittedEntry = { topic, ...place, kind, payload, occurredAt: occurredAt.toISOString() };
      appended.set(topic, { entry, subject });
      return entry;
    },
    claim: (claim) => claimIdempotencyKey(tx, claim),
    abandon(result) {
      throw new Abandoned(result);
    },
    flush() {
      if (phase === 'taking') throw new Error('The work did not wait for the heads that it takes.');
      const forgotten = [...places.keys()].find((topic) => !appended.has(topic));
      if (forgotten !== undefined)
        throw new Error(`A number of ${forgotten} was taken but nothing appended.`);
      if (appended.size > 0) startInsert(tx, [...appended.values()]);
      return [...appended.values()].map(({ entry }) => entry);
    },
  };
}

/**
 * `order by` makes every writer lock the heads in the same order; without it, two writers with the same two heads can
 * deadlock. `clock_timestamp()` in the update is read after the lock was granted, so moments grow with numbers.
 */
const takeHeadsStatement: Statement = {
  name: 'take_heads',
  text: `
    insert into stream_heads as head (topic, number, event_id, changed_at)
    select taken.topic, 1, taken.event_id, date_trunc('milliseconds', clock_timestamp())
    from unnest($1::text[], $2::text[]) with ordinality as taken(topic, event_id, place)
    order by taken.place
    on conflict (topic) do update
      set number = head.number + 1,
          event_id = excluded.event_id,
          previous_event_id = head.event_id,
          changed_at = greatest(head.changed_at, date_trunc('milliseconds', clock_timestamp()))
    returning topic, number, event_id, previous_event_id, changed_at`,
};

interface TakenHead extends Place {
  readonly topic: Topic;
  readonly changedAt: Date;
}

interface TakenRow {
  readonly topic: Topic;
  readonly number: number;
  readonly event_id: string;
  readonly previous_event_id: string;
  readonly changed_at: Date;
}

async function takeHeads(
  tx: Queries,
  topics: readonly Topic[],
  eventIds: readonly string[],
): Promise<readonly TakenHead[]> {
  const rows = await tx.run<TakenRow>(takeHeadsStatement, [topics, eventIds]);
  return rows.map((row) => ({
    topic: row.topic,
    number: row.number,
    eventId: row.event_id,
    previousEventId: row.previous_event_id,
    changedAt: row.changed_at,
  }));
}

const setMomentStatement: Statement = {
  name: 'set_moment_of_heads',
  text: `update stream_heads set changed_at = $2::timestamptz where topic = any($1::text[])`,
};

/**
 * The latest moment of the heads, which all of them keep: where the clock was set back, one of them may be seconds ahead
 * of it and of the others, and what is written later to those others alone must not look older than this write.
 */
function agreeOnMoment(tx: Queries, taken: readonly TakenHead[]): Date {
  const latestMs = Math.max(...taken.map(({ changedAt }) => changedAt.getTime()));
  const latest = new Date(latestMs);
  const behind = taken.filter(({ changedAt }) => changedAt.getTime() < latestMs).map(({ topic }) => topic);
  if (behind.length > 0) tx.run(setMomentStatement, [behind, latest.toISOString()]).catch(failsWithTheCommit);
  return latest;
}

const insertEntriesStatement: Statement = {
  name: 'insert_entries',
  text: `
    insert into stream_entries
      (topic, number, event_id, previous_event_id, kind, subject, payload, bytes, occurred_at)
    select * from unnest(
      $1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::json[], $8::integer[],
      $9::timestamptz[])`,
};

/** Started, not awaited: it is answered with the commit. */
function startInsert(tx: Queries, appended: readonly Appended[]): void {
  const column = <T>(pick: (appended: Appended) => T): readonly T[] => appended.map(pick);
  const payloads = column(({ entry }) => JSON.stringify(entry.payload));
  tx.run(insertEntriesStatement, [
    column(({ entry }) => entry.topic),
    column(({ entry }) => entry.number),
    column(({ entry }) => entry.eventId),
    column(({ entry }) => entry.previousEventId),
    column(({ entry }) => entry.kind),
    column(({ subject }) => subject),
    payloads,
    payloads.map((payload) => Buffer.byteLength(payload)),
    column(({ entry }) => entry.occurredAt),
  ]).catch(failsWithTheCommit);
}

/** For a statement that is started and not awaited. */
const failsWithTheCommit = (): void => undefined;
