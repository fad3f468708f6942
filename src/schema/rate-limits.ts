// How often one user or service may do what: a bucket of tokens for each of them and each kind of thing, on this node.
import type { RateKind, RatesPerSecond } from '../config.ts';
import { TidingsError } from '../errors.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface RateLimits {
  /** Throws RATE_LIMITED with `retryAfterMs` where it is too often. */
  take(viewer: Viewer, kind: RateKind): void;
}

interface Bucket {
  tokens: number;
  /** When it was counted last. */
  at: number;
}

/** A bucket that nobody uses is full again after two seconds: these many are looked through then. */
const sweepAbove = 10_000;
const burstSeconds = 2;

/** `now` in milliseconds of a monotonic clock. */
export function createRateLimits(
  rates: RatesPerSecond,
  now: () => number = () => performance.now(),
): RateLimits {
  const buckets = new Map<string, Bucket>();
  let nextSweepAt = 0;

  const sweep = (at: number): void => {
    if (buckets.size < sweepAbove || at < nextSweepAt) return;
    nextSweepAt = at + burstSeconds * 1_000;
    for (const [key, bucket] of buckets) if (at - bucket.at >= burstSeconds * 1_000) buckets.delete(key);
  };

  return {
    take(viewer, asked) {
      const kind = kindOf(viewer, asked);
      const perSecond = rates[kind];
      const capacity = perSecond * burstSeconds;
      const at = now();
      const key = JSON.stringify([viewer.workspace, viewer.id, kind]);
      const bucket = buckets.get(key) ?? { tokens: capacity, at };
      bucket.tokens = Math.min(capacity, bucket.tokens + ((at - bucket.at) / 1_000) * perSecond);
      bucket.at = at;
      buckets.set(key, bucket);
      sweep(at);
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return;
      }
      const retryAfterMs = Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000);
      throw new TidingsError(
        'RATE_LIMITED',
        `That is too often: ${perSecond} a second are allowed, and twice as many at once. Try again in ${retryAfterMs} ms.`,
        { retryAfterMs },
      );
    },
  };
}

/** A service speaks for many: what it does in chat counts as published. */
const kindOf = (viewer: Viewer, kind: RateKind): RateKind =>
  kind === 'message' && (viewer.scopes.has('chat:write') || viewer.scopes.has('rooms:publish'))
    ? 'publish'
    : kind;
