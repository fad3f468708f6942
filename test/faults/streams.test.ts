// What breaks under event streams and heals, or says that it can't: every test has a Redis and a PostgreSQL of its own.
import { expect, test } from 'vitest';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';
import type { LogEntry } from '../../src/streams/log-entry.ts';
import type { StreamSubscription } from '../../src/streams/subscribe.ts';
import type { Topic } from '../../src/streams/topic.ts';
import { createEvents, eventually } from '../support/engine-follower.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import {
  append,
  cursorAt,
  follow,
  newTopic,
  openStreamsNode,
  pullNumbers,
  range,
  rewind,
  silent,
  startOf,
  type StreamsNode,
} from '../support/streams-nodes.ts';

interface Stage extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  /** Where entries are written. */
  readonly near: StreamsNode;
  /** Where they are followed. */
  readonly far: StreamsNode;
}

async function openStage({ checkMs }: { readonly checkMs?: number } = {}): Promise<Stage> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const databaseUrl = await postgres.createDatabase();
  const open = () =>
    openStreamsNode({
      databaseUrl,
      ...(checkMs === undefined ? {} : { checkMs }),
      openEngine: (logId) =>
        openRedisEngine({ url: redis.url, logId, logger: silent, events: createEvents() }),
    });
  const [near, far] = await Promise.all([open(), open()]);
  return {
    redis,
    postgres,
    near,
    far,
    async [Symbol.asyncDispose]() {
      await Promise.all([near[Symbol.asyncDispose](), far[Symbol.asyncDispose]()]);
      await Promise.all([redis.stop(), postgres[Symbol.asyncDispose]()]);
    },
  };
}

/** Keeps everything that a subscription delivers, and how it ended. */
function record(subscription: StreamSubscription) {
  const recorded: { numbers: number[]; end: unknown } = { numbers: [], end: null };
  const read = async (): Promise<void> => {
    for await (const { number } of subscription) recorded.numbers.push(number);
    recorded.end = 'returned';
  };
  read().catch((error: unknown) => (recorded.end = error));
  return recorded;
}

/** Writes one entry after the other until it is stopped, whatever fails; answers the last that was written. */
function writeWithoutPause(node: StreamsNode, topic: Topic) {
  const state: { last: LogEntry | undefined; failures: unknown[]; stopped: boolean } = {
    last: undefined,
    failures: [],
    stopped: false,
  };
  const run = async (): Promise<void> => {
    while (!state.stopped) {
      try {
        [state.last] = await append(node, topic);
      } catch (error) {
        state.failures.push(error);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  const running = run();
  return {
    state,
    async stop(): Promise<number> {
      state.stopped = true;
      await running;
      return (await node.log.head(topic)).number;
    },
    /** Resolves when so many more have been written. */
    more: async (count: number): Promise<void> => {
      const aim = (state.last?.number ?? 0) + count;
      await eventually(() => expect(state.last?.number ?? 0).toBeGreaterThanOrEqual(aim));
    },
  };
}

const expired = { code: 'CURSOR_EXPIRED' };

test('a dropped message is healed by the next one, without any check of the heads', async () => {
  await using stage = await openStage();
  const { near, far } = stage;
  const topic = newTopic();
  const subscription = await follow(far, topic);
  let index = 0;
  near.broker.drop = () => index++ % 3 !== 2;
  for (let count = 1; count <= 30; count++) await append(near, topic);
  expect(await pullNumbers(subscription, 30)).toEqual(range(1, 30));
  await subscription.return();
});

test('what a process committed before it died is delivered by the check of the heads alone', async () => {
  await using stage = await openStage({ checkMs: 20 });
  const { near, far } = stage;
  const topics = range(1, 20).map(newTopic);
  const subscriptions = await Promise.all(topics.map((topic) => follow(far, topic)));
  // Between the commit and the publish.
  near.broker.drop = () => true;
  await append(near, topics);
  await near[Symbol.asyncDispose]();
  for (const subscription of subscriptions) expect(await pullNumbers(subscription, 1)).toEqual([1]);
  await Promise.all(subscriptions.map((subscription) => subscription.return()));
});

test('Redis restarts and connections are cut while writers write: everybody hears everything once', async () => {
  await using stage = await openStage({ checkMs: 200 });
  const { redis, near, far } = stage;
  const topic = newTopic();
  const recorded = [
    ...(await Promise.all(range(1, 10).map(() => follow(far, topic)))),
    await follow(near, topic),
  ].map(record);
  const writers = [writeWithoutPause(near, topic), writeWithoutPause(far, topic)];
  const [writer] = writers as [ReturnType<typeof writeWithoutPause>];
  for (let round = 0; round < 3; round++) {
    await writer.more(30);
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await writer.more(30);
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await writer.more(30);
    await redis.restart();
  }
  await writer.more(30);
  await eventually(() => expect([near.broker.state, far.broker.state]).toEqual(['connected', 'connected']));
  const lasts = await Promise.all(writers.map(({ stop }) => stop()));
  const last = Math.max(...lasts);
  for (const one of recorded) await eventually(() => expect(one.numbers.length).toBeGreaterThanOrEqual(last));
  for (const one of recorded) expect(one).toEqual({ numbers: range(1, last), end: null });
  expect(writers.flatMap(({ state }) => state.failures)).toEqual([]);
});

test('what was lost while Redis was away is read at once when it is back', async () => {
  await using stage = await openStage();
  const { redis, near, far } = stage;
  const topic = newTopic();
  const subscription = await follow(far, topic);
  await redis.stop();
  await eventually(() => expect([near.broker.state, far.broker.state]).toEqual(['away', 'away']));
  for (let count = 1; count <= 5; count++) await append(near, topic);
  await expect(follow(far, newTopic())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await redis.start();
  expect(await pullNumbers(subscription, 5)).toEqual(range(1, 5));
  await eventually(() => expect(near.broker.state).toBe('connected'));
  await append(near, topic);
  expect(await pullNumbers(subscription, 1)).toEqual([6]);
  await subscription.return();
});

test('PostgreSQL is away for a moment: live subscriptions stay, writers are told, all recovers', async () => {
  await using stage = await openStage({ checkMs: 20 });
  const { postgres, near, far } = stage;
  const topic = newTopic();
  await append(near, topic);
  const live = record(await follow(far, topic));
  const slow = await follow(far, topic, { after: cursorAt(far, topic, startOf) });
  await postgres.stop();
  const unavailable = { code: 'UNAVAILABLE' };
  await expect(append(near, topic)).rejects.toMatchObject(unavailable);
  await expect(follow(far, newTopic())).rejects.toMatchObject(unavailable);
  await expect(follow(far, topic, { after: cursorAt(far, topic, startOf) })).rejects.toMatchObject(
    unavailable,
  );
  // This one has to read the log: its client subscribes again with its cursor.
  await expect(slow.next()).rejects.toMatchObject(unavailable);
  await far.tails.check();
  expect(live).toEqual({ numbers: [], end: null });

  await postgres.start();
  await eventually(() => append(near, topic));
  await append(near, topic);
  const { number: last } = await near.log.head(topic);
  await eventually(() => expect(live.numbers).toEqual(range(2, last)));
  const resumed = await follow(far, topic, { after: cursorAt(far, topic, startOf) });
  expect(await pullNumbers(resumed, last)).toEqual(range(1, last));
  await resumed.return();
  expect(live.end).toBeNull();
});

test('PostgreSQL crashes while writers write: what was committed is delivered, once and without holes', async () => {
  await using stage = await openStage({ checkMs: 50 });
  const { postgres, near, far } = stage;
  const topic = newTopic();
  await append(near, topic);
  const recorded = await Promise.all(range(1, 5).map(() => follow(far, topic)));
  const all = recorded.map(record);
  const writers = range(1, 8).map(() => writeWithoutPause(near, topic));
  const [writer] = writers as [ReturnType<typeof writeWithoutPause>];
  for (let round = 0; round < 2; round++) {
    await writer.more(50);
    await postgres.crash();
    await postgres.start();
  }
  await writer.more(50);
  const last = Math.max(...(await Promise.all(writers.map(({ stop }) => stop()))));
  expect((await near.log.read(topic, { after: 0, limit: 100_000 })).map(({ number }) => number)).toEqual(
    range(1, last),
  );
  for (const one of all) {
    await eventually(() => expect(one.numbers.length).toBeGreaterThanOrEqual(last - 1));
    expect(one).toEqual({ numbers: range(2, last), end: null });
  }
  for (const failure of writers.flatMap(({ state }) => state.failures)) {
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
  }
});

test('the database went back to an earlier state: live subscriptions end with CURSOR_EXPIRED, old cursors too', async () => {
  await using stage = await openStage({ checkMs: 20 });
  const { near, far } = stage;
  const topic = newTopic();
  const [kept] = await append(near, topic);
  const subscription = await follow(far, topic);
  const [lost] = await append(near, topic);
  expect(await pullNumbers(subscription, 1)).toEqual([2]);
  await rewind(near, topic, kept!);
  await expect(subscription.next()).rejects.toMatchObject(expired);
  await append(near, topic);
  const cursors = [kept!, lost!].map((entry) => cursorAt(far, topic, entry));
  const resumed = await follow(far, topic, { after: cursors[0]! });
  expect(await pullNumbers(resumed, 1)).toEqual([2]);
  await resumed.return();
  await expect(follow(far, topic, { after: cursors[1]! })).rejects.toMatchObject(expired);
});

test('it went back and was written on before anybody looked: nobody is given another past', async () => {
  await using stage = await openStage();
  const { near, far } = stage;
  const [checked, heard] = [newTopic(), newTopic()] as const;
  const [kept] = await append(near, checked);
  const [keptToo] = await append(near, heard);
  const subscriptions = [await follow(far, checked), await follow(far, heard)] as const;
  for (const [index, topic] of [checked, heard].entries()) {
    await append(near, topic);
    await append(near, topic);
    expect(await pullNumbers(subscriptions[index]!, 2)).toEqual([2, 3]);
  }
  await rewind(near, checked, kept!);
  // The head is ahead of the tail again, and nothing of it was told.
  near.broker.drop = () => true;
  for (let count = 0; count < 4; count++) await append(near, checked);
  near.broker.drop = () => false;
  await far.tails.check();
  await expect(subscriptions[0].next()).rejects.toMatchObject(expired);
  // Told in order, but with the numbers of what is lost.
  await rewind(near, heard, keptToo!);
  await append(near, heard);
  await append(near, heard);
  await expect(subscriptions[1].next()).rejects.toMatchObject(expired);
});

test('it went back and was written on as far as before, unheard: the next number, heard in order, ends the stream', async () => {
  await using stage = await openStage();
  const { near, far } = stage;
  const topic = newTopic();
  const [kept] = await append(near, topic);
  const subscription = await follow(far, topic);
  await append(near, topic);
  expect(await pullNumbers(subscription, 1)).toEqual([2]);
  await rewind(near, topic, kept!);
  near.broker.drop = () => true;
  await append(near, topic);
  near.broker.drop = () => false;
  await append(near, topic);
  await expect(subscription.next()).rejects.toMatchObject(expired);
});
