// What breaks and heals between the nodes and Redis. Every test has a Redis of its own, which it may break.

import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import type { Engine, LeaseTimings } from '../../src/engines/engine.ts';
import type { ProbeTimings } from '../../src/engines/redis/redis-connections.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import { startEngineChild } from '../support/engine-child.ts';
import {
  createEvents,
  createFollower,
  createPresenceFollower,
  eventually,
  readOne,
  type RecordingEvents,
} from '../support/engine-follower.ts';
import { startRedis } from '../support/redis.ts';

const logger = pino({ level: 'silent' });
// Wide enough apart for a busy machine that a living node is never taken for a dead one.
const timings: LeaseTimings = { heartbeatMs: 50, deadAfterMs: 600, observeMs: 25 };
const unavailable = { code: 'UNAVAILABLE' };
const session = (userId: string, sessionId: string) => ({ place: 'acme', userId, sessionId });
const busy = { status: 'BUSY', activity: null, setAt: '2026-11-21T10:00:00.000Z' } as const;

interface Node extends AsyncDisposable {
  readonly engine: Engine;
  readonly events: RecordingEvents;
}

async function openNode(options: { url: string; logId: string; probe?: ProbeTimings }): Promise<Node> {
  const events = createEvents();
  const engine = await openRedisEngine({ logger, events, timings, ...options });
  return { engine, events, [Symbol.asyncDispose]: () => engine.close() };
}

test('opening says which address did not answer and names REDIS_URL, never the password', async () => {
  await using redis = await startRedis();
  const options = { logId: 'log', logger, events: createEvents() };
  await expect(
    openRedisEngine({ ...options, url: `redis://user:secret@127.0.0.1:${redis.port}` }),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ .*WRONGPASS.*REDIS_URL/),
  });
  await redis.stop();
  const refused = openRedisEngine({ ...options, url: `redis://user:secret@127.0.0.1:${redis.port}` });
  await expect(refused).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ .*ECONNREFUSED.*REDIS_URL/),
  });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  await expect(openRedisEngine({ ...options, url: 'http://elsewhere' })).rejects.toThrow(/REDIS_URL/);
});

test('the description names the version and the address', async () => {
  await using redis = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  expect(node.engine.description).toMatch(
    new RegExp(`^Redis \\d+\\.\\d+\\.\\d+ at 127\\.0\\.0\\.1:${redis.port}$`),
  );
});

test('while Redis is away everything is rejected at once, and nothing is kept for later', async () => {
  await using redis = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  const { broker, presence, expiring } = node.engine;
  const follower = createFollower();
  await broker.follow('channel', follower);
  await redis.stop();
  await eventually(() => expect(broker.state).toBe('away'));

  const startedAt = performance.now();
  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 100 }, () => broker.publish('channel', 'lost')),
    broker.follow('another', createFollower()),
    broker.follow('channel', createFollower()),
    presence.follow('acme', createPresenceFollower()),
    presence.read('acme', ['alice']),
    presence.listOnline('acme', { after: null, limit: 1 }),
    presence.set('acme', 'alice', busy),
    expiring.put('set', 'member', 1_000),
    expiring.list('set'),
    node.engine.check(),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });

  await redis.start();
  await eventually(() => expect(follower.restored).toBe(1));
  await broker.publish('channel', 'heard');
  await eventually(() => expect(follower.messages).toEqual(['heard']));
  await expect(node.engine.check()).resolves.toBeUndefined();
});

test('after a restart followers are told once listening is in force: what they publish at once arrives', async () => {
  await using redis = await startRedis();
  await using near = await openNode({ url: redis.url, logId: 'log' });
  await using far = await openNode({ url: redis.url, logId: 'log' });
  const states: string[] = [];
  near.engine.broker.onStateChange((state) => states.push(state));
  const heard: string[] = [];
  const stateWhenRestored: string[] = [];
  const channels = Array.from({ length: 1_200 }, (_, index) => `channel ${index}`);
  for (const channel of channels) {
    await near.engine.broker.follow(channel, {
      onMessage: (message) => heard.push(message),
      onRestored() {
        stateWhenRestored.push(near.engine.broker.state);
        void near.engine.broker.publish(channel, channel);
      },
    });
  }
  await redis.restart();
  await eventually(() => expect(heard).toHaveLength(channels.length));
  expect(new Set(heard)).toEqual(new Set(channels));
  expect(new Set(stateWhenRestored)).toEqual(new Set(['connected']));
  expect(states).toEqual(['away', 'connected']);
  await eventually(() => expect(far.engine.broker.state).toBe('connected'));
});

test('a cut subscriber connection is noticed and mended; unfollowed channels do not come back', async () => {
  await using redis = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  const { broker } = node.engine;
  const [staying, ended] = [createFollower(), createFollower()];
  await broker.follow('staying', staying);
  const following = await broker.follow('ended', ended);
  for (let round = 1; round <= 3; round += 1) {
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(staying.restored).toBe(round));
    await broker.publish('staying', `${round}`);
    await eventually(() => expect(staying.messages).toContain(`${round}`));
  }
  await following.unfollow();
  await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(staying.restored).toBe(4));
  expect(ended.restored).toBe(3);
  expect(await redis.command('PUBSUB', 'CHANNELS')).toEqual(['tidings:{log}:channel:staying']);
});

test('following while connections are cut again and again either rejects or hears', async () => {
  await using redis = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  await using far = await openNode({ url: redis.url, logId: 'log' });
  const { broker } = node.engine;
  for (let round = 0; round < 30; round += 1) {
    const channel = `channel ${round % 3}`;
    const follower = createFollower();
    const cut = redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const outcomes = await Promise.allSettled([
      broker.follow(channel, follower),
      broker.follow(channel, createFollower()),
    ]);
    await cut;
    await eventually(() => expect(broker.state).toBe('connected'));
    const [first] = outcomes;
    if (first.status === 'rejected') {
      expect(first.reason).toMatchObject(unavailable);
    } else {
      await eventually(async () => {
        // The cut itself may only now be noticed: then what was published before onRestored is lost, as promised.
        await far.engine.broker.publish(channel, 'hello').catch(() => undefined);
        expect(follower.messages.length).toBeGreaterThan(0);
      });
    }
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') void outcome.value.unfollow();
  }
  const last = createFollower();
  await eventually(() => broker.follow('channel 0', last));
  await broker.publish('channel 0', 'at last');
  await eventually(() => expect(last.messages).toContain('at last'));
});

test('a Redis that freezes is noticed by its silence, and followers are told when it answers again', async () => {
  await using redis = await startRedis();
  await using node = await openNode({
    url: redis.url,
    logId: 'log',
    probe: { everyMs: 100, deadlineMs: 400 },
  });
  const follower = createFollower();
  await node.engine.broker.follow('channel', follower);
  redis.pause();
  const pending = node.engine.broker.follow('another', createFollower());
  await expect(pending).rejects.toMatchObject(unavailable);
  await eventually(() => expect(node.engine.broker.state).toBe('away'));
  await expect(node.engine.broker.publish('channel', 'lost')).rejects.toMatchObject(unavailable);
  redis.resume();
  await eventually(() => expect(follower.restored).toBe(1));
  await node.engine.broker.publish('channel', 'heard');
  await eventually(() => expect(follower.messages).toContain('heard'));
});

test('a window that Redis does not count is granted once, whether it is away then or silent', async () => {
  await using redis = await startRedis();
  await using node = await openNode({ url: redis.url, logId: 'log' });
  const take = async () =>
    (await node.engine.rates.take('someone', 5, { points: 5, windowSeconds: 600 })).granted;
  await redis.kill();
  await eventually(() => expect(node.engine.broker.state).toBe('away'));
  expect([await take(), await take()]).toEqual([5, 0]);
  await redis.start();
  await eventually(() => expect(node.engine.broker.state).toBe('connected'));
  redis.pause();
  expect(await take()).toBe(0);
  redis.resume();
});

test('a refused SUBSCRIBE rejects, the process lives, and following works once it is allowed', async () => {
  await using redis = await startRedis();
  const allow = (...rules: string[]) => redis.command('ACL', 'SETUSER', 'narrow', ...rules);
  await allow('on', '>secret', '~*', '+@all', 'resetchannels', '&tidings:{log}:channel:allowed');
  await using node = await openNode({ url: `redis://narrow:secret@127.0.0.1:${redis.port}`, logId: 'log' });
  const { broker } = node.engine;
  const follower = createFollower();
  const refused = await Promise.allSettled([
    broker.follow('forbidden', follower),
    broker.follow('forbidden', follower),
    broker.publish('forbidden', 'message'),
  ]);
  for (const outcome of refused) expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
  const allowed = createFollower();
  await broker.follow('allowed', allowed);
  await allow('&tidings:{log}:channel:forbidden');
  await broker.follow('forbidden', follower);
  await broker.publish('forbidden', 'heard');
  await eventually(() => expect(follower.messages).toEqual(['heard']));

  // Refused again after a reconnect: away until it is allowed, and the process lives.
  await allow('resetchannels', '&tidings:{log}:channel:allowed');
  await eventually(() => expect(broker.state).toBe('away'));
  await allow('&tidings:{log}:channel:forbidden');
  await eventually(() => expect(follower.restored).toBe(1));
  expect(allowed.restored).toBe(1);
});

test('a killed node takes its sessions with it; exactly one of the others says who is gone', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using first = await openNode({ url: redis.url, logId });
  await using second = await openNode({ url: redis.url, logId });
  await using third = await openNode({ url: redis.url, logId });
  await using child = await startEngineChild({ url: redis.url, logId, timings });
  const follower = createPresenceFollower();
  await first.engine.presence.follow('acme', follower);
  await child.track(session('alice', '1'));
  await child.track(session('bob', '2'));
  await second.engine.presence.track(session('bob', '3'), 'live');
  await child.kill();

  await eventually(async () => {
    expect(await readOne(first.engine, 'acme', 'alice')).toMatchObject({ version: 0, live: 0 });
  });
  await eventually(() => expect(follower.changes).toHaveLength(5));
  expect(follower.changes.filter(({ userId }) => userId === 'alice').map(({ live }) => live)).toEqual([1, 0]);
  expect(await readOne(first.engine, 'acme', 'bob')).toMatchObject({ live: 1 });
  const gone = [first, second, third].flatMap(({ events }) => events.gone);
  expect(gone).toEqual(['acme/alice']);
  await eventually(async () => expect(await leasesOf(redis, logId)).toHaveLength(3));
});

test('a frozen node loses its sessions and registers them anew when it thaws, settings too', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using node = await openNode({ url: redis.url, logId });
  await using child = await startEngineChild({ url: redis.url, logId, timings });
  await child.track(session('alice', '1'));
  await child.set(session('alice', '1'), busy);
  child.freeze();
  await eventually(() => expect(node.events.gone).toEqual(['acme/alice']));
  expect(await readOne(node.engine, 'acme', 'alice')).toMatchObject({ version: 0, setting: null });
  child.thaw();
  await eventually(async () => {
    expect(await readOne(node.engine, 'acme', 'alice')).toMatchObject({ live: 1, setting: busy });
  });
  expect(child.gone).toEqual([]);
  expect(node.events.gone).toEqual(['acme/alice']);
  await eventually(async () => expect(await leasesOf(redis, logId)).toHaveLength(2));
});

test('clocks that jump by minutes, back and forth, cost nobody anything; a killed node is noticed all the same', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using first = await openNode({ url: redis.url, logId });
  await using second = await openNode({ url: redis.url, logId });
  await using child = await startEngineChild({ url: redis.url, logId, timings });
  await child.track(session('alice', '1'));
  await first.engine.presence.track(session('bob', '2'), 'live');
  const leases = await leasesOf(redis, logId);
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const began = Date.now();
    // For longer than a lease that stands still would live.
    for (let jump = 1; jump <= 20; jump += 1) {
      vi.setSystemTime(began + (jump % 2 === 0 ? -1 : 1) * jump * 60_000);
      const counters = await countersOf(redis, logId);
      await eventually(async () => expect(await countersOf(redis, logId)).not.toEqual(counters));
    }
    expect(await leasesOf(redis, logId)).toEqual(leases);
    expect([...first.events.gone, ...second.events.gone]).toEqual([]);
    await child.kill();
    await eventually(() => expect([...first.events.gone, ...second.events.gone]).toEqual(['acme/alice']));
  } finally {
    vi.useRealTimers();
  }
});

test('no script in Redis asks for its time', async () => {
  const folder = new URL('../../src/engines/redis/', import.meta.url);
  const scripts = (await readdir(folder)).filter((name) => /^(lease|presence)-.*\.lua$/.test(name));
  expect(scripts.length).toBeGreaterThan(5);
  for (const name of scripts) {
    expect(await readFile(new URL(name, folder), 'utf8')).not.toMatch(/'(TIME|P?EXPIRE(AT)?|SET)'/i);
  }
});

test('a node with many sessions is removed in batches, and comes back in batches', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using node = await openNode({ url: redis.url, logId });
  await using child = await startEngineChild({ url: redis.url, logId, timings });
  const count = 2_600;
  const users = Array.from({ length: count }, (_, index) => `user-${index}`);
  await Promise.all(users.map((userId) => child.track(session(userId, userId))));
  const total = async () => (await node.engine.presence.listOnline('acme', { after: null, limit: 1 })).total;
  expect(await total()).toBe(count);
  child.freeze();
  await eventually(() => expect(node.events.gone).toHaveLength(count));
  expect(new Set(node.events.gone).size).toBe(count);
  expect(await total()).toBe(0);
  child.thaw();
  await eventually(async () => expect(await total()).toBe(count));
});

test('a Redis that lost everything is filled again: sessions, phases, settings', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using near = await openNode({ url: redis.url, logId });
  await using far = await openNode({ url: redis.url, logId });
  const follower = createPresenceFollower();
  await far.engine.presence.follow('acme', follower);
  await near.engine.presence.track(session('alice', '1'), 'live');
  await near.engine.presence.track(session('alice', '2'), 'live');
  await near.engine.presence.track(session('alice', '2'), 'leaving');
  await far.engine.presence.track(session('bob', '3'), 'live');
  // Heard of by the node that follows and has bob's session, set through the other.
  await near.engine.presence.set('acme', 'bob', { ...busy, status: 'OFFLINE' });
  await near.engine.presence.set('acme', 'alice', busy);
  await eventually(() => expect(follower.changes).toHaveLength(6));

  await redis.restart();
  await eventually(async () => {
    const states = await near.engine.presence.read('acme', ['alice', 'bob']);
    expect(states).toMatchObject([
      { live: 1, leaving: 1, setting: busy },
      { live: 1, leaving: 0, setting: { ...busy, status: 'OFFLINE' } },
    ]);
  });
  await eventually(() => expect(follower.restored).toBe(1));
  expect((await far.engine.presence.listOnline('acme', { after: null, limit: 9 })).userIds).toEqual([
    'alice',
  ]);
  expect([...near.events.gone, ...far.events.gone]).toEqual([]);
});

test('what was tracked and untracked while Redis was away is put right when it is back', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using near = await openNode({ url: redis.url, logId, probe: { everyMs: 100, deadlineMs: 150 } });
  await near.engine.presence.track(session('ending', '1'), 'live');
  await near.engine.presence.track(session('staying', '2'), 'live');
  // Frozen and not restarted: what it holds is not lost but out of date.
  redis.pause();
  await eventually(() => expect(near.engine.broker.state).toBe('away'));
  await expect(near.engine.presence.untrack(session('ending', '1'))).rejects.toMatchObject(unavailable);
  await expect(near.engine.presence.track(session('coming', '3'), 'live')).rejects.toMatchObject(unavailable);
  redis.resume();
  await eventually(async () => {
    const page = await near.engine.presence.listOnline('acme', { after: null, limit: 9 });
    expect(page.userIds).toEqual(['coming', 'staying']);
  });
  await eventually(() => expect(near.events.gone).toEqual(['acme/ending']));
});

test('nothing of a user stays in Redis after the last session', async () => {
  await using redis = await startRedis();
  const logId = randomUUID();
  await using node = await openNode({ url: redis.url, logId });
  await node.engine.presence.track(session('alice', '1'), 'live');
  await node.engine.presence.set('acme', 'alice', busy);
  await node.engine.presence.untrack(session('alice', '1'));
  const prefix = `tidings:{${logId}}:`;
  const keys = (await redis.command('KEYS', '*')) as string[];
  // That this Redis is new is said by a key that lapses by itself.
  const staying = keys.filter((key) => key !== `${prefix}young`);
  expect(new Set(staying)).toEqual(new Set([`${prefix}leases`, `${prefix}version`]));
  expect(Number(await redis.command('PTTL', `${prefix}young`))).not.toBe(-1);
});

/** How far each lease has been advanced. */
const countersOf = (
  redis: { command(name: string, ...parameters: string[]): Promise<unknown> },
  logId: string,
): Promise<unknown> => redis.command('HVALS', `tidings:{${logId}}:leases`);

async function leasesOf(
  redis: { command(name: string, ...parameters: string[]): Promise<unknown> },
  logId: string,
): Promise<string[]> {
  return (await redis.command('HKEYS', `tidings:{${logId}}:leases`)) as string[];
}
