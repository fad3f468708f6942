import { expect, it } from 'vitest';
import { toRenewalWaitMs } from './renewal.ts';

it.each([
  [3_600_000, 3_540_000],
  [240_000, 180_000],
  [60_000, 45_000],
  [4_000, 3_000],
  [0, 0],
  [-5_000, 0],
])('a token that lives %i ms more is renewed after %i ms', (remainingMs, waitMs) => {
  expect(toRenewalWaitMs(remainingMs)).toBe(waitMs);
});
