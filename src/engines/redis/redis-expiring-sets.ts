// Expiring sets in Redis: a key with a time to live for each member, and a set of their names. Only Redis counts
// the time, so the clocks of nodes play no part.

import type { Redis } from 'ioredis';
import type { ExpiringSets } from '../engine.ts';
import { toUnavailable } from './redis-connections.ts';
import type { RedisKeys } from './redis-keys.ts';
import type { RedisScripts } from './redis-scripts.ts';

export function createRedisExpiringSets(options: {
  readonly commands: Redis;
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
}): ExpiringSets {
  const { commands, scripts, keys } = options;
  return {
    async put(set, member, ttlMs) {
      const ttl = Math.max(1, Math.ceil(ttlMs));
      const names = keys.expiringSet(set);
      return (await scripts.putExpiring(names, keys.expiringMember(set, member), member, ttl)) === 1;
    },

    async remove(set, member) {
      try {
        // In this order a put in between is only forgotten by name, until it is renewed, rather than kept for ever.
        const [, removed] = await Promise.all([
          commands.srem(keys.expiringSet(set), member),
          commands.del(keys.expiringMember(set, member)),
        ]);
        return removed === 1;
      } catch (error) {
        throw toUnavailable(error);
      }
    },

    async list(set) {
      const flat = (await scripts.listExpiring(keys.expiringSet(set))) as readonly (string | number)[];
      const members: { member: string; expiresInMs: number }[] = [];
      for (let index = 0; index < flat.length; index += 2) {
        members.push({ member: String(flat[index]), expiresInMs: Number(flat[index + 1]) });
      }
      return members;
    },
  };
}
