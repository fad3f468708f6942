// Rates over all nodes: a counter in Redis for each key and window. While Redis is away each node counts for itself.

import type { Cluster, Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Rates } from '../engine.ts';
import { createRates } from '../limited-rates.ts';

/** No hash tag: in a cluster each key has a place of its own. */
const prefixOf = (logId: string): string => `tidings:rates:${logId}`;

export const createRedisRates = (commands: Redis | Cluster, logId: string): Rates =>
  createRates(
    ({ points, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: commands,
        rejectIfRedisNotReady: true,
        keyPrefix: prefixOf(logId),
        points,
        duration: windowSeconds,
        insuranceLimiter: new RateLimiterMemory({ points, duration: windowSeconds }),
      }),
  );
