import { expect, it } from 'vitest';
import { toWaitMs } from './backoff.ts';

it('waits twice as long each time, up to three seconds, and up to half of it less by chance', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((attempts) => toWaitMs(attempts, null, 0));
  expect(longest).toEqual([100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
  expect(toWaitMs(3, null, 1)).toBe(200);
});

it('comes back no sooner than the server asks, and not at the same time as the others', () => {
  expect(toWaitMs(1, 1_000, 0)).toBe(1_000);
  expect(toWaitMs(1, 1_000, 1)).toBe(1_500);
  expect(toWaitMs(6, 10, 0)).toBe(3_000);
});
