// What breaks and heals between the nodes and a Redis Cluster. What every Redis has in common is in redis-engine.test.ts.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Engine, LeaseTimings } from '../../src/engines/engine.ts';
import { toSlot } from '../../src/engines/redis/cluster-slots.ts';
import type { ProbeTimings } from '../../src/engines/redis/redis-connections.ts';
import { examineRedis } from '../../src/engines/redis/examine-redis.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import {
  createEvents,
  createFollower,
  createPresenceFollower,
  eventually,
  type RecordingFollower,
} from '../support/engine-follower.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const logger = pino({ level: 'silent' });
const timings: LeaseTimings = { heartbeatMs: 100, deadAfterMs: 2_000, observeMs: 100 };
const unavailable = { code: 'UNAVAILABLE' };
const session = (userId: string, sessionId: string) => ({ place: 'acme', userId, sessionId });
const busy = { status: 'BUSY', activity: null, setAt: '2026-11-21T10:00:00.000Z' } as const;

async function openNode(options: { url: string; logId: string; probe?: ProbeTimings }) {
  const events = createEvents();
  const engine = await openRedisEngine({ logger, events, timings, ...options });
  return { engine, events, [Symbol.asyncDispose]: () => engine.close() };
}

/** As a topic's channel is called within a Cluster. */
const channelOf = (logId: string, name: string): string => `tidings:${logId}:channel:{${name}}`;

const names = Array.from({ length: 60 }, (_, index) => `acme/order/${index}`);

/** Of topics whose slots are all over the Cluster. */
async function followAll({ broker }: Engine): Promise<ReadonlyMap<string, RecordingFollower>> {
  const followers = new Map(names.map((name) => [name, createFollower()]));
  for (const [name, follower] of followers) await broker.follow(name, follower);
  return followers;
}

/** Publishes on every channel until it is heard, which must be at once where nothing is broken. */
async function expectHeard(
  { broker }: Engine,
  followers: ReadonlyMap<string, RecordingFollower>,
  message: string,
) {
  await Promise.all(names.map((name) => broker.publish(name, message)));
  for (const { messages } of followers.values())
    await eventually(() => expect(messages.at(-1)).toBe(message));
}

test('opening says which addresses do not answer, or are no Cluster, and names REDIS_URL, never the password', async () => {
  await using redis = await startRedis();
  const options = { logId: 'log', logger, events: createEvents() };
  const noCluster = openRedisEngine({ ...options, url: `redis+cluster://127.0.0.1:${redis.port}` });
  await expect(noCluster).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /^The Redis Cluster at 127\.0\.0\.1:\d+ cannot be used: .*cluster support disabled.*REDIS_URL/,
    ),
  });
  const url = `redis+cluster://user:secret@127.0.0.1:${redis.port}`;
  await expect(openRedisEngine({ ...options, url })).rejects.toThrow(/WRONGPASS/);
  await redis.stop();
  const refused = openRedisEngine({ ...options, url });
  await expect(refused).rejects.toThrow(/^The Redis Cluster at 127\.0\.0\.1:\d+ .*ECONNREFUSED.*REDIS_URL/);
  await expect(refused).rejects.not.toThrow('secret');
});

test('opening says which announced address can not be reached, and that slots are missing', async () => {
  await using cluster = await startRedisCluster();
  const [first, second, third] = cluster.nodes as [RedisServer, RedisServer, RedisServer];
  const probe = { everyMs: 100, deadlineMs: 500 };
  const open = () =>
    openRedisEngine({ url: cluster.url, logId: 'log', logger, events: createEvents(), probe });
  await second.command('CONFIG', 'SET', 'cluster-announce-port', '1');
  await eventually(async () => {
    for (const node of [first, third])
      expect(String(await node.command('CLUSTER', 'NODES'))).toContain('127.0.0.1:1@');
  });
  await expect(open()).rejects.toThrow(
    /its nodes say that 127\.0\.0\.1:1 serve slots, but nobody answers there\. /,
  );
  await second.command('CONFIG', 'SET', 'cluster-announce-port', '0');
  for (const node of cluster.nodes)
    await node.command('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
  await first.command('CLUSTER', 'DELSLOTS', '0');
  await eventually(() => expect(open()).rejects.toThrow('not every slot is served'));
});

test('the channels of topics are spread over the masters, and whatever a log keeps is on one', async () => {
  await using cluster = await startRedisCluster();
  const logId = randomUUID();
  await using node = await openNode({ url: cluster.url, logId });
  expect(node.engine.description).toMatch(/^Redis \d+\.\d+\.\d+, Cluster at 127\.0\.0\.1:\d+, /);
  expect(node.engine.kind).toBe('redis');
  const followers = await followAll(node.engine);
  await node.engine.presence.follow('acme', createPresenceFollower());
  await node.engine.presence.track(session('alice', '1'), 'live');
  await node.engine.expiring.put('set', 'member', 60_000);
  await expectHeard(node.engine, followers, 'spread');

  const home = await cluster.masterOf(`{${logId}}`);
  for (const master of cluster.nodes) {
    const channels = (await master.command('PUBSUB', 'SHARDCHANNELS')) as string[];
    expect(channels.filter((name) => name.includes(':channel:')).length).toBeGreaterThan(5);
    expect(channels.some((name) => name.includes(':presence:'))).toBe(master === home);
    expect(((await master.command('KEYS', '*')) as string[]).length > 0).toBe(master === home);
    expect(await master.command('PUBSUB', 'CHANNELS')).toEqual([]);
  }
  const channel = channelOf(logId, 'acme/order/1');
  expect(toSlot(channel)).toBe(toSlot('acme/order/1'));
  expect(await home.command('CLUSTER', 'KEYSLOT', channel)).toBe(toSlot(channel));
});

/** Kills one master while nodes follow, publish and have sessions; its replica takes over. */
async function failOver(find: (cluster: RedisCluster, logId: string) => Promise<RedisServer>): Promise<void> {
  await using cluster = await startRedisCluster({ replicas: true });
  const logId = randomUUID();
  await using near = await openNode({ url: cluster.url, logId });
  await using far = await openNode({ url: cluster.url, logId });
  const followers = await followAll(far.engine);
  const presence = createPresenceFollower();
  await far.engine.presence.follow('acme', presence);
  await near.engine.presence.track(session('alice', '1'), 'live');
  await near.engine.presence.set('acme', 'alice', busy);
  await expectHeard(near.engine, followers, 'before');
  const states: string[] = [];
  far.engine.broker.onStateChange((state) => states.push(state));

  await (await find(cluster, logId)).kill();
  await eventually(() => expect(far.engine.broker.state).toBe('away'));
  await expect(far.engine.broker.follow('another', createFollower())).rejects.toMatchObject(unavailable);
  const outcomes = await Promise.allSettled(names.map((name) => near.engine.broker.publish(name, 'lost?')));
  // The other masters go on; nothing is queued for the one that is dead.
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(unavailable);
  }

  for (const { engine } of [near, far]) {
    await eventually(() => expect(engine.broker.state).toBe('connected'));
  }
  for (const follower of followers.values()) expect(follower.restored).toBeGreaterThan(0);
  expect(presence.restored).toBeGreaterThan(0);
  expect(states[0]).toBe('away');
  await expectHeard(near.engine, followers, 'after');
  for (const follower of followers.values())
    expect(follower.messages.filter((one) => one === 'after')).toHaveLength(1);

  await eventually(async () => {
    expect(await far.engine.presence.read('acme', ['alice'])).toMatchObject([{ live: 1, setting: busy }]);
  });
  await far.engine.presence.track(session('bob', '2'), 'live');
  await eventually(() => expect(presence.changes.at(-1)).toMatchObject({ userId: 'bob', live: 1 }));
  await near.engine.presence.untrack(session('alice', '1'));
  await eventually(() => expect(presence.changes.at(-1)).toMatchObject({ userId: 'alice', live: 0 }));
  expect([...near.events.gone, ...far.events.gone]).toEqual(['acme/alice']);
  await expect(near.engine.check()).resolves.toBeUndefined();
}

test('the master of the keys is killed and its replica takes over: all heals', { timeout: 60_000 }, () =>
  failOver((cluster, logId) => cluster.masterOf(`{${logId}}`)),
);

test('another master is killed and its replica takes over: all heals', { timeout: 60_000 }, () =>
  failOver(async (cluster, logId) => {
    const home = await cluster.masterOf(`{${logId}}`);
    const master = cluster.nodes.slice(0, 3).find((node) => node !== home);
    return master ?? home;
  }),
);

test(
  'a master that froze and was replaced is heard no more, and does no harm when it thaws',
  { timeout: 60_000 },
  async () => {
    await using cluster = await startRedisCluster({ replicas: true });
    const logId = randomUUID();
    const probe = { everyMs: 200, deadlineMs: 5_000 };
    await using node = await openNode({ url: cluster.url, logId, probe });
    const followers = await followAll(node.engine);
    const frozen = await cluster.masterOf('acme/order/0');
    frozen.pause();
    await eventually(() => expect(node.engine.broker.state).toBe('away'));
    await eventually(() => expect(node.engine.broker.state).toBe('connected'));
    await expectHeard(node.engine, followers, 'without it');
    frozen.resume();
    await eventually(async () => expect(String(await frozen.command('ROLE'))).toContain('slave'));
    await expectHeard(node.engine, followers, 'with it');
    expect(followers.get('acme/order/0')?.messages.slice(-2)).toEqual(['without it', 'with it']);
  },
);

test('a slot that moves takes its channels along: followers are told, and hear what is published from then on', async () => {
  await using cluster = await startRedisCluster();
  const logId = randomUUID();
  // So that nobody happens to ask in time: it is the server that says so.
  const probe = { everyMs: 3_600_000, deadlineMs: 5_000 };
  await using near = await openNode({ url: cluster.url, logId, probe });
  await using far = await openNode({ url: cluster.url, logId, probe });
  const followers = await followAll(far.engine);
  const [name] = names as [string];
  const follower = followers.get(name);
  for (let move = 1; move <= 3; move += 1) {
    const from = await cluster.masterOf(name);
    const to = cluster.nodes.find((node) => node !== from)!;
    await cluster.moveSlotOf(name, to);
    await eventually(() => expect(follower?.restored).toBe(move));
    // The other node may still ask the old master, once.
    await eventually(() => near.engine.broker.publish(name, `move ${move}`));
    await eventually(() => expect(follower?.messages.at(-1)).toBe(`move ${move}`));
    expect(await to.command('PUBSUB', 'SHARDNUMSUB', channelOf(logId, name))).toEqual([
      channelOf(logId, name),
      1,
    ]);
    expect(await from.command('PUBSUB', 'SHARDNUMSUB', channelOf(logId, name))).toEqual([
      channelOf(logId, name),
      0,
    ]);
  }
  await eventually(() => expectHeard(near.engine, followers, 'all'));
});

test('the slot of the keys moves while sessions come and go: presence is right afterwards', async () => {
  await using cluster = await startRedisCluster();
  const logId = randomUUID();
  await using near = await openNode({ url: cluster.url, logId });
  await using far = await openNode({ url: cluster.url, logId });
  const follower = createPresenceFollower();
  await far.engine.presence.follow('acme', follower);
  const users = Array.from({ length: 150 }, (_, index) => `user-${String(index).padStart(3, '0')}`);
  await Promise.all(users.map((userId) => near.engine.presence.track(session(userId, userId), 'live')));

  const home = await cluster.masterOf(`{${logId}}`);
  const moved = cluster.moveSlotOf(
    `{${logId}}`,
    cluster.nodes.find((node) => node !== home)!,
  );
  // What is refused meanwhile is carried out afterwards.
  await Promise.allSettled(
    users.slice(0, 50).map((userId) => near.engine.presence.untrack(session(userId, userId))),
  );
  await moved;
  const online = async () =>
    (await far.engine.presence.listOnline('acme', { after: null, limit: 500 })).userIds;
  await eventually(async () => expect(await online()).toEqual(users.slice(50)));
  // A node learns of the move by a command that is refused, and this may be its first one.
  await eventually(() => near.engine.presence.track(session('zoe', 'zoe'), 'live'));
  await eventually(() => expect(follower.changes.at(-1)).toMatchObject({ userId: 'zoe' }));
  expect(follower.restored).toBeGreaterThan(0);
});

test('a cut connection to one master is noticed and mended; unfollowed channels do not come back', async () => {
  await using cluster = await startRedisCluster();
  const logId = randomUUID();
  await using node = await openNode({ url: cluster.url, logId });
  const followers = await followAll(node.engine);
  const ended = createFollower();
  const following = await node.engine.broker.follow('acme/order/ended', ended);
  await following.unfollow();
  const left = channelOf(logId, 'acme/order/ended');
  const listening = async (master: RedisServer) =>
    (await master.command('PUBSUB', 'SHARDCHANNELS')) as string[];
  for (const master of cluster.nodes)
    await eventually(async () => expect(await listening(master)).not.toContain(left));
  for (const [index, master] of cluster.nodes.entries()) {
    await master.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for (const follower of followers.values())
      await eventually(() => expect(follower.restored).toBe(index + 1));
    await expectHeard(node.engine, followers, `cut ${index}`);
  }
  expect(ended).toMatchObject({ messages: [], restored: 0 });
  for (const master of cluster.nodes) expect(await listening(master)).not.toContain(left);
});

test('a refused SSUBSCRIBE rejects, the process lives, and following works once it is allowed', async () => {
  await using cluster = await startRedisCluster();
  const logId = randomUUID();
  const allow = (...rules: string[]) =>
    Promise.all(cluster.nodes.map((node) => node.command('ACL', 'SETUSER', 'narrow', ...rules)));
  const [allowed, forbidden] = [channelOf(logId, 'allowed'), channelOf(logId, 'forbidden')];
  await allow('on', '>secret', '~*', '+@all', 'resetchannels', `&${allowed}`);
  await using node = await openNode({ url: cluster.url.replace('://', '://narrow:secret@'), logId });
  const { broker } = node.engine;
  const follower = createFollower();
  for (const refused of await Promise.allSettled([
    broker.follow('forbidden', follower),
    broker.publish('forbidden', 'message'),
  ])) {
    expect(refused).toMatchObject({ status: 'rejected', reason: unavailable });
  }
  await broker.follow('allowed', createFollower());
  await allow(`&${forbidden}`);
  await broker.follow('forbidden', follower);
  await broker.publish('forbidden', 'heard');
  await eventually(() => expect(follower.messages).toEqual(['heard']));
  // Redis ends the connection of whoever listens to what is now forbidden, and refuses it afterwards.
  await allow('resetchannels', `&${allowed}`);
  await eventually(() => expect(broker.state).toBe('away'));
  await allow(`&${forbidden}`);
  await eventually(() => expect(follower.restored).toBe(1));
});

test('the rules that the documentation names are enough', async () => {
  await using cluster = await startRedisCluster();
  const documentation = await readFile(new URL('../../docs/redis.md', import.meta.url), 'utf8');
  const [, rules = ''] = /^user tidings (.*)$/m.exec(documentation) ?? [];
  expect(rules).toContain('>password');
  for (const node of cluster.nodes) await node.command('ACL', 'SETUSER', 'tidings', ...rules.split(' '));
  const logId = randomUUID();
  await using node = await openNode({ url: cluster.url.replace('://', '://tidings:password@'), logId });
  const { presence, rooms, expiring, nodes } = node.engine;
  const follower = createPresenceFollower();
  await presence.follow('acme', follower);
  await expectHeard(node.engine, await followAll(node.engine), 'allowed');
  await presence.track(session('alice', '1'), 'live');
  await rooms.track(session('alice', '2'), 'live');
  await presence.set('acme', 'alice', busy);
  expect(await presence.listOnline('acme', { after: null, limit: 9 })).toMatchObject({ total: 1 });
  expect(await rooms.listOnline('acme', { after: null, limit: 9 })).toMatchObject({ total: 1 });
  expect(await presence.count()).toBe(1);
  await expiring.put('set', 'member', 60_000);
  expect(await expiring.list('set')).toMatchObject([{ member: 'member' }]);
  expect(await expiring.remove('set', 'member')).toBe(true);
  await nodes.isComplete();
  await nodes.report('figures', 'text');
  expect([...(await nodes.read('figures')).values()]).toEqual(['text']);
  await presence.untrack(session('alice', '1'));
  await eventually(() => expect(follower.changes.at(-1)).toMatchObject({ userId: 'alice', live: 0 }));
  const limit = { points: 1, windowSeconds: 600 };
  expect((await node.engine.rates.take('someone', 1, limit)).granted).toBe(1);
  // Counted there, and not by the node for itself.
  await using other = await openNode({ url: cluster.url, logId });
  expect((await other.engine.rates.take('someone', 1, limit)).granted).toBe(0);
  const first = cluster.nodes[0]?.port;
  expect((await examineRedis(`redis://tidings:password@127.0.0.1:${first}`)).clock).not.toEqual([]);
  await expect(node.engine.check()).resolves.toBeUndefined();
});
