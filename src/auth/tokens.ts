// Whom a token speaks for: verified by its signature where an issuer is trusted for that, else by asking whoever issued it.
import type { Logger } from 'pino';
import type { TokenIntrospection, TokenIssuer } from '../config.ts';
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
  verify(token: string, workspace: string | null): Promise<Viewer>;
}

export interface TokenVerifierOptions {
  readonly issuers: readonly TokenIssuer[];
  /** null: opaque tokens are refused. */
  readonly introspection: TokenIntrospection | null;
  readonly logger: Logger;
}

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
      return { claims, until: new Date(askedAt + introspection.everyMs) };
    }
    throw new TokenError(
      trust === 'no-jwt'
        ? 'The token is not a JSON Web Token.'
        : 'The token is of an issuer that this server does not trust.',
    );
  };

  const remember = rememberVerified(verify, remembered);
  return {
    async verify(token, workspace) {
      const { claims, until } = await remember(token);
      return toViewer(claims, { workspace, verifiedUntil: until });
    },
  };
}
