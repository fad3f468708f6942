// How long to wait before the next attempt. Pure: randomness is passed in.

const firstWaitMs = 100;
const longestWaitMs = 3_000;
/** How much of a wait is left to chance, so that those who failed together do not come back together. */
const jitter = 0.5;

/**
 * After the first attempt 50 to 100 ms, then twice as long each time, at most 3 s. What the server asks for counts where it is
 * longer, and up to half as much again is added to it: it tells everybody the same.
 */
export function toWaitMs(attempts: number, retryAfterMs: number | null, random: number): number {
  const ceilingMs = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs);
  const backoffMs = ceilingMs * (1 - jitter * random);
  return retryAfterMs === null ? backoffMs : Math.max(backoffMs, retryAfterMs * (1 + jitter * random));
}
