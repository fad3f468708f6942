import { expect, it } from 'vitest';
import { toWaitMs } from './backoff.ts';

it('doubles with each failure, up to the longest', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) => toWaitMs(failures, 0.999_999));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

it('is spread over the second half of the step', () => {
  expect([0, 0.5, 0.999_999].map((random) => toWaitMs(3, random))).toEqual([1_000, 1_500, 2_000]);
});
