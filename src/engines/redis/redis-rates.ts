// Rates over all nodes: a counter in Redis for each key and window. While Redis is away, or silent, each node counts for itself.

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Rates } from '../engine.ts';
import { createRates } from '../limited-rates.ts';
import { createMemoryRates } from '../memory/memory-rates.ts';
import { toUnavailable } from './redis-connections.ts';
import type { RedisKeys } from './redis-keys.ts';

/** Nobody waits longer for a Redis that says nothing; */
const answerMs = 250;
/** and it is not asked again for so long. */
const silenceMs = 1_000;

export function createRedisRates(commands: Redis, keys: RedisKeys, logger: Logger): Rates {
  const counted = createRates(
    ({ points, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: commands,
        rejectIfRedisNotReady: true,
        // The library adds a colon.
        keyPrefix: `${keys.prefix}rates`,
        points,
        duration: windowSeconds,
      }),
  );
  // One for whatever keeps Redis from counting: each window is granted once.
  const alone = createMemoryRates();
  let silentUntil = 0;
  const note = (reason: unknown): null => {
    logger.debug({ reason }, 'Redis did not count; this node counts for itself');
    return null;
  };
  return {
    async take(key, wanted, limit) {
      if (performance.now() < silentUntil) return alone.take(key, wanted, limit);
      let timer: NodeJS.Timeout | undefined;
      let immediate: NodeJS.Immediate | undefined;
      const silence = new Promise<null>((resolve) => {
        timer = setTimeout(() => {
          // A process that was busy for so long has an answer that it has not read yet: the next turn reads it.
          immediate = setImmediate(() => {
            silentUntil = performance.now() + silenceMs;
            resolve(note('it is silent'));
          });
        }, answerMs);
      });
      const answer = counted.take(key, wanted, limit);
      // What it answers later counts there, and is nobody's.
      const taken = await Promise.race([
        answer.catch((error: unknown) => note(toUnavailable(error).cause)),
        silence,
      ]);
      clearTimeout(timer);
      clearImmediate(immediate);
      return taken ?? alone.take(key, wanted, limit);
    },
  };
}
