// Removes what is too old from the log, and idempotency keys that have expired: in small batches, by one node at a time.
// Heads are never touched, so numbers are never used again (invariant 10). Within a stream the oldest go first: what is
// left has no hole.
import type { Logger } from 'pino';
import type { Queries, Statement, Store } from '../store/store.ts';
import { idempotencyKeyLifeMs } from './idempotency.ts';

export interface RetentionOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** How long entries are kept, by the database's clock. Longer than idempotency keys live: those refer to entries. */
  readonly keepMs: number;
  /** So often; a minute unless given. */
  readonly everyMs?: number;
  /** Rows removed in one transaction; 1,000 unless given. */
  readonly batchSize?: number;
}

export interface Retention {
  /** Removes all that is too old now, or nothing where another node is at it. Rejects where the database is away. */
  sweep(): Promise<Swept>;
  close(): Promise<void>;
}

export interface Swept {
  readonly entries: number;
  readonly keys: number;
}

/** "keep" in ASCII, beside the numbers of migrate.ts and node-claim.ts. */
export const advisoryLock = 0x6b656570;

/** Between batches: whoever publishes comes first. */
const pauseMs = 20;

export function startRetention(options: RetentionOptions): Retention {
  const { store, logger, keepMs, everyMs = 60_000, batchSize = 1_000 } = options;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<unknown> = Promise.resolve();

  const removeAll = async (statement: Statement, olderThanMs: number): Promise<number> => {
    let removed = 0;
    while (!closed) {
      const count = await store.transaction((tx) => removeBatch(tx, statement, [olderThanMs, batchSize]));
      removed += count;
      if (count < batchSize) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return removed;
  };
  const sweep = async (): Promise<Swept> => {
    const entries = await removeAll(removeEntries, keepMs);
    const keys = await removeAll(removeKeys, idempotencyKeyLifeMs);
    if (entries + keys > 0) logger.info({ entries, keys }, 'what was too old has been removed from the log');
    return { entries, keys };
  };
  const schedule = (): void => {
    // Not all nodes in the same moment.
    timer = setTimeout(
      () => {
        sweeping = sweep()
          .catch((error: unknown) => logger.warn({ err: error }, 'what is too old could not be removed'))
          .finally(() => closed || schedule());
      },
      everyMs * (0.5 + Math.random()),
    );
    timer.unref();
  };
  schedule();

  return {
    sweep,
    async close() {
      closed = true;
      clearTimeout(timer);
      await sweeping;
    },
  };
}

async function removeBatch(tx: Queries, statement: Statement, values: readonly number[]): Promise<number> {
  const [turn] = await tx.run<{ taken: boolean }>(takeTurn, [advisoryLock]);
  if (turn?.taken !== true) return 0;
  const [removed] = await tx.run<{ count: number }>(statement, values);
  return removed?.count ?? 0;
}

/** Given back with the end of the transaction. */
const takeTurn: Statement = {
  name: 'take_turn_of_retention',
  text: `select pg_try_advisory_xact_lock($1::bigint) as taken`,
};

/**
 * Moments never decrease within a stream, so the oldest of all are the first of theirs. By `statement_timestamp()`, which
 * an index can be searched for; `clock_timestamp()` would be asked for every row.
 */
export const removeEntries: Statement = {
  name: 'remove_entries',
  text: `
    with removed as (
      delete from stream_entries where (topic, number) in (
        select topic, number from stream_entries
        where occurred_at < statement_timestamp() - $1::bigint * interval '1 millisecond'
        order by occurred_at, topic, number
        limit $2::bigint
      )
      returning 1
    )
    select count(*) as count from removed`,
};

export const removeKeys: Statement = {
  name: 'remove_idempotency_keys',
  text: `
    with removed as (
      delete from idempotency_keys where (workspace, field, publisher, key) in (
        select workspace, field, publisher, key from idempotency_keys
        where created_at < statement_timestamp() - $1::bigint * interval '1 millisecond'
        order by created_at
        limit $2::bigint
      )
      returning 1
    )
    select count(*) as count from removed`,
};
