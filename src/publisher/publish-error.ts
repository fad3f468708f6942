// What a call that did not succeed is rejected with.

/** The server's codes are listed in docs/errors.md; the last two are said where no server was heard. */
export type PublishErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'UNREACHABLE'
  | 'TIMEOUT'
  // A code of a team's own, or of something between.
  | (string & {});

export interface PublishFailure {
  readonly code: PublishErrorCode;
  readonly retryable: boolean;
  readonly outcome: 'refused' | 'unknown';
  readonly attempts: number;
  readonly idempotencyKey: string | null;
  readonly cause?: unknown;
}

export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
  /**
   * `refused`: it was not carried out. `unknown`: it may have been, for example where the connection was lost behind the
   * request; call again with `idempotencyKey`, and it is carried out once.
   */
  readonly outcome: 'refused' | 'unknown';
  /** Requests that were sent, or tried to be. */
  readonly attempts: number;
  /** The key that all attempts carried; null where the call has none. */
  readonly idempotencyKey: string | null;

  constructor(
    message: string,
    { code, retryable, outcome, attempts, idempotencyKey, cause }: PublishFailure,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    this.outcome = outcome;
    this.attempts = attempts;
    this.idempotencyKey = idempotencyKey;
  }
}
