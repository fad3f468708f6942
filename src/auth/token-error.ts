import { TidingsError } from '../errors.ts';

/** UNAUTHENTICATED, and whether a fresh token of the same issuer would help. */
export class TokenError extends TidingsError {
  readonly expired: boolean;
  constructor(message: string, { expired = false, cause }: { expired?: boolean; cause?: unknown } = {}) {
    super('UNAUTHENTICATED', message, { cause });
    this.name = 'TokenError';
    this.expired = expired;
  }
}

/** The token is valid, but was issued before its user's sessions were revoked. */
export const revokedSessions = (): TokenError =>
  new TokenError('The sessions of this user were revoked. Sign in again.');

export const expiredToken = (cause?: unknown): TokenError =>
  new TokenError('The token has expired. Get a new one.', { expired: true, cause });
