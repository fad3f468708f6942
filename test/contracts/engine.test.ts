// Runs the engine contract on every engine.

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { openMemoryEngine } from '../../src/engines/memory/memory-engine.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import { createEvents } from '../support/engine-follower.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { startWatchedRedis, type WatchedRedis } from '../support/redis-sentinel.ts';
import { engineContract, type EngineSetup } from './engine.contract.ts';

const logger = pino({ level: 'silent' });

engineContract('memory', {
  kind: 'memory',
  abilities: { manyNodes: false },
  async open() {
    const events = createEvents();
    const node = { engine: openMemoryEngine({ logger, events }), events };
    return { near: node, far: node, [Symbol.asyncDispose]: () => node.engine.close() };
  },
});

let ownServer: RedisServer | undefined;
let redisUrl = process.env['TIDINGS_TEST_REDIS_URL'];
beforeAll(async () => {
  if (redisUrl === undefined) {
    ownServer = await startRedis();
    redisUrl = ownServer.url;
  }
});
afterAll(() => ownServer?.stop());

/** Two nodes of one log on the Redis at the address. */
const onRedis = (findUrl: () => string): EngineSetup => ({
  kind: 'redis',
  abilities: { manyNodes: true },
  async open() {
    const logId = randomUUID();
    const openNode = async () => {
      const events = createEvents();
      return { engine: await openRedisEngine({ url: findUrl(), logId, logger, events }), events };
    };
    const [near, far] = await Promise.all([openNode(), openNode()]);
    return {
      near,
      far,
      async [Symbol.asyncDispose]() {
        await Promise.all([near.engine.close(), far.engine.close()]);
      },
    };
  },
});

engineContract(
  'Redis',
  onRedis(() => redisUrl ?? ''),
);

describe('by Sentinel', () => {
  let watched: WatchedRedis | undefined;
  beforeAll(async () => void (watched = await startWatchedRedis()));
  afterAll(() => watched?.stop());
  engineContract(
    'Redis Sentinel',
    onRedis(() => watched?.url ?? ''),
  );
});

describe('as a Cluster', () => {
  let cluster: RedisCluster | undefined;
  beforeAll(async () => void (cluster = await startRedisCluster()));
  afterAll(() => cluster?.stop());
  engineContract(
    'Redis Cluster',
    onRedis(() => cluster?.url ?? ''),
  );
});
