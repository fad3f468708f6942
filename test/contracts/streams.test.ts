// Runs the contract of streams on every set-up: everything in one process, and two nodes on Redis and PostgreSQL, by itself and
// behind a pooler.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryEngine } from '../../src/engines/memory/memory-engine.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import { openTestDatabase } from '../support/database.ts';
import { createEvents } from '../support/engine-follower.ts';
import { startPooler } from '../support/pgbouncer.ts';
import { startRedis } from '../support/redis.ts';
import { openStreamsNode, silent } from '../support/streams-nodes.ts';
import { streamsContract, type StreamsSetup } from './streams.contract.ts';

const shared = { logger: silent, events: createEvents() };

streamsContract('memory and PGlite, one node', {
  async open() {
    const dataDir = await mkdtemp(join(tmpdir(), 'tidings-data-'));
    const node = await openStreamsNode({
      databaseUrl: null,
      dataDir,
      openEngine: async () => openMemoryEngine(shared),
    });
    return {
      near: node,
      far: node,
      async [Symbol.asyncDispose]() {
        await node[Symbol.asyncDispose]();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
});

const distributed = (behindPooler: boolean): StreamsSetup => ({
  async open() {
    const shares = process.env['TIDINGS_TEST_REDIS_URL'];
    const own = shares === undefined ? await startRedis() : undefined;
    const database = await openTestDatabase();
    const pooler = behindPooler ? await startPooler({ databaseUrl: database.url }) : null;
    const open = () =>
      openStreamsNode({
        databaseUrl: pooler?.through(database.url) ?? database.url,
        ...(pooler === null ? {} : { databasePooling: 'transaction', databaseDirectUrl: database.url }),
        openEngine: (logId) => openRedisEngine({ url: shares ?? own?.url ?? '', logId, ...shared }),
      });
    const [near, far] = await Promise.all([open(), open()]);
    return {
      near,
      far,
      async [Symbol.asyncDispose]() {
        await Promise.all([near[Symbol.asyncDispose](), far[Symbol.asyncDispose]()]);
        await pooler?.[Symbol.asyncDispose]();
        await Promise.all([database.drop(), own?.stop()]);
      },
    };
  },
});

streamsContract('Redis and PostgreSQL, two nodes', distributed(false));
streamsContract('Redis and PostgreSQL behind a pooler in transaction mode, two nodes', distributed(true));
