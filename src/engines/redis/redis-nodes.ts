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

/** Longer than between any two reports about one subject. */
const reportLifeMs = 300_000;

export function createRedisNodes({ nodeId, commands, keys, lease }: RedisNodesOptions): Nodes {
  return {
    get isAlive() {
      return lease.isAlive;
    },
    onLapsed: (listener) => lease.onLapsed(listener),
    async isComplete() {
      try {
        return (await commands.exists(keys.young)) === 0;
      } catch (error) {
        throw toUnavailable(error);
      }
    },
    async report(subject, text) {
      const key = keys.reports(subject);
      try {
        if (text === null) await commands.hdel(key, nodeId);
        // Sent together. What nobody repeats is not kept for ever.
        else await Promise.all([commands.hset(key, nodeId, text), commands.pexpire(key, reportLifeMs)]);
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
        if (!nodes.has(nodeId)) throw new Error('this node is about to register anew');
        const gone = Object.keys(reports).filter((node) => !nodes.has(node));
        if (gone.length > 0) await commands.hdel(keys.reports(subject), ...gone);
        return new Map([...nodes].map((node) => [node, reports[node] ?? null]));
      } catch (error) {
        throw toUnavailable(error);
      }
    },
  };
}
