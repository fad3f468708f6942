// A real Redis with a replica, watched by three sentinels: a test may kill whichever is the master.

import { vi } from 'vitest';
import { type RedisServer, startRedis } from './redis.ts';

export interface WatchedRedis extends AsyncDisposable {
  /** `redis+sentinel://…/main`. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** Whom the sentinels name. */
  master(): Promise<RedisServer>;
  stop(): Promise<void>;
}

const masterName = 'main';
const patience = { timeout: 30_000, interval: 50 };

/** Resolves when the sentinels know each other and the replica, so that they can agree on a failover. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const first = await startRedis({ settings: { 'repl-diskless-sync-delay': '0' } });
  const second = await startRedis({
    settings: { 'repl-diskless-sync-delay': '0', replicaof: `127.0.0.1 ${first.port}` },
  });
  const servers = [first, second];
  const sentinels = await Promise.all(
    [1, 2, 3].map(() =>
      startRedis({
        sentinel: [
          `monitor ${masterName} 127.0.0.1 ${first.port} 2`,
          `down-after-milliseconds ${masterName} 1000`,
          `failover-timeout ${masterName} 5000`,
        ],
      }),
    ),
  );
  const all = [...servers, ...sentinels];
  const stop = async (): Promise<void> => void (await Promise.all(all.map((server) => server.stop())));

  try {
    await vi.waitFor(async () => {
      for (const sentinel of sentinels) {
        const told = (await sentinel.command('SENTINEL', 'MASTER', masterName)) as readonly string[];
        const field = (name: string): string | undefined => told[told.indexOf(name) + 1];
        if (field('num-slaves') !== '1' || field('num-other-sentinels') !== '2') {
          throw new Error('A sentinel does not know all of the others yet.');
        }
      }
      const replication = String(await second.command('INFO', 'replication'));
      if (!replication.includes('master_link_status:up')) throw new Error('The replica does not follow yet.');
    }, patience);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${masterName}`,
    servers,
    sentinels,
    async master() {
      const told = await sentinels[0]?.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName);
      const [, port] = (told ?? []) as readonly string[];
      const master = servers.find((server) => `${server.port}` === port);
      if (master === undefined) throw new Error('The sentinels name a server that nobody has started.');
      return master;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
