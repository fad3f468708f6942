// The errors of operations as the server tells them, and the one that ends operations with their connection.

/** One entry of `errors`, as the protocol carries it. */
export interface ServerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryAfterMs?: number };
}

/** The connection is closed for good: what was open on it has ended, and `connect()` begins anew. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
}

/** The code that decides what to do: `CURSOR_EXPIRED`, `FORBIDDEN`, …; undefined where there is none. */
export function codeOf(errors: readonly ServerError[]): string | undefined {
  return errors.find((error) => error.extensions?.code !== undefined)?.extensions?.code;
}

/** After how many milliseconds the same operation may succeed unchanged; null where it will not. */
export function retryAfterMsOf(errors: readonly ServerError[]): number | null {
  const waits = errors.map((error) => error.extensions?.retryAfterMs);
  return waits.length > 0 && waits.every((wait) => typeof wait === 'number') ? Math.max(...waits) : null;
}

/** What was thrown, told in one line. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'code' in error) {
    const { code, reason } = error as { readonly code: unknown; readonly reason?: unknown };
    return `${String(code)}${typeof reason === 'string' && reason !== '' ? ` ${reason}` : ''}`;
  }
  // What a browser tells of a WebSocket that could not be opened: an Event without a word.
  return typeof error === 'string' ? error : 'the server can not be reached';
}
