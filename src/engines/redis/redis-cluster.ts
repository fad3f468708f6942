// The connections to a Redis Cluster: one for commands, to the master that holds the log's keys, which all share a slot;
// and two to every master for the channels of topics, which are spread over all slots (cluster-link.ts).

import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import { formatHosts, type HostAndPort, type RedisUrl } from '../../redis-url.ts';
import { coalesceWrites } from '../../store/coalescing-socket.ts';
import { ClusterLink } from './cluster-link.ts';
import { untilConnected } from './listening.ts';
import {
  type ProbeTimings,
  type RedisConnections,
  requireVersion,
  toConnectionOptions,
  toReason,
} from './redis-connections.ts';

/** Rejects with UNAVAILABLE and a sentence that names the addresses and REDIS_URL, never the password. */
export async function openRedisCluster(options: {
  readonly url: Extract<RedisUrl, { kind: 'cluster' }>;
  /** Of the log's keys. */
  readonly homeSlot: number;
  readonly logger: Logger;
  readonly probe: ProbeTimings;
}): Promise<RedisConnections> {
  const { url, homeSlot, logger, probe } = options;
  const place = `Cluster at ${formatHosts(url.seeds)}`;
  const shared = {
    ...toConnectionOptions(probe),
    ...url.login,
    ...(url.tls ? { tls: {} } : {}),
    // The slot has moved: by the time it is connected again, it is known to whom.
    reconnectOnError: ({ message }: Error) => message.startsWith('MOVED') || message.startsWith('READONLY'),
  } satisfies RedisOptions;
  const open = (purpose: 'commands' | 'subscriber', address?: HostAndPort): Redis => {
    const client = new Redis({ ...shared, ...address, connectionName: `tidings-${purpose}` });
    client.on('error', (error: Error) => {
      logger.debug({ reason: toReason(error), purpose, address }, 'a connection to the Redis Cluster failed');
    });
    return client;
  };

  const commands = open('commands');
  const link = new ClusterLink({
    seeds: url.seeds,
    commands,
    open,
    logger,
    probe,
    onAssigned() {
      const home = link.masterOf(homeSlot);
      if (home === undefined) return;
      const { host, port } = commands.options;
      // ioredis reads them at each attempt to connect.
      Object.assign(commands.options, home);
      if (commands.status === 'wait') commands.connect().catch(() => undefined);
      else if (home.host !== host || home.port !== port) commands.disconnect(true);
    },
  });
  commands.on('connect', () => coalesceWrites(commands.stream));
  const close = (): void => {
    link.close();
    commands.disconnect();
  };

  try {
    await link.open();
    await untilConnected(link, 2 * probe.deadlineMs).catch(() => {
      throw new Error(link.obstacle);
    });
    const version = await requireVersion(commands, `The Redis ${place}`);
    return { commands, link, publisher: link, description: `Redis ${version}, ${place}`, close };
  } catch (error) {
    close();
    if (error instanceof TidingsError) throw error;
    throw new TidingsError(
      'UNAVAILABLE',
      `The Redis ${place} cannot be used: ${toReason(error as Error)}. Start it there or correct REDIS_URL.`,
    );
  }
}
