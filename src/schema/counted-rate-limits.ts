// Rate limits that count whom they refuse.
import type { RateKind } from '../config.ts';
import { TidingsError } from '../errors.ts';
import type { RateLimits } from './rate-limits.ts';

/** `refused` grows by one, of the kind that was asked for. */
export const countingRefusals = (limits: RateLimits, refused: Record<RateKind, number>): RateLimits => ({
  take(viewer, kind) {
    try {
      limits.take(viewer, kind);
    } catch (error) {
      if (error instanceof TidingsError && error.code === 'RATE_LIMITED') refused[kind] += 1;
      throw error;
    }
  },
});
