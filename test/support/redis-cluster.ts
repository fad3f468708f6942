// A real Redis Cluster on free loopback ports, whose nodes a test may break, freeze, and let exchange slots.

import { vi } from 'vitest';
import { slotCount, toSlot } from '../../src/engines/redis/cluster-slots.ts';
import { findFreePort, type RedisServer, startRedis } from './redis.ts';

export interface RedisCluster extends AsyncDisposable {
  /** `redis+cluster://…`, by all of its nodes. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** The master that serves this key or channel, by what the masters say of themselves. */
  masterOf(key: string): Promise<RedisServer>;
  /** Gives the slot of this key or channel to another master with all that is in it, as `redis-cli --cluster reshard` does. */
  moveSlotOf(key: string, to: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

const masterCount = 3;

/** Resolves when every node takes part and every replica follows its master. */
export async function startRedisCluster({ replicas = false } = {}): Promise<RedisCluster> {
  const nodes = await startAll(masterCount * (replicas ? 2 : 1));
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('A Cluster has nodes.');
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));

  try {
    const masters = nodes.slice(0, masterCount);
    for (const [index, master] of masters.entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.ceil((part * slotCount) / masterCount));
      await master.command('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${Number(to) - 1}`);
      await master.command('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
    }
    for (const node of others) {
      const [, busPort] = (await node.command('CONFIG', 'GET', 'cluster-port')) as readonly string[];
      await first.command('CLUSTER', 'MEET', '127.0.0.1', `${node.port}`, String(busPort));
    }
    await eachSays(nodes, ['CLUSTER', 'INFO'], new RegExp(`cluster_known_nodes:${nodes.length}\\b`));
    const pairs = nodes.slice(masterCount).map((replica, index) => [replica, masters[index]] as const);
    for (const [replica, master] of pairs) {
      const id = String(await master?.command('CLUSTER', 'MYID'));
      await vi.waitFor(() => replica.command('CLUSTER', 'REPLICATE', id), patience);
    }
    await eachSays(nodes.slice(masterCount), ['INFO', 'replication'], /master_link_status:up/);
    await eachSays(nodes, ['CLUSTER', 'INFO'], /cluster_state:ok/);
    await vi.waitFor(async () => {
      for (const node of nodes) {
        const slots = (await node.command('CLUSTER', 'SLOTS')) as readonly (readonly unknown[])[];
        // First and last slot, the master, and its replica.
        const complete =
          slots.length === masterCount && slots.every((entry) => entry.length === (replicas ? 4 : 3));
        if (!complete) throw new Error('A node does not know all of the others yet.');
      }
    }, patience);
  } catch (error) {
    await stop();
    throw error;
  }

  const masterOf = async (key: string): Promise<RedisServer> => {
    for (const node of nodes) {
      const view = await node.command('CLUSTER', 'NODES').catch(() => '');
      const own = String(view)
        .split('\n')
        .find((line) => line.includes('myself,master'));
      const ranges = own?.trim().split(' ').slice(8) ?? [];
      const serves = ranges.some((range) => {
        const [from, to = from] = range.split('-').map(Number);
        return Number(from) <= toSlot(key) && toSlot(key) <= Number(to);
      });
      if (serves) return node;
    }
    throw new Error(`No node serves "${key}".`);
  };

  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    masterOf,
    async moveSlotOf(key, to) {
      const from = await masterOf(key);
      const slot = `${toSlot(key)}`;
      const [source, target] = await Promise.all([from, to].map((node) => node.command('CLUSTER', 'MYID')));
      await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(source));
      await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(target));
      for (;;) {
        const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100')) as readonly string[];
        if (keys.length === 0) break;
        await from.command('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys);
      }
      for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', String(target));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const patience = { timeout: 30_000, interval: 50 };

/** All of them, or none. */
async function startAll(count: number): Promise<readonly RedisServer[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, startNode));
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return nodes;
  await Promise.all(nodes.map((node) => node.stop()));
  throw failed.reason;
}

async function startNode(): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const busPort = await findFreePort();
    try {
      return await startNodeWith(busPort);
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (attempt === 3 || !String(error).includes('in use')) throw error;
    }
  }
}

async function startNodeWith(busPort: number): Promise<RedisServer> {
  return startRedis({
    settings: {
      'cluster-enabled': 'yes',
      'cluster-config-file': 'nodes.conf',
      'cluster-port': `${busPort}`,
      'cluster-node-timeout': '1500',
      'cluster-replica-validity-factor': '0',
      'repl-diskless-sync-delay': '0',
      // A replica counts once it has been told something.
      'repl-ping-replica-period': '1',
    },
  });
}

async function eachSays(
  nodes: readonly RedisServer[],
  [name, ...parameters]: readonly [string, ...string[]],
  expected: RegExp,
): Promise<void> {
  await vi.waitFor(async () => {
    for (const node of nodes) {
      const said = String(await node.command(name, ...parameters));
      if (!expected.test(said))
        throw new Error(`A node says after ${name} ${parameters.join(' ')}:\n${said}`);
    }
  }, patience);
}
