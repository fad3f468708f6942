// The contract of the database: one driver (pg) and one dialect for embedded PGlite and for PostgreSQL.
// open-store.ts opens either; both pass the suite in test/contracts/store.contract.ts.
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';

/** SQL of a hot path: written once, parsed and planned once per connection. */
export interface Statement {
  /** Unique among all statements. */
  readonly name: string;
  /** With $1, $2 … for the values. */
  readonly text: string;
}

/** Typed queries, inside a transaction or outside of one. */
export interface Queries extends Pick<
  NodePgDatabase,
  'select' | 'insert' | 'update' | 'delete' | 'execute' | 'with' | '$with'
> {
  /** Answers the rows as the database names their columns; BIGINT is a number, timestamps are dates, JSON is parsed. */
  run<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
}

/**
 * Whose a session of the database is: the connection's for as long as it is open, or, behind a pooler in transaction mode,
 * each transaction's alone.
 */
export type Pooling = 'session' | 'transaction';

export interface Store {
  readonly kind: 'pglite' | 'postgresql';
  /** For people: "PostgreSQL 15.18 at localhost:5432/tidings". Never holds a password. */
  readonly description: string;
  /** Queries of their own, each its own transaction. Never to be used inside of `transaction`: use its handle. */
  readonly queries: Queries;
  /**
   * Runs the work in one READ COMMITTED transaction and answers what it answers. Everything inside uses `tx`.
   * What the work throws rolls back and is thrown on. A deadlock or serialization failure runs the work again
   * (so the work has no effects outside of the database). While the database is away, or answers nothing while no
   * connection is free, it rejects with UNAVAILABLE. Statements that the work has started and does not await are answered together
   * with the commit; where one fails, all is rolled back and its error is thrown.
   * A commit whose answer is lost rejects with UnknownOutcomeError.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** To the database, at the moment. */
  readonly connections: ConnectionFigures;
  /** Rejects with a sentence that says what is missing, while the database cannot serve. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionFigures {
  readonly max: number;
  readonly busy: number;
  readonly idle: number;
  /** Those who wait for one that is free. */
  readonly waiting: number;
}

/** A folder of SQL migrations made by drizzle-kit, with a name of its own (a module may bring one). */
export interface MigrationFolder {
  readonly name: string;
  readonly folder: string;
}
