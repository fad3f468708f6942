// The store over a pool of pg connections, the same for PostgreSQL and for embedded PGlite: transactions, retries, and
// the one place where what pg reports becomes UNAVAILABLE. open-store.ts makes the pool's options.
import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Logger } from 'pino';
import { TidingsError } from '../errors.ts';
import { ConnectionQueue, QueueGivenUp, type Lane } from './connection-queue.ts';
import type { Pooling, Queries, Statement, Store } from './store.ts';
import {
  busy,
  isConnectionLost,
  isWorthRetrying,
  phrase,
  retryAfterMs,
  sqlState,
  tookTooLong,
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
  /**
   * `transaction`: a pooler may give every transaction another session of the database. So nothing is left in one:
   * statements have no names, and what a transaction needs is set within it.
   */
  readonly pooling: Pooling;
  /** Called once after the pool has closed. */
  readonly afterClose?: () => Promise<void>;
}

const maxTries = 5;

/** PostgreSQL gives up a transaction whose node has vanished, and with it the locks that others wait for. */
export const idleInTransactionMs = 30_000;

const begin = 'begin isolation level read committed';
/** One round trip, whatever is in it. */
const beginAnywhere = `${begin}; set local idle_in_transaction_session_timeout = ${idleInTransactionMs}`;

/** A checked-out connection; `broken` holds why it must not go back to the pool. */
interface Lease {
  readonly client: pg.PoolClient;
  broken: Error | undefined;
}

export function createPgStore({ kind, description, logger, ...options }: PgStoreOptions): Store {
  const pool = new pg.Pool(options.pool);
  const keepsSessions = options.pooling === 'session';
  const patienceMs = options.pool.connectionTimeoutMillis ?? 5_000;
  const queue = new ConnectionQueue({ size: options.pool.max ?? 10, patienceMs });
  /** Why no connection could be made, while that is the last thing known of the database. */
  let away: unknown;
  const running = options.detectMisuse ? new AsyncLocalStorage<{ live: boolean }>() : undefined;
  let closing: Promise<void> | undefined;

  // An 'error' event without a listener ends the process. The pool listens while a connection is idle, nobody while it
  // is checked out; there the statement under way rejects with the same error.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => logger.warn({ reason: phrase(error) }, 'an idle database connection was lost'));

  async function acquire(lane: Lane): Promise<Lease> {
    try {
      await queue.take(lane);
    } catch (error) {
      if (!(error instanceof QueueGivenUp)) throw error;
      throw away !== undefined && error.reason === 'silence' ? unavailable(away) : busy(error);
    }
    try {
      return { client: await connect(), broken: undefined };
    } catch (error) {
      queue.give();
      away = error;
      throw unavailable(error);
    }
  }

  /** Again where it took too long while others were answered: then it is this process, or the machine, that is busy. */
  async function connect(): Promise<pg.PoolClient> {
    for (let tries = 1; ; tries += 1) {
      const { answers } = queue;
      try {
        return await pool.connect();
      } catch (error) {
        if (!tookTooLong(error) || queue.answers === answers || tries === maxTries) throw error;
      }
    }
  }

  function release(lease: Lease): void {
    lease.client.release(lease.broken);
    queue.give();
  }

  function answered(): void {
    away = undefined;
    queue.answered();
  }

  async function ask(lease: Lease, config: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      const result = await lease.client.query(parsingInt8(config), values);
      answered();
      return result;
    } catch (error) {
      if (!isConnectionLost(error)) {
        answered();
        throw error;
      }
      lease.broken = error as Error;
      throw unavailable(error);
    }
  }

  async function closeAll(): Promise<void> {
    try {
      await pool.end();
    } finally {
      await options.afterClose?.();
    }
  }

  async function askAlone(
    config: pg.QueryConfig,
    values?: unknown[],
    lane: Lane = 'query',
  ): Promise<pg.QueryResult> {
    if (running?.getStore()?.live) {
      throw new Error("A transaction is under way here: use its handle instead of the store's own queries.");
    }
    const lease = await acquire(lane);
    try {
      return await ask(lease, config, values);
    } finally {
      release(lease);
    }
  }

  async function attempt<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    const lease = await acquire('transaction');
    // Not awaited: the first statement follows it in the same round trip.
    const begun = settle(ask(lease, { text: keepsSessions ? begin : beginAnywhere }));
    const state = { live: true };
    const statements = new PipelinedStatements();
    const tx = queriesOver((config, values) => {
      if (!state.live)
        throw new Error('This transaction has ended: its work has to start every query before it ends.');
      return statements.add(ask(lease, config, values));
    }, keepsSessions);
    try {
      const worked = await settle(
        running === undefined ? call(work, tx) : running.run(state, call, work, tx),
      );
      state.live = false;
      // Lost before COMMIT was sent (the work swallowed it): nothing took effect.
      if (!worked.failed && lease.broken !== undefined) throw unavailable(lease.broken);
      // Not awaited either: COMMIT follows the statements that are still under way.
      const committed = worked.failed ? null : settle(ask(lease, { text: 'commit' }));
      const beginning = await begun;
      const failure = await statements.firstFailure();
      if (beginning.failed && lease.broken === undefined) {
        // The connection lives and BEGIN was refused: the work's statements were each a transaction of their own.
        lease.broken = new Error('BEGIN was refused.', { cause: beginning.error });
        throw new UnknownOutcomeError(beginning.error);
      }
      if (worked.failed || committed === null) {
        if (lease.broken === undefined) await rollBack(lease);
        throw rootOf(worked.failed ? worked.error : undefined, failure);
      }
      requireCommitted(lease, await committed, failure);
      return worked.value;
    } finally {
      state.live = false;
      release(lease);
    }
  }

  function requireCommitted(lease: Lease, committed: Settled<pg.QueryResult>, failure: Failure | null): void {
    // COMMIT was under way when the connection broke: nobody can tell what has become of it.
    if (lease.broken !== undefined) throw new UnknownOutcomeError(lease.broken);
    // A statement that failed makes COMMIT roll back; its error says why.
    if (failure !== null) throw failure.error;
    // An error while the connection lives is an answer: a deferred constraint failed, all is rolled back.
    if (committed.failed) throw committed.error;
    if (committed.value.command !== 'COMMIT')
      throw new Error('COMMIT was answered with a rollback, for no known reason.');
  }

  async function rollBack(lease: Lease): Promise<void> {
    const rolledBack = await settle(ask(lease, { text: 'rollback' }));
    // Dropping the connection rolls back as well.
    if (rolledBack.failed) lease.broken ??= new Error('ROLLBACK failed.', { cause: rolledBack.error });
  }

  return {
    kind,
    description,
    queries: queriesOver((config, values) => askAlone(config, values), keepsSessions),

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

    get connections() {
      const { totalCount, idleCount } = pool;
      const max = pool.options.max;
      return { max, busy: totalCount - idleCount, idle: idleCount, waiting: queue.waiting };
    },

    async check() {
      await askAlone({ text: 'select 1' }, [], 'look');
    },

    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

interface Failure {
  readonly error: unknown;
}

/** The statements of one transaction: whoever started one need not wait for it, COMMIT comes behind it. */
class PipelinedStatements {
  readonly #settled: Promise<Settled<unknown>>[] = [];

  add<T>(answer: Promise<T>): Promise<T> {
    this.#settled.push(settle(answer));
    return answer;
  }

  /** The first that failed, in the order in which they were sent, once all are answered. */
  async firstFailure(): Promise<Failure | null> {
    for (const settled of this.#settled) {
      const statement = await settled;
      if (statement.failed) return statement;
    }
    return null;
  }
}

/** After a statement has failed, PostgreSQL refuses the ones behind it (25P02): the first says what went wrong. */
const rootOf = (error: unknown, first: Failure | null): unknown =>
  first !== null && sqlState(error) === '25P02' ? first.error : error;

type Ask = (config: pg.QueryConfig, values?: unknown[]) => Promise<pg.QueryResult>;

/** Drizzle asks nothing of a client but `query`. */
function queriesOver(query: Ask, namesStatements: boolean): Queries {
  return Object.assign(drizzle({ client: { query } as unknown as pg.Pool }), {
    run: async <Row>({ name, text }: Statement, values: readonly unknown[]) =>
      (await query(namesStatements ? { name, text } : { text }, [...values])).rows as Row[],
  });
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
