// Whom a token speaks for: verified by its signature where an issuer is trusted for that, else by asking whoever issued it.
import type { Logger } from 'pino';
import type { TokenIntrospection, TokenIssuer } from '../config.ts';
import { TidingsError } from '../errors.ts';
import { toViewer } from './claims.ts';
import { createIntrospection } from './introspection.ts';
import { createJsonWebTokens } from './json-web-tokens.ts';
import { TokenError } from './token-error.ts';
import { rememberVerified, type Verify } from './verified-tokens.ts';
import type { Viewer } from './viewer.ts';

export interface TokenVerifier {
  /**
   * Answers whom the token speaks for. `workspace` is what the request names, needed where the token is for every
   * workspace. Throws TokenError, BAD_USER_INPUT for a missing workspace, UNAVAILABLE while that can't be told.
   */
  verify(token: string, workspace: string | null, use?: TokenUse): Promise<Viewer>;
}

/** 'often' unless given: a request's token comes again with the next one. That of a connection comes once. */
export type TokenUse = 'often' | 'once';

export interface TokenVerifierOptions {
  readonly issuers: readonly TokenIssuer[];
  /** null: opaque tokens are refused. */
  readonly introspection: TokenIntrospection | null;
  readonly logger: Logger;
}

/** Tokens whose `iat` lies so far ahead wait until it has come; a clock that is off by more has to be set. */
const longestWaitMs = 5_000;
const clockToleranceMs = 60_000;
/** An opaque token is asked about once more before it expires: its session may have been used, and go on. */
const beforeExpiryMs = 5_000;

const remembered = { maxAgeMs: 30_000, maxTokens: 10_000, now: Date.now };

export function createTokenVerifier({ issuers, introspection, logger }: TokenVerifierOptions): TokenVerifier {
  const signed = createJsonWebTokens(issuers);
  const opaque = introspection === null ? null : createIntrospection({ settings: introspection, logger });

  const verify: Verify = async (token, previous) => {
    const trust = signed.trusts(token);
    if (trust === 'trusted') return { claims: await signed.verify(token), until: null };
    if (opaque !== null && introspection !== null) {
      const askedAt = Date.now();
      const claims = await opaque.verify(token, previous);
      const lastCall = claims.exp.getTime() - beforeExpiryMs;
      const until = Math.min(askedAt + introspection.everyMs, lastCall > askedAt ? lastCall : Infinity);
      return { claims, until: new Date(until) };
    }
    throw new TokenError(
      trust === 'no-jwt'
        ? 'The token is not a JSON Web Token.'
        : 'The token is of an issuer that this server does not trust.',
    );
  };

  const remember = rememberVerified(verify, remembered);
  return {
    async verify(token, workspace, use = 'often') {
      const isRemembered = use === 'often' || signed.trusts(token) !== 'trusted';
      const { claims, until } = await (isRemembered ? remember(token) : verify(token, null));
      await untilIssued(claims.iat);
      return toViewer(claims, { workspace, verifiedUntil: until });
    },
  };
}

/**
 * No token is used before it was issued, by this server's clock: whoever revokes sessions refuses what was issued before
 * now, and has to reach every token that is in use. Rejects where that is not yet, or the issuer's clock is wrong.
 */
async function untilIssued(issuedAt: Date): Promise<void> {
  const aheadMs = issuedAt.getTime() - Date.now();
  if (aheadMs <= 0) return;
  if (aheadMs > clockToleranceMs) {
    throw new TokenError(
      'The token\'s claim "iat" lies in the future: check the clock of whoever issued it.',
    );
  }
  if (aheadMs > longestWaitMs) {
    throw new TidingsError(
      'UNAVAILABLE',
      `The token counts in ${Math.ceil(aheadMs / 1_000)} s only, by its claim "iat": check the clocks of its issuer and of this server.`,
      { retryAfterMs: aheadMs },
    );
  }
  await new Promise((resolve) => setTimeout(resolve, aheadMs));
}
