// The engine over Redis, for any number of nodes: opens the connections and puts its parts together.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import { parseRedisUrl, redisUrlShape } from '../../redis-url.ts';
import {
  type Broker,
  defaultLeaseTimings,
  type Engine,
  type EngineEvents,
  type LeaseTimings,
} from '../engine.ts';
import { toSlot } from './cluster-slots.ts';
import { untilConnected } from './listening.ts';
import { NodeLease } from './node-lease.ts';
import { NodeSessions } from './node-sessions.ts';
import { RedisBroker } from './redis-broker.ts';
import { openRedisCluster } from './redis-cluster.ts';
import {
  defaultProbeTimings,
  openRedisConnections,
  type ProbeTimings,
  toUnavailable,
} from './redis-connections.ts';
import { createRedisExpiringSets } from './redis-expiring-sets.ts';
import { createRedisKeys, type RedisKeys } from './redis-keys.ts';
import { createRedisNodes } from './redis-nodes.ts';
import { createRedisPresence } from './redis-presence.ts';
import { createRedisRates } from './redis-rates.ts';
import { defineRedisScripts } from './redis-scripts.ts';

export interface RedisEngineOptions {
  /** As REDIS_URL: one Redis, a master by Sentinel, or a Cluster. */
  readonly url: string;
  /** Part of every channel and key: logs that share a Redis never meet. */
  readonly logId: string;
  readonly logger: Logger;
  readonly events: EngineEvents;
  readonly timings?: LeaseTimings;
  readonly probe?: ProbeTimings;
  readonly nodeId?: string;
}

/** Rejects with UNAVAILABLE and a sentence that names the address and REDIS_URL. */
export async function openRedisEngine(options: RedisEngineOptions): Promise<Engine> {
  const { url, logId, logger, events, timings = defaultLeaseTimings, probe = defaultProbeTimings } = options;
  const nodeId = options.nodeId ?? randomUUID();
  const where = parseRedisUrl(url);
  if (where === null) throw new TidingsError('UNAVAILABLE', `REDIS_URL must be ${redisUrlShape}.`);
  const isCluster = where.kind === 'cluster';
  const keys = createRedisKeys(logId, { spreadChannels: isCluster });

  const connections = isCluster
    ? await openRedisCluster({ url: where, homeSlot: toSlot(keys.prefix), logger, probe })
    : await openRedisConnections({ url: where, logger, probe });
  const { commands, link, publisher, description } = connections;
  const broker = new RedisBroker({ publisher, link, logger });
  const scripts = defineRedisScripts(commands, isCluster ? 'SPUBLISH' : 'PUBLISH');
  const sessions = new NodeSessions();
  const lease = new NodeLease({ nodeId, commands, scripts, keys, sessions, timings, events, logger });
  try {
    await untilConnected(link, 2 * probe.deadlineMs);
    await lease.open();
  } catch (error) {
    connections.close();
    throw toUnavailable(error);
  }
  link.onStateChange((state) => {
    if (state === 'away') logger.warn('the connection to Redis is lost; reconnecting');
    else logger.info('Redis answers again; listening is in force');
  });

  const registry = { commands, scripts, keys, sessions, lease, broker, logger };
  return {
    kind: 'redis',
    description,
    nodeId,
    nodes: createRedisNodes({ nodeId, commands, keys, lease }),
    broker: withPrefix(broker, keys),
    presence: createRedisPresence({ kind: 'workspace', ...registry }),
    rooms: createRedisPresence({ kind: 'room', ...registry }),
    expiring: createRedisExpiringSets({ commands, scripts, keys }),
    rates: createRedisRates(commands, keys, logger),
    async check() {
      try {
        await commands.ping();
      } catch (error) {
        throw new TidingsError('UNAVAILABLE', `${description} does not answer.`, {
          cause: toUnavailable(error).cause,
        });
      }
      if (broker.state === 'away') {
        throw new TidingsError('UNAVAILABLE', `${description} answers, but listening is not in force yet.`);
      }
    },
    async close() {
      await lease.close();
      connections.close();
    },
  };
}

/** The broker as others see it: their channels are within this log. */
function withPrefix(broker: Broker, keys: RedisKeys): Broker {
  return {
    get state() {
      return broker.state;
    },
    publish: (channel, message) => broker.publish(keys.channel(channel), message),
    follow: (channel, follower) => broker.follow(keys.channel(channel), follower),
    onStateChange: (listener) => broker.onStateChange(listener),
  };
}
