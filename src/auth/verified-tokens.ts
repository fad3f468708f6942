// Remembers what a token says, for a short while: a backend that publishes a thousand times a second sends the same token
// with each, and verifying its signature is a tenth of the work. Those who bring the same token at once share one verification.
import type { Claims } from './claims.ts';

export interface Verified {
  readonly claims: Claims;
  /** Until when it counts without being verified again; null: until it expires. */
  readonly until: Date | null;
}

/** `previous` is what the token said the last time, where that is remembered. */
export type Verify = (token: string, previous: Claims | null) => Promise<Verified>;

export interface RememberOptions {
  /** A verification counts for so long, and never beyond the token's expiry. */
  readonly maxAgeMs: number;
  /** The one verified first goes first. */
  readonly maxTokens: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Remembered {
  readonly verified: Verified;
  readonly until: number;
}

export function rememberVerified(
  verify: Verify,
  { maxAgeMs, maxTokens, now }: RememberOptions,
): (token: string) => Promise<Verified> {
  const remembered = new Map<string, Remembered>();
  const underWay = new Map<string, Promise<Verified>>();

  const verifyNow = async (token: string, previous: Claims | null): Promise<Verified> => {
    const verified = await verify(token, previous);
    const { claims, until } = verified;
    remembered.delete(token);
    remembered.set(token, {
      verified,
      until: Math.min(claims.exp.getTime(), until?.getTime() ?? Infinity, now() + maxAgeMs),
    });
    if (remembered.size > maxTokens) remembered.delete(remembered.keys().next().value ?? '');
    return verified;
  };

  return (token) => {
    const known = remembered.get(token);
    if (known !== undefined && now() < known.until) return Promise.resolve(known.verified);
    const running = underWay.get(token);
    if (running !== undefined) return running;
    const started = verifyNow(token, known?.verified.claims ?? null).finally(() => underWay.delete(token));
    underWay.set(token, started);
    return started;
  };
}
