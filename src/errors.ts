// Every error a client can meet, in one table; docs/errors.md is generated from it. Services throw TidingsError,
// the transports turn it into GraphQL errors, HTTP statuses and close codes.

/** What a code means, whether trying again can help, and how the transports say it. */
export interface ErrorKind {
  readonly meaning: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** The HTTP status where the whole request fails with this code. */
  readonly httpStatus: number;
  /** The WebSocket close code where the whole connection fails with this code; null where only the operation fails. */
  readonly closeCode: number | null;
}

export const errorKinds = {
  UNAUTHENTICATED: {
    meaning: 'The token is missing, invalid, expired or revoked. Get a new one and try again with it.',
    retryable: false,
    httpStatus: 401,
    closeCode: 4401,
  },
  FORBIDDEN: {
    meaning: 'A role or scope is missing, or the access that a live subscription stood on has ended.',
    retryable: false,
    httpStatus: 403,
    closeCode: null,
  },
  NOT_FOUND: {
    meaning: 'It does not exist, or the viewer may not see it: the two look the same.',
    retryable: false,
    httpStatus: 404,
    closeCode: null,
  },
  BAD_USER_INPUT: {
    meaning: 'The request is malformed or an argument is not acceptable. The message says which and why.',
    retryable: false,
    httpStatus: 400,
    closeCode: null,
  },
  CONFLICT: {
    meaning:
      'The request contradicts what is stored, for example an idempotency key used with other content.',
    retryable: false,
    httpStatus: 409,
    closeCode: null,
  },
  RATE_LIMITED: {
    meaning: 'Too many requests. Wait for `retryAfterMs`.',
    retryable: true,
    httpStatus: 429,
    closeCode: null,
  },
  CURSOR_EXPIRED: {
    meaning: 'The stream can not go on from this cursor. Query anew and subscribe after the cursor you get.',
    retryable: false,
    httpStatus: 410,
    closeCode: null,
  },
  PAYLOAD_TOO_LARGE: {
    meaning: 'The request or one of its values is too large.',
    retryable: false,
    httpStatus: 413,
    closeCode: 1009,
  },
  UNAVAILABLE: {
    meaning: 'Something the server needs is away for the moment. Wait for `retryAfterMs` and try again.',
    retryable: true,
    httpStatus: 503,
    closeCode: null,
  },
  INTERNAL: {
    meaning: 'Something unexpected happened; it has been logged. Nothing of it is told outside.',
    retryable: false,
    httpStatus: 500,
    closeCode: 1011,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface TidingsErrorOptions extends ErrorOptions {
  /** For RATE_LIMITED and UNAVAILABLE: milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number;
}

/** An error that a client may see, with a sentence that says what to do. */
export class TidingsError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: TidingsErrorOptions = {}) {
    super(message, options);
    this.name = 'TidingsError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? (errorKinds[code].retryable ? 1_000 : undefined);
  }
}

export const badInput = (message: string): TidingsError => new TidingsError('BAD_USER_INPUT', message);

/** The same sentence for what does not exist and for what the viewer may not see. */
export const notFound = (what: string, id: string): TidingsError =>
  new TidingsError('NOT_FOUND', `There is no ${what} "${abridge(id)}", or it is not yours to see.`);

/** What somebody sent, short enough to be told back. */
const abridge = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`);
