import { expect, it } from 'vitest';
import { toRetryWaitMs } from './backoff.ts';

it('waits twice as long each time, up to three seconds, and up to half of it less by chance', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((attempts) => toRetryWaitMs(attempts, null, 1));
  expect(longest).toEqual([100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
  expect(toRetryWaitMs(3, null, 0)).toBe(200);
});

it('comes back no sooner than the server asks, and not at the same time as the others', () => {
  expect(toRetryWaitMs(1, 1_000, 0)).toBe(1_000);
  expect(toRetryWaitMs(1, 1_000, 1)).toBe(1_500);
  expect(toRetryWaitMs(6, 10, 1)).toBe(3_000);
});
