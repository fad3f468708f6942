// The nodes that live, by their leases, and what each says of itself.
import type { Redis } from 'ioredis';
import type { Nodes } from '../engine.ts';
import { nodeOf, type NodeLease } from './node-lease.ts';
import { toUnavailable } from './redis-connections.ts';
import type { RedisKeys } from './redis-keys.ts';

export interface RedisNodesOptions {
  readonly nodeId: string;
  readonly commands: Redis;
  readonly keys: RedisKeys;
  readonly lease: NodeLease;
}

export function createRedisNodes({ nodeId, commands, keys, lease }: RedisNodesOptions): Nodes {
  return {
    get isAlive() {
      return lease.isAlive;
    },
    onLapsed: (listener) => lease.onLapsed(listener),
    async report(subject, text) {
      try {
        if (text === null) await commands.hdel(keys.reports(subject), nodeId);
        else await commands.hset(keys.reports(subject), nodeId, text);
      } catch (error) {
        throw toUnavailable(error);
      }
    },
    async read(subject) {
      try {
        // The reports first: a node that has begun since has said nothing yet.
        const [reports, leases] = await Promise.all([
          commands.hgetall(keys.reports(subject)),
          commands.hgetall(keys.leases),
        ]);
        const nodes = new Set(Object.keys(leases).map(nodeOf));
        const gone = Object.keys(reports).filter((node) => !nodes.has(node));
        if (gone.length > 0) await commands.hdel(keys.reports(subject), ...gone);
        return new Map([...nodes].map((node) => [node, reports[node] ?? null]));
      } catch (error) {
        throw toUnavailable(error);
      }
    },
  };
}
