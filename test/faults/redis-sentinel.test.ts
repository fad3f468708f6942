// What breaks and heals between the nodes and a Redis whose master Sentinel names. What every Redis has in common is in
// redis-engine.test.ts.

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { LeaseTimings } from '../../src/engines/engine.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import {
  createEvents,
  createFollower,
  createPresenceFollower,
  eventually,
} from '../support/engine-follower.ts';
import { startRedis } from '../support/redis.ts';
import { startWatchedRedis, type WatchedRedis } from '../support/redis-sentinel.ts';

const logger = pino({ level: 'silent' });
const timings: LeaseTimings = { heartbeatMs: 100, deadAfterMs: 2_000, observeMs: 100 };
const unavailable = { code: 'UNAVAILABLE' };
const session = (userId: string, sessionId: string) => ({ place: 'acme', userId, sessionId });

async function openNode(options: { url: string; logId: string }) {
  const events = createEvents();
  const engine = await openRedisEngine({ logger, events, timings, ...options });
  return { engine, events, [Symbol.asyncDispose]: () => engine.close() };
}

test('opening says why no master was found and names REDIS_URL, never a password', async () => {
  await using watched = await startWatchedRedis();
  const options = { logId: 'log', logger, events: createEvents(), probe: { everyMs: 100, deadlineMs: 500 } };
  const open = (url: string) => openRedisEngine({ ...options, url });
  await expect(open(watched.url.replace('/main', '/unknown'))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /^Redis, master "unknown" by Sentinel at 127\.0\.0\.1:\d+, .* cannot be used: .*No such master with that name\. .*REDIS_URL/,
    ),
  });
  await expect(open(watched.url.replace('://', '://user:secret@'))).rejects.toThrow(/WRONGPASS.*REDIS_URL/);
  const refused = open('redis+sentinel://:secret@127.0.0.1:1/main?sentinelPassword=hunter2');
  await expect(refused).rejects.toThrow(
    /^Redis, master "main" by Sentinel at 127\.0\.0\.1:1, .*failed to connect to sentinel 127\.0\.0\.1:1.*REDIS_URL/,
  );
  await expect(refused).rejects.not.toThrow(/secret|hunter2/);
});

test('the description names the version, the master and the sentinels', async () => {
  await using watched = await startWatchedRedis();
  await using node = await openNode({ url: watched.url, logId: 'log' });
  expect(node.engine.description).toMatch(
    /^Redis \d+\.\d+\.\d+, master "main" by Sentinel at 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/,
  );
});

/** Both connections of both nodes end up at the new master, and nothing that was acknowledged is missing there. */
async function failOver(begin: (watched: WatchedRedis) => Promise<void>): Promise<void> {
  await using watched = await startWatchedRedis();
  const logId = randomUUID();
  await using near = await openNode({ url: watched.url, logId });
  await using far = await openNode({ url: watched.url, logId });
  const [follower, presence] = [createFollower(), createPresenceFollower()];
  await far.engine.broker.follow('channel', follower);
  await far.engine.presence.follow('acme', presence);
  await near.engine.presence.track(session('alice', '1'), 'live');
  const before = await watched.master();
  // The replica had not heard of it when it took over.
  const [replica] = watched.servers.filter((server) => server !== before);
  await eventually(async () => {
    await replica?.command('CONFIG', 'SET', 'replica-read-only', 'no');
    expect(await replica?.command('DEL', `tidings:{${logId}}:user:acme/alice`)).toBe(1);
  });

  await begin(watched);
  await eventually(() => expect(far.engine.broker.state).toBe('away'));
  const outcomes = await Promise.allSettled([
    far.engine.broker.follow('another', createFollower()),
    ...Array.from({ length: 50 }, () => far.engine.broker.publish('channel', 'lost?')),
  ]);
  // Not kept until it was back.
  expect(far.engine.broker.state).toBe('away');
  expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: unavailable });

  for (const { engine } of [near, far]) await eventually(() => expect(engine.broker.state).toBe('connected'));
  await eventually(async () => expect(await watched.master()).not.toBe(before));
  await eventually(() => near.engine.broker.publish('channel', 'after'));
  await eventually(() => expect(follower.messages.at(-1)).toBe('after'));
  expect(follower.restored).toBeGreaterThan(0);
  expect(presence.restored).toBeGreaterThan(0);
  await eventually(async () => {
    expect(await far.engine.presence.read('acme', ['alice'])).toMatchObject([{ live: 1 }]);
  });
  await eventually(() => far.engine.presence.track(session('bob', '2'), 'live'));
  await eventually(() => expect(presence.changes.at(-1)).toMatchObject({ userId: 'bob', live: 1 }));
  expect(await (await watched.master()).command('EXISTS', `tidings:{${logId}}:user:acme/bob`)).toBe(1);
  await expect(near.engine.check()).resolves.toBeUndefined();
}

test('the master is killed: all heals at the new one', { timeout: 60_000 }, () =>
  failOver(async (watched) => (await watched.master()).kill()),
);

test(
  'the master is replaced as planned and lives on as a replica: nobody writes to it',
  { timeout: 60_000 },
  () => failOver(async ({ sentinels }) => void (await sentinels[0]?.command('SENTINEL', 'FAILOVER', 'main'))),
);

test('a master that has become a replica is left: READONLY is told as UNAVAILABLE, and the connection made anew', async () => {
  await using redis = await startRedis();
  await using other = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  const connection = async (): Promise<string | undefined> => {
    const clients = String(await redis.command('CLIENT', 'LIST'));
    return /^id=(\d+) .*name=tidings-commands/m.exec(clients)?.[1];
  };
  const before = await connection();
  expect(before).toBeDefined();
  await redis.command('REPLICAOF', '127.0.0.1', `${other.port}`);
  await expect(node.engine.expiring.put('set', 'member', 60_000)).rejects.toMatchObject(unavailable);
  await eventually(async () => expect([undefined, before]).not.toContain(await connection()));
  await redis.command('REPLICAOF', 'NO', 'ONE');
  await eventually(() => node.engine.expiring.put('set', 'member', 60_000));
});
