// Rates over all nodes: a counter in Redis for each key and window. While Redis is away, or silent, each node counts for itself.

import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Rates } from '../engine.ts';
import { createRates } from '../limited-rates.ts';
import type { RedisKeys } from './redis-keys.ts';

/** Nobody waits longer for a Redis that says nothing; */
const answerMs = 250;
/** and it is not asked again for so long. */
const silenceMs = 1_000;

export function createRedisRates(commands: Redis, keys: RedisKeys): Rates {
  const counted = createRates(
    ({ points, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: commands,
        rejectIfRedisNotReady: true,
        // The library adds a colon.
        keyPrefix: `${keys.prefix}rates`,
        points,
        duration: windowSeconds,
        insuranceLimiter: new RateLimiterMemory({ points, duration: windowSeconds }),
      }),
  );
  const alone = createRates(
    ({ points, windowSeconds }) => new RateLimiterMemory({ points, duration: windowSeconds }),
  );
  let silentUntil = 0;
  return {
    async take(key, wanted, limit) {
      if (performance.now() < silentUntil) return alone.take(key, wanted, limit);
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), answerMs);
      });
      // What it answers later counts there, and is nobody's.
      const taken = await Promise.race([counted.take(key, wanted, limit), silence]);
      clearTimeout(timer);
      if (taken !== null) return taken;
      silentUntil = performance.now() + silenceMs;
      return alone.take(key, wanted, limit);
    },
  };
}
