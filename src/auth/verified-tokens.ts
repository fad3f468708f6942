// Remembers whom a token speaks for, for a short while: a backend that publishes a thousand times a second sends the same
// token with each, and verifying its signature is a tenth of the work.
import type { TokenVerifier } from './tokens.ts';
import type { Viewer } from './viewer.ts';

export interface RememberOptions {
  /** A verification counts for so long, and never beyond the token's expiry: a key that is withdrawn is noticed then. */
  readonly maxAgeMs: number;
  /** The one remembered first goes first. */
  readonly maxTokens: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Verified {
  readonly viewer: Viewer;
  readonly until: number;
}

export function rememberVerified(verifier: TokenVerifier, options: RememberOptions): TokenVerifier {
  const { maxAgeMs, maxTokens, now } = options;
  const verified = new Map<string, Verified>();
  return {
    async verify(token, workspace) {
      // A token of a service for every workspace speaks for another viewer in each.
      const key = `${workspace ?? ''} ${token}`;
      const known = verified.get(key);
      if (known !== undefined && now() < known.until) return known.viewer;
      verified.delete(key);
      const viewer = await verifier.verify(token, workspace);
      verified.set(key, { viewer, until: Math.min(viewer.expiresAt.getTime(), now() + maxAgeMs) });
      if (verified.size > maxTokens) verified.delete(verified.keys().next().value ?? '');
      return viewer;
    },
  };
}
