// A node that is told to stop, on Redis and PostgreSQL, seen from outside: by balancers, by clients, and by whoever follows.
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, post } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';
import { httpGet } from '../support/http-get.ts';
import { openNetwork, type Network } from '../support/network.ts';
import { openGreetedSocket, upgradeStatus } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => database.drop());

const startNode = (drainSeconds: number, env: Readonly<Record<string, string>> = {}): Promise<TestServer> =>
  startServer({
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
      DRAIN_SECONDS: `${drainSeconds}`,
      LOG_LEVEL: 'info',
      ...env,
    },
  });

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note } }';
const draining = async (server: TestServer): Promise<void> => {
  server.process.kill('SIGTERM');
  await expect.poll(async () => (await httpGet(server, '/readyz')).status).toBe(503);
};
const untilNobodyCanConnect = (server: TestServer): Promise<void> =>
  expect
    .poll(
      () =>
        fetch(`${server.url}/healthz`).then(
          () => 'answered',
          () => 'refused',
        ),
      { timeout: 20_000 },
    )
    .toBe('refused');

/** While it holds, nothing can be published (`stream_heads`), or no order be read. */
async function hold(table: 'stream_heads' | 'orders'): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${table} in access exclusive mode`);
  return {
    async release() {
      await client.query('rollback');
      await client.end();
    },
  };
}
/** Whether so many wait for what is held. */
const untilHeld = (table: 'stream_heads' | 'orders', waiting: number): Promise<void> =>
  expect
    .poll(
      async () => {
        const client = new pg.Client(database.url);
        await client.connect();
        const { rows } = await client.query<{ count: string }>(
          'select count(*) from pg_locks where not granted and relation = $1::regclass',
          [table],
        );
        await client.end();
        return Number(rows[0]?.count);
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThanOrEqual(waiting);

describe('while balancers take notice', () => {
  it('/readyz says so, whoever wants to stay is refused, and queries and mutations are answered', async () => {
    await using server = await startNode(600);
    await using shop = await connect(server, 'shop', { scope: 'orders:publish' });
    await shop.connected();
    await draining(server);
    expect(await httpGet(server, '/readyz')).toMatchObject({
      status: 503,
      headers: { connection: 'close' },
      text: '{"status":"not ready","missing":["This node is draining."]}',
    });
    expect((await httpGet(server, '/healthz')).status).toBe(200);

    expect(await upgradeStatus(server)).toBe(503);
    await using events = await openEvents(server, shop.token, { query: follow });
    expect(events.response.status).toBe(503);
    expect(events.response.headers.get('retry-after')).toBe('1');
    expect(events.response.headers.get('connection')).toBe('close');
    expect(await events.next()).toMatchObject({
      event: 'next',
      data: {
        errors: [
          { message: expect.stringContaining('This node is draining.'), extensions: { code: 'UNAVAILABLE' } },
        ],
      },
    });

    const { text } = await httpGet(server, '/metrics');
    // One of each, and those that looked whether it drains by now.
    const refused = /refused_total\{reason="draining"\} (\d+)/.exec(text)?.[1];
    expect(Number(refused)).toBeGreaterThanOrEqual(2);

    const input = { orderId: 'noticed', customerId: 'shop', status: 'PENDING' };
    await shop.request(publish, { input });
    // Whoever is connected still is, and may ask and follow.
    await using updates = shop.subscribe(follow, { orderId: 'noticed' });
    await shop.requestOverWebSocket('{ __typename }');
    await shop.request(publish, { input: { ...input, note: 'still here' } });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'still here' } });
    expect((await post(server.url, { query: '{ __typename }' })).status).toBe(200);

    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    // A second signal ends it at once.
    expect(await exited).toEqual([130, null]);
  }, 60_000);
});

describe('connections', () => {
  it('a mutation under way is answered before its connection is closed, and none is begun behind it', async () => {
    await using server = await startNode(30);
    await using other = await startNode(1);
    await using shop = await connect(other, 'shop', { scope: 'orders:publish' });
    const socket = await openGreetedSocket(server, shop.token);
    await using bystander = await connect(server, 'alice');
    await bystander.connected();
    const bystanderClosed = bystander.closed();
    const input = { orderId: 'under-way', customerId: 'alice', status: 'PENDING' };
    const ask = (id: string, note: string) =>
      socket.send({
        id,
        type: 'subscribe',
        payload: { query: publish, variables: { input: { ...input, note } } },
      });
    await using alice = await connect(other, 'alice');
    const { publishOrderUpdate } = await shop.request<{
      publishOrderUpdate: { update: { cursor: string } };
    }>(
      'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }',
      { input },
    );
    const { cursor } = publishOrderUpdate.update;
    await using updates = alice.subscribe(follow, { orderId: 'under-way', after: cursor });
    await alice.connected();
    const heads = await hold('stream_heads');
    ask('1', 'the first');
    const overHttp = post(
      server.url,
      { query: publish, variables: { input: { ...input, orderId: 'over-http' } } },
      { authorization: `Bearer ${shop.token}` },
    );
    await untilHeld('stream_heads', 2);
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect(await bystanderClosed).toEqual({ code: 1012, reason: 'The server is going away.' });
    await untilNobodyCanConnect(server);
    ask('2', 'the second');
    // Answered, so the message before it has been read.
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
    await heads.release();
    expect((await overHttp).body).toMatchObject({ data: { publishOrderUpdate: { deduplicated: false } } });
    expect(await socket.next()).toMatchObject({ id: '1', type: 'next', payload: { data: {} } });
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
    expect(await socket.closed()).toMatchObject({ code: 1012 });
    expect(await exited).toEqual([0, null]);
    await shop.request(publish, { input: { ...input, note: 'elsewhere' } });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'the first' } });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'elsewhere' } });
  }, 60_000);
});

describe('subscriptions', () => {
  it('one that was being opened when its connection was sent off leaves as soon as it is open', async () => {
    await using server = await startNode(30);
    await using alice = await connect(server, 'alice');
    const socket = await openGreetedSocket(server, alice.token);
    await using shop = await connect(server, 'shop', { scope: 'orders:publish' });
    await shop.request(publish, { input: { orderId: 'opening', customerId: 'alice', status: 'PENDING' } });
    // Whether she may follow it can not be told yet.
    const orders = await hold('orders');
    const variables = { orderId: 'opening' };
    socket.send({ id: '1', type: 'subscribe', payload: { query: follow, variables } });
    await untilHeld('orders', 1);
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    await untilNobodyCanConnect(server);
    await orders.release();
    expect(await socket.closed()).toMatchObject({ code: 1012 });
    expect(await exited).toEqual([0, null]);
    // It did not have to be waited for until the end.
    expect(server.output()).not.toContain('what was not answered in time is cut off');
    expect(server.output()).toContain('"msg":"drained"');
  }, 60_000);
});

const presence = 'subscription { presenceChanged(userIds: ["alice"]) { status deviceCount } }';

describe('presence', () => {
  it('whoever goes on elsewhere was never gone, and whoever does not is told to be', async () => {
    await using server = await startNode(15);
    await using other = await startNode(1);
    await using bob = await connect(other, 'bob');
    await using atBob = bob.subscribe<{ presenceChanged: { userId: string; status: string } }>(
      'subscription { presenceChanged(userIds: ["alice", "carol"]) { userId status } }',
    );
    await using alice = await connect(server, 'alice');
    await using carol = await connect(server, 'carol');
    await Promise.all([alice.connected(), carol.connected()]);
    const status = new Map<string, string>();
    const told: string[] = [];
    const hear = async () => {
      const { userId, status: now } = (await atBob.next()).presenceChanged;
      if (status.get(userId) !== now) told.push(`${userId} ${now}`);
      status.set(userId, now);
    };
    while (status.get('alice') !== 'ONLINE' || status.get('carol') !== 'ONLINE') await hear();
    told.length = 0;
    const closed = alice.closed();
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect((await closed).code).toBe(1012);
    // Whoever is slow: without waiting for graces it would have ended by then.
    await untilNobodyCanConnect(server);
    await using back = await connect(other, 'alice');
    await back.connected();
    expect(await exited).toEqual([0, null]);
    // The node has waited for her grace: what is told of alice now would have come before.
    while (status.get('carol') !== 'OFFLINE') await hear();
    await back[Symbol.asyncDispose]();
    while (status.get('alice') !== 'OFFLINE') await hear();
    expect(told).toEqual(['carol OFFLINE', 'alice OFFLINE']);
  }, 60_000);
});

interface Membership {
  readonly joined: readonly { readonly id: string }[];
  readonly left: readonly { readonly id: string }[];
}
const inRoom = (join: boolean) =>
  `subscription { roomPresence(room: "public:hall", join: ${join}) { joined { id } left { id } } }`;

describe('rooms', () => {
  it('whoever follows a room on elsewhere has not left it, and whoever does not is told to have', async () => {
    await using server = await startNode(15);
    await using other = await startNode(1);
    await using bob = await connect(other, 'bob');
    await using atBob = bob.subscribe<{ roomPresence: Membership }>(inRoom(false));
    const told: string[] = [];
    const hear = async (): Promise<void> => {
      const { joined, left } = (await atBob.next()).roomPresence;
      for (const { id } of joined) told.push(`${id} joined`);
      for (const { id } of left) told.push(`${id} left`);
    };
    await hear();
    await using alice = await connect(server, 'alice');
    await using carol = await connect(server, 'carol');
    await using _atAlice = alice.subscribe(inRoom(true));
    await using _atCarol = carol.subscribe(inRoom(true));
    while (told.length < 2) await hear();
    told.length = 0;
    const closed = alice.closed();
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect((await closed).code).toBe(1012);
    await untilNobodyCanConnect(server);
    await using back = await connect(other, 'alice');
    // Whoever had left at once would be told of by then.
    await using dave = await connect(other, 'dave');
    await using _atDave = dave.subscribe(inRoom(true));
    while (told.length === 0) await hear();
    const there = back.subscribe(inRoom(true));
    await there.next();
    expect(await exited).toEqual([0, null]);
    while (!told.includes('carol left')) await hear();
    await there[Symbol.asyncDispose]();
    while (!told.includes('alice left')) await hear();
    expect(told).toEqual(['dave joined', 'carol left', 'alice left']);
  }, 60_000);
});

describe('in time', () => {
  const drainSeconds = 6;
  it.each([
    ['Redis', 'gone'],
    ['Redis', 'silent'],
    ['PostgreSQL', 'gone'],
    ['PostgreSQL', 'silent'],
  ])(
    'it ends with 0 while %s is %s, with everybody told',
    async (what, how) => {
      await using redis = await openNetwork(process.env['TIDINGS_TEST_REDIS_URL'] ?? '');
      await using postgres = await openNetwork(database.url);
      const through = (network: Network, url: string) =>
        Object.assign(new URL(url), { host: new URL(network.url).host }).href;
      await using server = await startNode(drainSeconds, {
        REDIS_URL: through(redis, redis.target),
        DATABASE_URL: through(postgres, postgres.target),
      });
      await using alice = await connect(server, 'alice', { scope: 'orders:publish' });
      await using _updates = alice.subscribe(follow);
      await using statuses = alice.subscribe(presence);
      await statuses.next();
      await using events = await openEvents(server, alice.token, { query: presence });
      await events.next();
      const broken = what === 'Redis' ? redis : postgres;
      if (how === 'gone') broken.goDown();
      else broken.goSilent();
      // One that will not be answered where the database is silent.
      const asked = alice.requestOverWebSocket(publish, {
        input: { orderId: 'x', customerId: 'alice', status: 'PENDING' },
      });
      asked.catch(() => undefined);
      const closed = alice.closed();
      const exited = once(server.process, 'exit');
      server.process.kill('SIGTERM');
      expect((await closed).code).toBe(1012);
      // Behind what was told of presence by then.
      let last = await events.next();
      while (last !== null && !JSON.stringify(last.data).includes('"errors"')) last = await events.next();
      expect(last).toMatchObject({ data: { errors: [{ extensions: { code: 'UNAVAILABLE' } }] } });
      expect(await exited).toEqual([0, null]);
      // By its own clock: how soon this process hears of it is the machine's.
      const times = [...server.output().matchAll(/^\{.*"time":(\d+).*\}$/gm)].map(([line, time]) => ({
        line,
        time: Number(time),
      }));
      const began = times.find(({ line }) => line.includes('draining: nobody new is taken'))?.time ?? 0;
      expect((times.at(-1)?.time ?? Infinity) - began).toBeLessThan(drainSeconds * 1_000);
      expect(server.output()).toMatch(/"msg":"(drained|the time to drain is over: this was not closed)"/);
    },
    60_000,
  );
});
