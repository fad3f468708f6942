// Rates over all nodes: a counter in Redis for each key and window. While Redis is away each node counts for itself.

import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Rates } from '../engine.ts';
import { createRates } from '../limited-rates.ts';
import type { RedisKeys } from './redis-keys.ts';

export const createRedisRates = (commands: Redis, keys: RedisKeys): Rates =>
  createRates(
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
