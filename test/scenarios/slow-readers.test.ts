// Readers that are slow, or have stopped reading: they delay nobody, they cost little, and nothing is lost to them.
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { connect, type Person } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { readMetrics } from '../support/metrics.ts';
import { openGreetedSocket, type Frame, type RawSocket } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** More than the system's own buffers hold between two sockets of one machine. */
const events = 300;
const large = 'x'.repeat(60_000);
const workspace = 'acme';

let server: TestServer;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openTestDatabase();
  server = await startServer({
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
      STUCK_SECONDS: '3600',
      RATE_PRESENCE: '1000000',
      MAX_CONNECTIONS_PER_USER: '10000',
    },
  });
  close = async () => {
    await server.stop();
    await database.drop();
  };
}, 60_000);
afterAll(() => close());

const tokenOf = (user: string) =>
  signDevelopmentToken({ user, workspace, roles: ['staff'], scope: 'orders:publish' });

/** What `ws` reads from: paused, it stops reading, and the other end notices when its buffers are full. */
const tcp = ({ socket }: RawSocket) => (socket as unknown as { readonly _socket: Socket })._socket;

const follow = (order: string, fields: string) =>
  ({
    type: 'subscribe',
    id: '1',
    payload: { query: `subscription { orderUpdated(orderId: "${order}") { ${fields} } }` },
  }) as const;

const publish = (publisher: Person, order: string, note: string, data: string) =>
  publisher.request(
    'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
    { input: { orderId: order, customerId: 'bob', status: 'PROCESSING', note, data } },
  );

/** Follows, and has been told something: from then on nothing is missed. */
async function followed(on: TestServer, publisher: Person, order: string): Promise<RawSocket> {
  await publish(publisher, order, 'hello', '');
  const raw = await openGreetedSocket(on, await tokenOf('alice'));
  raw.send(follow(order, 'note order { data }'));
  const first = raw.next();
  let told = false;
  void first.then(() => (told = true));
  while (!told) await publish(publisher, order, 'hello', '');
  return raw;
}

const noteOf = ({ payload }: Frame): string =>
  (payload as { data: { orderUpdated: { note: string } } }).data.orderUpdated.note;

async function readUntil(raw: RawSocket, last: string): Promise<string[]> {
  const notes: string[] = [];
  while (notes.at(-1) !== last) notes.push(noteOf(await raw.next()));
  return notes.filter((note) => note !== 'hello');
}

const expected = Array.from({ length: events }, (_, index) => String(index));
const last = String(events - 1);

describe('a reader that stops', () => {
  test('delays nobody, and gets everything in order when it reads on', { timeout: 60_000 }, async () => {
    await using publisher = await connect(server, 'alice', { token: await tokenOf('alice') });
    await using slow = await followed(server, publisher, 'o-1');
    await using quick = await followed(server, publisher, 'o-1');
    tcp(slow).pause();
    const before = (await readMetrics(server)).value('tidings_slow_subscribers_total');
    for (const note of expected) await publish(publisher, 'o-1', note, large);
    expect(await readUntil(quick, last)).toEqual(expected);
    const metrics = await readMetrics(server);
    expect(metrics.value('tidings_slow_subscribers_total')).toBeGreaterThan(before);
    expect(metrics.value('tidings_queue_bytes', { queue: 'websockets' })).toBeGreaterThan(large.length);
    tcp(slow).resume();
    expect(await readUntil(slow, last)).toEqual(expected);
    // And it is with the others again.
    await publish(publisher, 'o-1', 'more', '');
    expect(await readUntil(slow, 'more')).toEqual(['more']);
    expect(await readUntil(quick, 'more')).toEqual(['more']);
  });

  test('of live state, it gets the newest: not every change in between', { timeout: 60_000 }, async () => {
    const changes = 4_000;
    await using bob = await connect(server, 'bob', { workspace });
    await bob.connected();
    await using slow = await openGreetedSocket(server, await tokenOf('alice'));
    slow.send({
      type: 'subscribe',
      id: '1',
      payload: {
        query: 'subscription { presenceChanged(userIds: ["bob"]) { status activity { resource } } }',
      },
    });
    await slow.next();
    tcp(slow).pause();
    const set = (resource: string) =>
      bob.requestOverWebSocket(
        'mutation ($resource: String!) { setPresence(input: { status: BUSY, activity: { kind: EDITING, resource: $resource } }) { status } }',
        { resource },
      );
    const filler = '😀'.repeat(250);
    for (let from = 0; from < changes; from += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => set(`${from + index} ${filler}`)));
    }
    await set('the last');
    tcp(slow).resume();
    let received = 0;
    for (let resource = ''; resource !== 'the last'; received += 1) {
      const { payload } = await slow.next();
      resource = (payload as { data: { presenceChanged: { activity: { resource: string } } } }).data
        .presenceChanged.activity.resource;
    }
    expect(received).toBeLessThan(changes);
  });

  test('of a thousand, nothing but little is kept', { timeout: 120_000 }, async () => {
    await using publisher = await connect(server, 'alice', { token: await tokenOf('alice') });
    const token = await tokenOf('alice');
    await publish(publisher, 'o-2', 'hello', '');
    const frozen: RawSocket[] = [];
    for (let opened = 0; opened < 1_000; opened += 50) {
      const some = await Promise.all(Array.from({ length: 50 }, () => openGreetedSocket(server, token)));
      for (const raw of some) {
        raw.send(follow('o-2', 'note order { data }'));
        tcp(raw).pause();
      }
      frozen.push(...some);
    }
    await using quick = await followed(server, publisher, 'o-2');
    for (const note of expected) await publish(publisher, 'o-2', note, large);
    expect(await readUntil(quick, last)).toEqual(expected);
    // 18 MB for each of them are waiting; were they kept, they would be 18 GB.
    expect(memoryOf(server)).toBeLessThan(900);
    for (const raw of frozen) await raw[Symbol.asyncDispose]();
  });
});

test('for one who asks and does not read, nothing is carried out ahead', { timeout: 60_000 }, async () => {
  await using asking = await openGreetedSocket(server, await tokenOf('alice'));
  tcp(asking).pause();
  // A megabyte each, and together much more than is on its way anywhere.
  const types = '{ types { name description fields { name description args { name description } } } }';
  const query = `{ ${Array.from({ length: 12 }, (_, index) => `s${index}: __schema ${types}`).join(' ')} }`;
  for (let id = 1; id <= 100; id += 1) asking.send({ type: 'subscribe', id: String(id), payload: { query } });
  const input = '{ orderId: "late", customerId: "bob", status: PENDING }';
  const mutation = `mutation { publishOrderUpdate(input: ${input}) { deduplicated } }`;
  asking.send({ type: 'subscribe', id: 'last', payload: { query: mutation } });

  // Others are answered meanwhile; by then everything that will be was carried out.
  await using publisher = await connect(server, 'alice', { token: await tokenOf('alice') });
  for (const note of expected) await publish(publisher, 'o-3', note, '');
  const { order } = await publisher.request<{ order: unknown }>('{ order(id: "late") { id } }');
  expect(order).toBeNull();

  tcp(asking).resume();
  const answered: string[] = [];
  while (!answered.includes('last')) {
    const { type, id = '' } = await asking.next();
    if (type === 'next') answered.push(id);
  }
  expect(answered.at(-1)).toBe('last');
  expect(answered).toHaveLength(101);
});

test('who pings and does not read is not listened to', { timeout: 60_000 }, async () => {
  await using asking = await openGreetedSocket(server, await tokenOf('alice'));
  tcp(asking).pause();
  // A pong has what its ping had. Together much more than is on its way anywhere.
  const filler = 'x'.repeat(900_000);
  const pings = 80;
  for (let n = 1; n <= pings; n += 1) asking.send({ type: 'ping', payload: { n, filler } });

  // Others are answered meanwhile; by then everything has been read that will be.
  await using publisher = await connect(server, 'alice', { token: await tokenOf('alice') });
  for (const note of expected) await publish(publisher, 'o-4', note, '');
  expect(asking.socket.bufferedAmount).toBeGreaterThan((pings / 2) * filler.length);

  tcp(asking).resume();
  for (let n = 1; n <= pings; n += 1)
    expect(await asking.next()).toMatchObject({ type: 'pong', payload: { n } });
});

describe('a reader that does not read on', () => {
  test('is closed with 1013, and resumes after its last cursor', { timeout: 60_000 }, async () => {
    await using impatient = await startServer({ env: { STUCK_SECONDS: '1', LOG_LEVEL: 'info' } });
    await using publisher = await connect(impatient, 'alice', { token: await tokenOf('alice') });
    await using stuck = await followed(impatient, publisher, 'o');
    const { orders } = await publisher.request<{ orders: { cursor: string } }>(
      '{ orders(customerId: "bob") { cursor } }',
    );
    expect(orders.cursor).not.toBe('');
    tcp(stuck).pause();
    let published = 0;
    while (!impatient.output().includes('has stopped reading')) {
      await publish(publisher, 'o', String(published), large);
      published += 1;
    }
    const metrics = await readMetrics(impatient);
    expect(metrics.value('tidings_stuck_connections_total', { transport: 'websocket' })).toBe(1);
    tcp(stuck).resume();
    expect(await stuck.closed()).toMatchObject({
      code: 1013,
      reason: expect.stringMatching(/after your last cursors/),
    });
    // What it had read before is all there, without a hole.
    const notes: string[] = [];
    for (;;) {
      const frame = await stuck.next().catch(() => null);
      if (frame === null) break;
      if (noteOf(frame) !== 'hello') notes.push(noteOf(frame));
    }
    expect(notes).toEqual(notes.map((_, index) => String(index)));
    expect(notes.length).toBeLessThan(published);
  });
});

test(
  'whoever stops reading an event stream is cut off, and goes on after the last cursor',
  {
    timeout: 60_000,
  },
  async () => {
    await using impatient = await startServer({ env: { STUCK_SECONDS: '1', LOG_LEVEL: 'info' } });
    const token = await tokenOf('alice');
    await using publisher = await connect(impatient, 'alice', { token });
    await publish(publisher, 'o', 'hello', '');
    const { order } = await publisher.request<{ order: { cursor: string } }>('{ order(id: "o") { cursor } }');
    const query = `subscription ($after: Cursor) { orderUpdated(orderId: "o", after: $after) { cursor note order { data } } }`;
    const open = (after: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
        };
        const asking = request(`${impatient.url}/graphql`, { method: 'POST', headers }, resolve).on(
          'error',
          reject,
        );
        asking.end(JSON.stringify({ query, variables: { after } }));
      });
    // Nobody reads what has come.
    const frozen = await open(order.cursor);
    let published = 0;
    while (!impatient.output().includes('its reader has stopped reading')) {
      await publish(publisher, 'o', String(published), large);
      published += 1;
    }
    const metrics = await readMetrics(impatient);
    expect(metrics.value('tidings_stuck_connections_total', { transport: 'http' })).toBe(1);
    const events: { readonly cursor: string; readonly note: string }[] = [];
    const read = async (stream: IncomingMessage, last: string | null): Promise<void> => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const part of stream as AsyncIterable<Buffer>) {
        text += decoder.decode(part, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, data] = /^event: next\ndata: (.*)$/s.exec(block) ?? [];
          if (data === undefined) continue;
          events.push(
            (JSON.parse(data) as { data: { orderUpdated: (typeof events)[number] } }).data.orderUpdated,
          );
          if (events.at(-1)?.note === last) return;
        }
      }
    };
    await expect(read(frozen, null)).rejects.toThrow();
    expect(events.length).toBeLessThan(published);
    await read(await open(events.at(-1)?.cursor ?? order.cursor), String(published - 1));
    expect(events.map(({ note }) => note)).toEqual(
      Array.from({ length: published }, (_, index) => String(index)),
    );
  },
);

/** Of the process, in MB. */
function memoryOf({ process: { pid } }: TestServer): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1_024;
}
