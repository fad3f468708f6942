// Rates by rate-limiter-flexible, whatever it counts in: one limiter for each limit that is asked for.

import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RateLimit, Rates } from './engine.ts';

export function createRates(createLimiter: (limit: RateLimit) => RateLimiterAbstract): Rates {
  const limiters = new Map<string, RateLimiterAbstract>();
  const find = (limit: RateLimit): RateLimiterAbstract => {
    const name = `${limit.points}/${limit.windowSeconds}`;
    const limiter = limiters.get(name) ?? createLimiter(limit);
    limiters.set(name, limiter);
    return limiter;
  };
  return {
    async take(key, wanted, limit) {
      const { consumedPoints, msBeforeNext } = await consume(find(limit), key, wanted);
      // Whoever has stepped over the limit has what was left below it: nobody after them gets any.
      const before = consumedPoints - wanted;
      return { granted: Math.max(0, Math.min(wanted, limit.points - before)), resetsInMs: msBeforeNext };
    },
  };
}

/** The library rejects with the same answer where the limit is passed. */
async function consume(limiter: RateLimiterAbstract, key: string, points: number): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key, points);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}
