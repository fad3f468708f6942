/** How long to wait before trying again: it doubles with each failure, and is spread so that a crowd does not come at once. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const reconnecting: Backoff = { firstMs: 500, longestMs: 30_000 };

/**
 * In milliseconds, between half of the step and all of it.
 * @param failures how often it has failed: 1 or more
 * @param random from 0 to below 1
 */
export function toWaitMs(
  failures: number,
  random: number,
  { firstMs, longestMs }: Backoff = reconnecting,
): number {
  const stepMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(stepMs * (0.5 + random / 2));
}
