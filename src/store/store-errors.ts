// What an error of the database means: away for the moment, worth another try, or simply an error. Shared by
// pg-store.ts and by the edges, where drizzle's wrapping has to come off.
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { TidingsError } from '../errors.ts';

export const retryAfterMs = 1_000;

/** Node's codes for a connection that could not be made or broke. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** pg and its pool name these conditions by message alone. */
const connectionMessages = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'from backend.',
];

/**
 * SQLSTATEs after which the connection is of no use: connection exceptions, shutdown and start-up, too many
 * connections, idle for too long in a transaction, and "read-only transaction", which a writer meets on a primary that
 * became a standby: a new connection finds the new primary.
 */
const lostStates = /^(08...|57P0[1-5]|53300|25P03|25006)$/;

interface Described {
  readonly code?: unknown;
  readonly severity?: unknown;
}

/** The error, its cause, the cause's cause …: drizzle puts what pg said into `cause`. */
function* causes(error: unknown): Generator<Error & Described> {
  for (let depth = 0; error instanceof Error && depth < 10; depth++, error = error.cause) yield error;
}

/** The five-character SQLSTATE that PostgreSQL gave, looked for through drizzle's wrapping: '23505' for a repeated key. */
export function sqlState(error: unknown): string | undefined {
  for (const { code, severity } of causes(error)) {
    if (typeof code === 'string' && severity !== undefined && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

/** Whether the connection it happened on (or that could not be made) is gone, so that nothing more can be asked of it. */
export function isConnectionLost(error: unknown): boolean {
  for (const { code, severity, message } of causes(error)) {
    if (severity === 'FATAL' || severity === 'PANIC') return true;
    if (
      typeof code === 'string' &&
      (connectionCodes.has(code) || (severity !== undefined && lostStates.test(code)))
    ) {
      return true;
    }
    if (severity === undefined && connectionMessages.some((known) => message.includes(known))) return true;
  }
  return false;
}

/** A deadlock or a serialization failure: the transaction was rolled back and may well succeed when run again. */
export function isWorthRetrying(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** Whether a connection was not made in time, and nothing else is known. */
export const tookTooLong = (error: unknown): boolean =>
  error instanceof Error &&
  ['timeout exceeded when trying to connect', 'timeout expired', 'connection timeout'].some((known) =>
    error.message.includes(known),
  );

/** The database is there, as far as is known, and too much is asked of it. */
export const busy = (cause: unknown): TidingsError =>
  new TidingsError('UNAVAILABLE', 'The database is busy: too many requests wait for it. Try again shortly.', {
    retryAfterMs,
    cause,
  });

export function unavailable(cause: unknown): TidingsError {
  const what = sqlState(cause) === '25006' ? 'accepts no changes' : 'cannot be reached';
  return new TidingsError('UNAVAILABLE', `The database ${what} at the moment. Try again shortly.`, {
    retryAfterMs,
    cause,
  });
}

/**
 * What a caller should see: the TidingsError inside of drizzle's wrapping, UNAVAILABLE where the database is away, and
 * any other error as it is. Never throws; calling it twice does no harm.
 */
export function toStoreError(error: unknown): unknown {
  for (const inner of causes(error)) if (inner instanceof TidingsError) return inner;
  return isConnectionLost(error) ? unavailable(error) : error;
}

/** What went wrong in one phrase for a log or a start-up message; an attempt at several addresses has no message of its own. */
export function phrase(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(phrase).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** Whether the message is drizzle's or the database's own, and not a sentence of ours about it. */
export const isQueryError = (error: Error): boolean =>
  error instanceof DrizzleQueryError || ('severity' in error && 'code' in error);

/**
 * What may be logged of an error. drizzle's message repeats the query's parameters, and the database's details and some of
 * its messages repeat values and rows: those hold what people wrote. Of an error of the database only its SQLSTATE, the
 * names it tells, the query without its parameters and the stack remain; also where it is another error's cause.
 */
export function toLoggable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const state = sqlState(error);
  const query = [...causes(error)].find((cause) => cause instanceof DrizzleQueryError)?.query;
  if (state === undefined && query === undefined) return error;
  const { table, column, constraint } = Object.assign({}, ...causes(error)) as Record<string, unknown>;
  return {
    type: error.name,
    message: state === undefined ? 'A query failed.' : `A query failed with SQLSTATE ${state}.`,
    ...(query === undefined ? {} : { query }),
    ...(table === undefined ? {} : { table, column, constraint }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  };
}
