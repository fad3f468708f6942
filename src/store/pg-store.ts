// The store over a pool of pg connections, the same for PostgreSQL and for embedded PGlite: transactions, retries, and
// the one place where what pg reports becomes UNAVAILABLE. open-store.ts makes the pool's options.
import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Logger } from 'pino';
import { TidingsError } from '../errors.ts';
import type { Queries, Store } from './store.ts';
import {
  isConnectionLost,
  isWorthRetrying,
  phrase,
  retryAfterMs,
  toStoreError,
  unavailable,
} from './store-errors.ts';
import { parsingInt8 } from './int8.ts';
import { UnknownOutcomeError } from './unknown-outcome.ts';

export interface PgStoreOptions extends Pick<Store, 'kind' | 'description'> {
  readonly pool: pg.PoolConfig;
  readonly logger: Logger;
  /** Reports the use of `queries` inside of a transaction at once; see OpenStoreOptions. */
  readonly detectMisuse: boolean;
  /** Called once after the pool has closed. */
  readonly afterClose?: () => Promise<void>;
}

const maxTries = 5;

/** A checked-out connection; `broken` holds why it must not go back to the pool. */
interface Lease {
  readonly client: pg.PoolClient;
  broken: Error | undefined;
}

export function createPgStore({ kind, description, logger, ...options }: PgStoreOptions): Store {
  const pool = new pg.Pool(options.pool);
  const running = options.detectMisuse ? new AsyncLocalStorage<{ live: boolean }>() : undefined;
  let closing: Promise<void> | undefined;

  // An 'error' event without a listener ends the process. The pool listens while a connection is idle, nobody while it
  // is checked out; there the statement under way rejects with the same error.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => logger.warn({ reason: phrase(error) }, 'an idle database connection was lost'));

  async function acquire(): Promise<Lease> {
    try {
      return { client: await pool.connect(), broken: undefined };
    } catch (error) {
      throw unavailable(error);
    }
  }

  async function ask(lease: Lease, config: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      return await lease.client.query(parsingInt8(config), values);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      lease.broken = error as Error;
      throw unavailable(error);
    }
  }

  async function askAlone(config: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    if (running?.getStore()?.live) {
      throw new Error("A transaction is under way here: use its handle instead of the store's own queries.");
    }
    const lease = await acquire();
    try {
      return await ask(lease, config, values);
    } finally {
      lease.client.release(lease.broken);
    }
  }

  async function attempt<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    const lease = await acquire();
    // Not awaited: the first statement follows it in the same round trip.
    const begun = settle(ask(lease, { text: 'begin isolation level read committed' }));
    const state = { live: true };
    const tx = queriesOver((config, values) => {
      if (!state.live) throw new Error('This transaction has ended: its work has to await every query.');
      return ask(lease, config, values);
    });
    try {
      const worked = await settle(
        running === undefined ? call(work, tx) : running.run(state, call, work, tx),
      );
      state.live = false;
      const beginning = await begun;
      if (beginning.failed && lease.broken === undefined) {
        // The connection lives and BEGIN was refused: the work's statements were each a transaction of their own.
        lease.broken = new Error('BEGIN was refused.', { cause: beginning.error });
        throw new UnknownOutcomeError(beginning.error);
      }
      if (worked.failed) {
        if (lease.broken === undefined) await rollBack(lease);
        throw worked.error;
      }
      await commit(lease);
      return worked.value;
    } finally {
      state.live = false;
      lease.client.release(lease.broken);
    }
  }

  async function commit(lease: Lease): Promise<void> {
    // Lost before COMMIT was sent (the work swallowed it): nothing took effect.
    if (lease.broken !== undefined) throw unavailable(lease.broken);
    const committed = await settle(ask(lease, { text: 'commit' }));
    if (committed.failed) {
      // An error while the connection lives is an answer: a deferred constraint failed, all is rolled back.
      throw lease.broken === undefined ? committed.error : new UnknownOutcomeError(lease.broken);
    }
    if (committed.value.command !== 'COMMIT') {
      throw new Error(
        'A statement of the transaction failed and its error was swallowed, so all was rolled back.',
      );
    }
  }

  async function rollBack(lease: Lease): Promise<void> {
    const rolledBack = await settle(ask(lease, { text: 'rollback' }));
    // Dropping the connection rolls back as well.
    if (rolledBack.failed) lease.broken ??= new Error('ROLLBACK failed.', { cause: rolledBack.error });
  }

  return {
    kind,
    description,
    queries: queriesOver(askAlone),

    async transaction(work) {
      for (let tries = 1; ; tries++) {
        const tried = await settle(attempt(work));
        if (!tried.failed) return tried.value;
        const { error } = tried;
        if (!isWorthRetrying(error)) throw toStoreError(error);
        if (tries === maxTries) {
          throw new TidingsError(
            'UNAVAILABLE',
            'Too many changes to the same records at once. Try again shortly.',
            {
              retryAfterMs,
              cause: error,
            },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** tries));
      }
    },

    async check() {
      await askAlone({ text: 'select 1' });
    },

    close() {
      closing ??= pool.end().finally(options.afterClose);
      return closing;
    },
  };
}

type Ask = (config: pg.QueryConfig, values?: unknown[]) => Promise<pg.QueryResult>;

/** Drizzle asks nothing of a client but `query`. */
function queriesOver(query: Ask): Queries {
  return drizzle({ client: { query } as unknown as pg.Pool });
}

type Settled<T> =
  { readonly failed: false; readonly value: T } | { readonly failed: true; readonly error: unknown };

/** Awaits without throwing, so that a rejection always has somebody who handles it. */
function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ failed: false, value }),
    (error: unknown) => ({ failed: true, error }),
  );
}

/** A throw before the first await counts as a rejection. */
async function call<T>(work: (tx: Queries) => Promise<T>, tx: Queries): Promise<T> {
  return work(tx);
}
