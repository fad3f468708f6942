import { toWaitMs, type Backoff } from '../client/backoff.ts';

const publishing: Backoff = { firstMs: 100, longestMs: 3_000 };

/**
 * In milliseconds: after the first attempt 50 to 100, then twice as long each time, at most 3,000. What the server asks for counts
 * where it is longer, and up to half as much again is added to it: it tells everybody the same.
 */
export function toRetryWaitMs(attempts: number, retryAfterMs: number | null, random: number): number {
  const waitMs = toWaitMs(attempts, random, publishing);
  return retryAfterMs === null ? waitMs : Math.max(waitMs, retryAfterMs * (1 + random / 2));
}
