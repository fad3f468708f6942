// Redis fails over while two servers publish and deliver, seen through the public protocol: by Sentinel and as a Cluster.

import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { type App, createApp, parseConfig } from '../../src/index.ts';
import { connect, type Person, type Subscribed } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startWatchedRedis } from '../support/redis-sentinel.ts';

const publish = `mutation ($id: ID!, $note: String!) {
  publishOrderUpdate(input: { orderId: $id, customerId: "alice", status: PROCESSING, note: $note }) { update { note } }
}`;
const follow = 'subscription ($id: ID!) { orderUpdated(orderId: $id) { note } }';
const followPresence =
  'subscription ($ids: [ID!]!) { presenceChanged(userIds: $ids) { user { id } status } }';
const readPresence = 'query ($ids: [ID!]!) { presence(userIds: $ids) { user { id } status } }';

interface OrderTold {
  readonly orderUpdated: { readonly note: string };
}
interface PresenceTold {
  readonly presenceChanged: { readonly user: { readonly id: string }; readonly status: string };
}

const eventually = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 20 });

/** What is told, in order, until the subscription is disposed of. */
function record<T, U>(subscribed: Subscribed<T>, toText: (told: T) => U): readonly U[] {
  const told: U[] = [];
  const read = async (): Promise<void> => {
    for (;;) told.push(toText(await subscribed.next()));
  };
  read().catch(() => undefined);
  return told;
}

async function untilSubscribed(app: App, count: number): Promise<void> {
  await eventually(() => expect(app.runtime.figures.total.subscriptions).toBe(count));
}

const orders = Array.from({ length: 12 }, (_, index) => `order-${index}`);

/** `failOver` resolves when the master, or one of them, is dead. */
async function playFailover(redisUrl: string, failOver: (logKey: string) => Promise<void>): Promise<void> {
  const database = await openTestDatabase();
  const open = () =>
    createApp({
      config: parseConfig(
        { HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database.url, REDIS_URL: redisUrl },
        'dev',
      ),
      logger: pino({ level: 'silent' }),
      leaseTimings: { heartbeatMs: 200, observeMs: 100, deadAfterMs: 3_000 },
    });
  const near = await open();
  const far = await open();
  try {
    await using backend = await connect(near, 'backend', { scope: 'orders:publish' });
    await using alice = await connect(far, 'alice');
    await Promise.all(orders.map((id) => backend.request(publish, { id, note: 'the order itself' })));
    const told = new Map(
      orders.map((id) => [
        id,
        record(alice.subscribe<OrderTold>(follow, { id }), (one) => one.orderUpdated.note),
      ]),
    );
    const seen = record(
      alice.subscribe<PresenceTold>(followPresence, { ids: ['bob', 'carol'] }),
      ({ presenceChanged: { user, status } }) => `${user.id} ${status}`,
    );
    await untilSubscribed(far, orders.length + 1);
    await using bob = await connect(near, 'bob');
    await bob.connected();
    await eventually(() => expect(seen).toContain('bob ONLINE'));

    const publisher = publishWithoutPause(backend);
    await publisher.more(3);
    await failOver(`{${near.runtime.log.id}}`);
    await eventually(() => expect(far.runtime.engine.broker.state).toBe('away'));
    await publisher.more(3);
    for (const { runtime } of [near, far]) {
      await eventually(() => expect(runtime.engine.broker.state).toBe('connected'));
    }
    await publisher.more(3);
    const published = await publisher.stop();
    for (const id of orders) {
      await eventually(() => expect(told.get(id)?.length).toBe(published.length));
      expect(told.get(id)).toEqual(published);
    }

    await using carol = await connect(near, 'carol');
    await carol.connected();
    await eventually(() => expect(seen).toContain('carol ONLINE'));
    await eventually(async () => {
      const { presence } = await alice.request<{ presence: { status: string }[] }>(readPresence, {
        ids: ['alice', 'bob', 'carol'],
      });
      expect(presence.map(({ status }) => status)).toEqual(['ONLINE', 'ONLINE', 'ONLINE']);
    });
    await bob[Symbol.asyncDispose]();
    await eventually(() => expect(seen.at(-1)).toBe('bob OFFLINE'));
    await expect(
      Promise.all([near, far].map(({ runtime }) => runtime.engine.check())),
    ).resolves.toBeDefined();
  } finally {
    await Promise.all([near.close(), far.close()]);
    await database.drop();
  }
}

/** One round after another, each with one event for every order. */
function publishWithoutPause(backend: Person) {
  const rounds: string[] = [];
  let phase: 'running' | 'stopped' = 'running';
  const run = async (): Promise<void> => {
    for (let round = 1; phase === 'running'; round += 1) {
      const note = `round ${round}`;
      await Promise.all(orders.map((id) => backend.request(publish, { id, note })));
      rounds.push(note);
    }
  };
  const running = run();
  return {
    async more(count: number): Promise<void> {
      const aim = rounds.length + count;
      await eventually(() => expect(rounds.length).toBeGreaterThanOrEqual(aim));
    },
    /** Answers all that was published. Rejects where anything was refused. */
    async stop(): Promise<readonly string[]> {
      phase = 'stopped';
      await running;
      return rounds;
    },
  };
}

it(
  'the master that Sentinel watches dies: every event arrives once and in order, and presence comes back',
  { timeout: 90_000 },
  async () => {
    await using watched = await startWatchedRedis();
    await playFailover(watched.url, async () => (await watched.master()).kill());
  },
);

it(
  'the master of a Cluster that has the keys dies: every event arrives once and in order, and presence comes back',
  { timeout: 90_000 },
  async () => {
    await using cluster = await startRedisCluster({ replicas: true });
    await playFailover(cluster.url, async (logKey) => (await cluster.masterOf(logKey)).kill());
  },
);
