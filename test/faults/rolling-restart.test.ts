// A deploy: three nodes behind a balancer are replaced one after the other, while people publish, follow and are present.
import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { OrderUpdatedDocument, ViewerDocument } from '../../src/client/generated.ts';
import { openBalancer } from '../support/balancer.ts';
import { connect, post } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { listen, openKitClient, tokenOf } from '../support/kit-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }';
const orders = ['one', 'two', 'three'];
const followers = 12;

/** Published without a key: whatever is sent twice is heard twice. */
const update = (orderId: string, note: string) => ({
  query: publish,
  variables: { input: { orderId, customerId: 'alice', status: 'PENDING', note } },
});

/** Publishes `name 1`, `name 2`, … one after the other until it is stopped; answers how many. */
function keepPublishing(name: string, send: (orderId: string, note: string) => Promise<void>) {
  let isStopped = false;
  const running = (async () => {
    let count = 0;
    while (!isStopped) {
      count += 1;
      await send(orders[count % orders.length] ?? '', `${name} ${count}`);
      await new Promise<void>((resume) => void setTimeout(resume, 20));
    }
    return count;
  })();
  // Told when it is stopped.
  running.catch(() => undefined);
  return async (): Promise<number> => {
    isStopped = true;
    return running;
  };
}

it('a rolling restart of three nodes loses nothing, repeats nothing, and is a blink to the client kit', async () => {
  await using database = await openTestDatabase();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
    DRAIN_SECONDS: '15',
  };
  await using balancer = await openBalancer({ checkMs: 100 });
  // It stays, and sees who comes and goes.
  await using witness = await startServer({ env: { ...env, DRAIN_SECONDS: '1' } });
  await using bob = await connect(witness, 'bob');
  await using atBob = bob.subscribe<{ presenceChanged: { status: string } }>(
    'subscription { presenceChanged(userIds: ["carol"]) { status } }',
  );
  const statuses: string[] = [];
  const hear = async (): Promise<string> => {
    const { status } = (await atBob.next()).presenceChanged;
    if (statuses.at(-1) !== status) statuses.push(status);
    return status;
  };
  const nodes: TestServer[] = [];
  try {
    const leave: (() => void)[] = [];
    const startNode = async (place: number): Promise<void> => {
      const node = await startServer({ env });
      nodes[place] = node;
      leave[place] = balancer.add(node);
    };
    await Promise.all([0, 1, 2].map(startNode));
    await balancer.ready(3);
    const token = await tokenOf('shop', { scope: 'orders:publish' })();
    for (const orderId of orders)
      await post(balancer.url, update(orderId, 'begin'), { authorization: `Bearer ${token}` });

    const kits = Array.from({ length: followers }, () => openKitClient(balancer));
    const heard = kits.map((kit, index) =>
      listen(kit, OrderUpdatedDocument, { orderId: orders[index % orders.length] ?? '' }),
    );
    for (const { log } of kits) await expect.poll(() => log).toContain('orderUpdated is followed');
    // She has this one connection.
    await using carol = openKitClient(balancer, { token: tokenOf('carol') });
    carol.client.connect();
    while ((await hear()) !== 'ONLINE');

    const overHttp = async (orderId: string, note: string): Promise<void> => {
      const { body } = await post(balancer.url, update(orderId, note), { authorization: `Bearer ${token}` });
      if (body.errors !== undefined) throw new Error(`${note}: ${JSON.stringify(body.errors)}`);
    };
    // The official client sends again what was not answered when its connection was closed.
    const socket = createClient({
      url: `${balancer.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token },
      retryAttempts: 100,
      shouldRetry: () => true,
      retryWait: (retries) => new Promise((resume) => void setTimeout(resume, 100 * retries)),
      lazy: false,
      onNonLazyError: () => undefined,
    });
    const overWebSocket = async (orderId: string, note: string): Promise<void> => {
      const { query, variables } = update(orderId, note);
      for await (const { errors } of socket.iterate({ query, variables })) {
        if (errors !== undefined) throw new Error(`${note}: ${JSON.stringify(errors)}`);
      }
    };
    const publishing = [
      ...['http-1', 'http-2', 'http-3'].map((name) => keepPublishing(name, overHttp)),
      ...['ws-1', 'ws-2', 'ws-3'].map((name) => keepPublishing(name, overWebSocket)),
    ];

    for (const place of [0, 1, 2]) {
      const node = nodes[place];
      if (node === undefined) throw new Error('A node is missing.');
      const exited = once(node.process, 'exit');
      node.process.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      leave[place]?.();
      await startNode(place);
      await balancer.ready(3);
    }
    const counts = await Promise.all(publishing.map((stop) => stop()));
    await socket.dispose();
    for (const orderId of orders) await overHttp(orderId, 'end');

    const names = ['http-1', 'http-2', 'http-3', 'ws-1', 'ws-2', 'ws-3'];
    for (const [index, { events, ended }] of heard.entries()) {
      const notes = () => events.map(({ orderUpdated: { note } }) => note ?? '');
      await expect.poll(() => notes().at(-1), { timeout: 20_000 }).toBe('end');
      for (const [publisher, name] of names.entries()) {
        const own = Array.from({ length: counts[publisher] ?? 0 }, (_, place) => place + 1).filter(
          (number) => number % orders.length === index % orders.length,
        );
        expect(notes().filter((note) => note.startsWith(`${name} `))).toEqual(
          own.map((number) => `${name} ${number}`),
        );
      }
      expect(ended).toBeNull();
    }
    expect(Math.min(...counts)).toBeGreaterThan(100);

    // Each was sent off by its node, and the next try was let in.
    const moves = kits.flatMap(({ states }) =>
      states.filter((state) => state.status === 'reconnecting' && state.nextTryAt !== null),
    );
    expect(moves.length).toBeGreaterThanOrEqual(followers);
    for (const move of moves)
      expect(move).toMatchObject({ reason: expect.stringContaining('1012') as string });
    for (const kit of kits) {
      expect(kit.client.connectionState.status).toBe('connected');
      expect((await kit.client.query(ViewerDocument, {})).data?.viewer?.id).toBe('alice');
    }

    // Nobody saw her go: when she does go now, that is the first that is told.
    carol.client.disconnect();
    for (const { client } of kits) client.disconnect();
    while ((await hear()) !== 'OFFLINE');
    expect(statuses).toEqual(['OFFLINE', 'ONLINE', 'OFFLINE']);
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
  }
}, 180_000);
