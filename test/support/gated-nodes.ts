// Two nodes on a Redis and a database of the file's own, for tests of what is lost on the way from one to the other.
import { afterAll, beforeAll } from 'vitest';
import { openTestDatabase } from './database.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { startRedisGate, type RedisGate } from './redis-gate.ts';
import { startServer, type TestServer } from './server.ts';

export interface GatedNodes {
  /** What it publishes goes through the gate. */
  readonly near: TestServer;
  readonly far: TestServer;
  readonly gate: RedisGate;
  readonly redis: RedisServer;
  readonly databaseUrl: string;
}

/** What is lost is found after so long, in milliseconds. */
export const headCheckMs = 200;

/** Started before the first test of the file. */
export function useGatedNodes(env: Readonly<Record<string, string>> = {}): GatedNodes {
  let nodes: (GatedNodes & { drop(): Promise<void> }) | undefined;
  const open = () => {
    if (nodes === undefined) throw new Error('The nodes are not started yet.');
    return nodes;
  };
  beforeAll(async () => {
    const redis = await startRedis();
    const gate = await startRedisGate(redis.port);
    const { url, drop } = await openTestDatabase();
    const shared = { ...env, DATABASE_URL: url, HEAD_CHECK_MS: String(headCheckMs) };
    const near = await startServer({ env: { ...shared, REDIS_URL: gate.url } });
    const far = await startServer({ env: { ...shared, REDIS_URL: redis.url } });
    nodes = { near, far, gate, redis, databaseUrl: url, drop };
  }, 120_000);
  afterAll(async () => {
    if (nodes === undefined) return;
    const { near, far, gate, redis, drop } = nodes;
    await Promise.all([near.stop(), far.stop()]);
    await Promise.all([gate[Symbol.asyncDispose](), redis.stop(), drop()]);
  });
  return {
    get near() {
      return open().near;
    },
    get far() {
      return open().far;
    },
    get gate() {
      return open().gate;
    },
    get redis() {
      return open().redis;
    },
    get databaseUrl() {
      return open().databaseUrl;
    },
  };
}
