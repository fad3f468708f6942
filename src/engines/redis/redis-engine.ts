// The engine over Redis, for any number of nodes: opens the connections and puts its parts together.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import {
  type Broker,
  defaultLeaseTimings,
  type Engine,
  type EngineEvents,
  type LeaseTimings,
} from '../engine.ts';
import { NodeLease } from './node-lease.ts';
import { NodeSessions } from './node-sessions.ts';
import { RedisBroker } from './redis-broker.ts';
import {
  defaultProbeTimings,
  openRedisConnections,
  type ProbeTimings,
  type RedisConnections,
  toUnavailable,
} from './redis-connections.ts';
import { createRedisExpiringSets } from './redis-expiring-sets.ts';
import { createRedisKeys, type RedisKeys } from './redis-keys.ts';
import { createRedisNodes } from './redis-nodes.ts';
import { createRedisPresence } from './redis-presence.ts';
import { createRedisRates } from './redis-rates.ts';
import { defineRedisScripts, type RedisScripts } from './redis-scripts.ts';
import { SubscriberLink } from './subscriber-link.ts';

export interface RedisEngineOptions {
  /** `redis://` or `rediss://`. */
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
  const keys = createRedisKeys(logId);

  let parts:
    | { readonly link: SubscriberLink; readonly broker: RedisBroker; readonly scripts: RedisScripts }
    | undefined;
  let connections: RedisConnections;
  try {
    connections = await openRedisConnections({
      url,
      logger,
      probe,
      prepare: (commands, subscriber) => {
        const link = new SubscriberLink({ commands, subscriber, logger, probe });
        const broker = new RedisBroker({ commands, subscriber, link, logger });
        parts = { link, broker, scripts: defineRedisScripts(commands) };
      },
    });
  } catch (error) {
    parts?.link.close();
    throw error;
  }
  if (parts === undefined) throw new Error('the connections were opened without being prepared');
  const { link, broker, scripts } = parts;
  const { commands, description } = connections;

  const sessions = new NodeSessions();
  const lease = new NodeLease({ nodeId, commands, scripts, keys, sessions, timings, events, logger });
  try {
    await untilConnected(link, 2 * probe.deadlineMs);
    await lease.open();
  } catch (error) {
    link.close();
    connections.close();
    throw error;
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
    rates: createRedisRates(commands, logId),
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
      link.close();
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

async function untilConnected(link: SubscriberLink, withinMs: number): Promise<void> {
  if (link.state === 'connected') return;
  const { promise, resolve, reject } = withResolvers();
  const end = link.onStateChange((state) => state === 'connected' && resolve());
  const timer = setTimeout(
    () => reject(toUnavailable(new Error('the subscriber connection stays away'))),
    withinMs,
  );
  try {
    await promise;
  } finally {
    end();
    clearTimeout(timer);
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
