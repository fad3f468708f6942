// What an application that uses the client kit sees while its network, its server and its token come and go.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  OrderDocument,
  OrderUpdatedDocument,
  PublishOrderUpdateDocument,
  RenewSessionDocument,
  RevokeSessionsDocument,
  SetPresenceDocument,
  SetTypingDocument,
  ViewerDocument,
  type OrderUpdatedSubscription,
} from '../../src/client/generated.ts';
import { createTidingsClient } from '../../src/client/tidings-client.ts';
import { connect, type Person } from '../support/client.ts';
import {
  impatient,
  listen,
  openKitClient,
  tokenOf,
  type Heard,
  type KitClient,
} from '../support/kit-client.ts';
import { openNetwork } from '../support/network.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let shop: Person;
beforeAll(async () => {
  server = await startServer();
  shop = await connect(server, 'shop', { scope: 'orders:publish sessions:revoke' });
}, 60_000);
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await server.stop();
});

let made = 0;
/** An order of alice's that only one test has. */
async function newOrder(from: Person = shop): Promise<string> {
  const orderId = `kit-${process.pid}-${(made += 1)}`;
  await from.request(PublishOrderUpdateDocument, {
    input: { orderId, customerId: 'alice', status: 'PENDING' },
  });
  return orderId;
}
async function publish(orderId: string, ...notes: string[]): Promise<void> {
  for (const note of notes)
    await shop.request(PublishOrderUpdateDocument, { input: { orderId, status: 'SHIPPED', note } });
}
/** From here on nothing is missed. */
const followed = ({ log }: KitClient) => expect.poll(() => log).toContain('orderUpdated is followed');
const notesOf = ({ events }: Heard<OrderUpdatedSubscription>) =>
  events.map(({ orderUpdated }) => orderUpdated.note);

/** A server that does as the test says: told the type of each message. */
async function openStandIn(
  hear: (socket: WebSocket, type: string) => void,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const standIn = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => 'graphql-transport-ws',
  });
  standIn.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      hear(socket, (JSON.parse(data.toString('utf8')) as { type: string }).type);
    });
  });
  await once(standIn, 'listening');
  return {
    url: `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of standIn.clients) socket.terminate();
      await new Promise((closed) => standIn.close(closed));
    },
  };
}

describe('a network that breaks', () => {
  it('loses nothing, not even before the first event of a subscription without a cursor', async () => {
    await using network = await openNetwork(server.url);
    await using kit = openKitClient(network);
    const orderId = await newOrder();
    const heard = listen(kit, OrderUpdatedDocument, { orderId });
    await followed(kit);
    network.goDown();
    await kit.until('reconnecting');
    await publish(orderId, 'a', 'b');
    network.comeBack();
    kit.client.connect();
    await publish(orderId, 'c');
    await expect.poll(() => notesOf(heard)).toEqual(['a', 'b', 'c']);
    network.goDown();
    await publish(orderId, 'd');
    network.comeBack();
    await publish(orderId, 'e');
    await expect.poll(() => notesOf(heard), { timeout: 10_000 }).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(heard.resumptions).toBe(2);
  });

  it('without a word is noticed, and what was published meanwhile comes', async () => {
    await using network = await openNetwork(server.url);
    await using kit = openKitClient(network, { timings: impatient });
    const orderId = await newOrder();
    const heard = listen(kit, OrderUpdatedDocument, { orderId });
    await followed(kit);
    network.goSilent();
    await publish(orderId, 'a');
    await kit.until('reconnecting');
    network.comeBack();
    await expect.poll(() => notesOf(heard), { timeout: 10_000 }).toEqual(['a']);
  });

  it('that takes the answer to a ping with it is noticed, though something else was heard in between', async () => {
    let pings = 0;
    await using mute = await openStandIn((socket, type) => {
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type === 'ping' && (pings += 1) === 1) socket.send('{"type":"ping"}');
    });
    await using kit = openKitClient(mute, { timings: impatient });
    kit.client.connect();
    await kit.until('reconnecting');
    expect(kit.states.at(-1)).toMatchObject({ reason: 'the server has fallen silent' });
  });

  it('is watched from the start, however long the server took to let the client in', async () => {
    const answered = { one: 0, other: 0 };
    const open = (name: keyof typeof answered, answers: boolean) =>
      openStandIn((socket, type) => {
        // It is let in behind its first ping.
        if (type !== 'ping') return;
        answered[name] += 1;
        if (answers || answered[name] > 1) socket.send('{"type":"pong"}');
        if (answered[name] === 1) socket.send('{"type":"connection_ack"}');
        socket.send('{"type":"ping"}');
      });
    await using patient = await open('one', true);
    await using silent = await open('other', false);
    await using held = openKitClient(patient, { timings: impatient });
    await using lost = openKitClient(silent, { timings: impatient });
    held.client.connect();
    lost.client.connect();
    await lost.until('reconnecting');
    expect(lost.states.at(-1)).toMatchObject({ reason: 'the server has fallen silent' });
    await expect.poll(() => answered.one, { timeout: 10_000 }).toBe(8);
    expect(held.states.map(({ status }) => status)).toEqual(['connecting', 'connected']);
  });

  it('is tried no more often because pages come and go', async () => {
    await using network = await openNetwork(server.url);
    network.goDown();
    await using kit = openKitClient(network);
    const tries = () => kit.log.filter((line) => line.includes('trying again')).length;
    kit.client.connect();
    await expect.poll(tries, { timeout: 10_000 }).toBe(2);
    for (let visits = 0; visits < 20; visits += 1) {
      listen(kit, OrderUpdatedDocument, { orderId: 'no-matter' }).stop();
      await new Promise((soon) => void setImmediate(soon));
    }
    expect(tries()).toBeLessThan(4);
  });

  it('that never answers a new connection is not waited for', async () => {
    await using network = await openNetwork(server.url);
    network.goSilent();
    await using kit = openKitClient(network, { timings: impatient });
    kit.client.connect();
    await kit.until('reconnecting');
    expect(kit.states.at(-1)).toMatchObject({
      status: 'reconnecting',
      reason: 'the server did not answer in time',
    });
    network.comeBack();
    kit.client.connect();
    await kit.until('connected');
  });

  it('is told with the time of the next try, which a click brings forward', async () => {
    await using network = await openNetwork(server.url);
    network.goDown();
    await using kit = openKitClient(network);
    kit.client.connect();
    await expect
      .poll(() => kit.states.filter(({ status }) => status === 'reconnecting').length, { timeout: 10_000 })
      .toBeGreaterThan(4);
    const waits = kit.states.flatMap((state) => (state.status === 'reconnecting' ? [state.nextTryAt] : []));
    // A wait with its end, a try, a wait …
    expect(waits[0]).toBeInstanceOf(Date);
    expect(waits[1]).toBeNull();
    expect(waits[2]).toBeInstanceOf(Date);
    network.comeBack();
    kit.client.connect();
    await kit.until('connected');
    expect(kit.states[0]).toEqual({ status: 'connecting' });
  });
});

it('a device that wakes up tries at once, and asks whether the server is still there', async () => {
  await using network = await openNetwork(server.url);
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  // Left to itself it would neither ask nor try for a minute.
  const patient = { ...impatient, pingAfterMs: 60_000 };
  await using kit = openKitClient(network, { timings: patient });
  kit.client.connect();
  await kit.until('connected');
  network.goSilent();
  page.dispatchEvent(new Event('offline'));
  await kit.until('reconnecting');
  expect(kit.states.at(-1)).toMatchObject({ reason: 'the server has fallen silent' });
  network.goDown();
  // Waits grow to more than the test has time for.
  await expect
    .poll(() => kit.log.filter((line) => line.includes('trying again')).length, { timeout: 20_000 })
    .toBeGreaterThan(4);
  network.comeBack();
  page.dispatchEvent(new Event('online'));
  await kit.until('connected');
}, 40_000);

it('what means this connection, or comes often, travels over it', async () => {
  const requests: string[] = [];
  await using kit = openKitClient(server, {
    fetch: async (input, init) => {
      const { operationName } = JSON.parse(init?.body as string) as { operationName: string };
      requests.push(operationName);
      return fetch(input, init);
    },
  });
  const { data } = await kit.client.mutation(SetPresenceDocument, { input: { status: 'BUSY' } });
  expect(data?.setPresence.status).toBe('BUSY');
  const { error } = await kit.client.mutation(SetTypingDocument, { conversationId: 'no', isTyping: true });
  expect(error?.graphQLErrors[0]?.extensions['code']).toMatch(/NOT_FOUND|BAD_USER_INPUT/);
  const token = await tokenOf('alice')();
  expect(
    (await kit.client.mutation(RenewSessionDocument, { token })).data?.renewSession.expiresAt,
  ).toBeDefined();
  expect(requests).toEqual([]);
  await kit.client.query(ViewerDocument, {});
  expect(requests).toEqual(['Viewer']);
});

it('what has stopped, and what was answered, leaves the connection as it is', async () => {
  await using kit = openKitClient(server);
  const orderId = await newOrder();
  const kept = listen(kit, OrderUpdatedDocument, { orderId });
  await followed(kit);
  for (const status of ['BUSY', 'ONLINE'] as const) {
    await kit.client.mutation(SetPresenceDocument, { input: { status } });
    const other = listen(kit, OrderUpdatedDocument, { orderId });
    await publish(orderId, status);
    await expect.poll(() => notesOf(other)).toEqual([status]);
    other.stop();
    // Answered behind whatever the stop has set off.
    await kit.client.mutation(SetPresenceDocument, { input: { status } });
  }
  await expect.poll(() => notesOf(kept)).toEqual(['BUSY', 'ONLINE']);
  expect(kit.states.map(({ status }) => status)).toEqual(['connecting', 'connected']);
});

it('what is too large for the server is refused alone', async () => {
  await using kit = openKitClient(server);
  const orderId = await newOrder();
  const heard = listen(kit, OrderUpdatedDocument, { orderId });
  await followed(kit);
  const large = { type: 'x'.repeat(2_000_000) } as never;
  const { error } = await kit.client.mutation(SetPresenceDocument, {
    input: { status: 'BUSY', activity: large },
  });
  expect(error?.graphQLErrors[0]?.extensions['code']).toBe('PAYLOAD_TOO_LARGE');
  await publish(orderId, 'a');
  await expect.poll(() => notesOf(heard), { timeout: 10_000 }).toEqual(['a']);
  expect(kit.log.filter((line) => line.includes('trying again'))).toHaveLength(1);
}, 40_000);

it('a server that lets nobody in for the size of what it is sent ends no operation for that', async () => {
  let sockets = 0;
  await using narrow = await openStandIn((socket, type) => {
    if (type === 'connection_init' && (sockets += 1) > 1) socket.close(1009);
    else if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
    else if (type === 'subscribe') socket.terminate();
  });
  await using kit = openKitClient(narrow);
  const heard = listen(kit, OrderUpdatedDocument, { orderId: 'x'.repeat(2_000), after: 'c' });
  await kit.until('closed');
  expect(heard.ended).toMatchObject({ code: undefined });
}, 40_000);

it('that somebody types is said at once, or not at all', async () => {
  await using network = await openNetwork(server.url);
  await using kit = openKitClient(network, { timings: impatient });
  kit.client.connect();
  await kit.until('connected');
  network.goSilent();
  const say = () =>
    kit.client.mutation(SetTypingDocument, { conversationId: 'c', isTyping: true }).toPromise();
  const [lost, late] = [await say(), await say()];
  for (const { error } of [lost, late]) expect(error?.networkError?.name).toBe('ConnectionClosedError');
});

it('a mistake in the application is its own, and costs no event', async () => {
  await using kit = openKitClient(server);
  const orderId = await newOrder();
  const mistakes: unknown[] = [];
  vi.stubGlobal('queueMicrotask', (work: () => void) => {
    try {
      work();
    } catch (error) {
      mistakes.push(error);
    }
  });
  const notes: (string | null)[] = [];
  kit.client.follow(
    OrderUpdatedDocument,
    { orderId },
    {
      event({ orderUpdated }) {
        notes.push(orderUpdated.note);
        throw new Error(`mistaken about ${orderUpdated.note}`);
      },
    },
  );
  await followed(kit);
  await publish(orderId, 'a', 'b');
  await expect.poll(() => notes).toEqual(['a', 'b']);
  expect(mistakes).toEqual([new Error('mistaken about a'), new Error('mistaken about b')]);
});

it('a mistake in whoever watches the connection costs it nothing', async () => {
  await using kit = openKitClient(server);
  const mistakes: unknown[] = [];
  vi.stubGlobal('queueMicrotask', (work: () => void) => {
    try {
      work();
    } catch (error) {
      mistakes.push(error);
    }
  });
  kit.client.onConnectionState(({ status }) => {
    throw new Error(`mistaken about ${status}`);
  });
  kit.client.connect();
  await kit.until('connected');
  expect(mistakes).toEqual([new Error('mistaken about connecting'), new Error('mistaken about connected')]);
});

describe('bad input is told at once', () => {
  it.each([
    ['no url', {}, /`url` is missing/],
    ['a url that is none', { url: 'nonsense' }, /is no address/],
    ['another protocol', { url: 'ftp://a/graphql' }, /begins with https/],
    ['a token that is none', { url: 'http://a/graphql', token: 5 }, /`token` has to be/],
    ['a WebSocket that is none', { url: 'http://a/graphql', webSocketImpl: {} }, /has to be a class/],
  ])('%s', (_what, options, sentence) => {
    expect(() => createTidingsClient(options as never)).toThrow(sentence);
  });

  it('an address of a WebSocket is one of the same server', async () => {
    const url = `${server.url.replace('http', 'ws')}/graphql`;
    await using kit = openKitClient(server, { url });
    expect((await kit.client.query(ViewerDocument, {})).data?.viewer.id).toBe('alice');
    kit.client.connect();
    await kit.until('connected');
  });

  it('a WebSocket that can not be made is the reason that is told', async () => {
    class Forbidden {
      constructor() {
        throw new Error('a secure page opens no insecure socket');
      }
    }
    await using kit = openKitClient(server, { webSocketImpl: Forbidden });
    kit.client.connect();
    await kit.until('reconnecting');
    expect(kit.states.at(-1)).toMatchObject({ reason: 'a secure page opens no insecure socket' });
  });
});

it('a server that is killed and started again is come back to, with everything it had stored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-kit-'));
  const env = { DATA_DIR: join(folder, 'data') };
  await using first = await startServer({ env });
  await using network = await openNetwork(first.url);
  await using kit = openKitClient(network);
  await using backend = await connect(network, 'shop', { scope: 'orders:publish' });
  const orderId = await newOrder(backend);
  const heard = listen(kit, OrderUpdatedDocument, { orderId });
  const tell = (note: string) =>
    backend.request(PublishOrderUpdateDocument, { input: { orderId, status: 'SHIPPED', note } });
  await followed(kit);
  await tell('before');
  await expect.poll(() => notesOf(heard)).toEqual(['before']);
  await first.kill();
  await kit.until('reconnecting');
  await using second = await startServer({ env });
  network.target = second.url;
  await tell('while away');
  kit.client.connect();
  await expect.poll(() => notesOf(heard), { timeout: 20_000 }).toEqual(['before', 'while away']);
  await second.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it('a server whose log is another one ends the stream with CURSOR_EXPIRED, and says of which', async () => {
  const expired: string[] = [];
  await using network = await openNetwork(server.url);
  await using kit = openKitClient(network, { onCursorExpired: ({ field }) => expired.push(field) });
  const orderId = await newOrder();
  const heard = listen(kit, OrderUpdatedDocument, { orderId });
  await followed(kit);
  await using another = await startServer();
  await using backend = await connect(another, 'shop', { scope: 'orders:publish' });
  await backend.request(PublishOrderUpdateDocument, {
    input: { orderId, customerId: 'alice', status: 'PENDING' },
  });
  network.target = another.url;
  network.goDown();
  network.comeBack();
  await expect.poll(() => heard.ended?.code, { timeout: 20_000 }).toBe('CURSOR_EXPIRED');
  expect(expired).toEqual(['orderUpdated']);
}, 60_000);

describe('disconnect()', () => {
  it('closes until connect(), over which subscriptions go on', async () => {
    await using kit = openKitClient(server);
    const orderId = await newOrder();
    const heard = listen(kit, OrderUpdatedDocument, { orderId });
    await followed(kit);
    await publish(orderId, 'a');
    await expect.poll(() => notesOf(heard)).toEqual(['a']);
    kit.client.disconnect();
    expect(kit.client.connectionState).toMatchObject({ status: 'closed', reason: 'disconnected' });
    const late = listen(kit, OrderUpdatedDocument, { orderId });
    await publish(orderId, 'b');
    expect(kit.client.connectionState.status).toBe('closed');
    kit.client.connect();
    await expect.poll(() => notesOf(heard)).toEqual(['a', 'b']);
    await expect.poll(() => kit.log.filter((line) => line === 'orderUpdated is followed').length).toBe(2);
    await publish(orderId, 'c');
    // Begun while there was no connection: from when there is one.
    await expect.poll(() => notesOf(late)).toEqual(['c']);
  });

  it('ends what was asked for and is not answered', async () => {
    await using network = await openNetwork(server.url);
    network.goDown();
    await using kit = openKitClient(network);
    const asked = kit.client.mutation(SetPresenceDocument, { input: { status: 'BUSY' } }).toPromise();
    await kit.until('reconnecting');
    kit.client.disconnect();
    expect((await asked).error?.networkError?.name).toBe('ConnectionClosedError');
    const later = await kit.client.mutation(SetPresenceDocument, { input: { status: 'BUSY' } });
    expect(later.error?.networkError?.name).toBe('ConnectionClosedError');
  });

  it('while it is connecting opens nothing', async () => {
    await using network = await openNetwork(server.url);
    await using kit = openKitClient(network);
    kit.client.connect();
    kit.client.disconnect();
    kit.client.connect();
    await kit.until('connected');
    expect(network.connections).toBe(1);
  });
});

describe('a token', () => {
  it('is renewed in place before it expires, again and again, without an interruption', async () => {
    await using kit = openKitClient(server, { token: tokenOf('alice', { expiresIn: 6 }) });
    const orderId = await newOrder();
    const heard = listen(kit, OrderUpdatedDocument, { orderId });
    await kit.until('connected');
    await expect
      .poll(() => kit.log.filter((line) => line === 'the session was renewed').length, { timeout: 25_000 })
      .toBe(2);
    await publish(orderId, 'a');
    await expect.poll(() => notesOf(heard)).toEqual(['a']);
    expect(kit.states.map(({ status }) => status)).toEqual(['connecting', 'connected']);
  }, 40_000);

  it('that can not be renewed in time is replaced by a new connection', async () => {
    const fresh = tokenOf('alice', { expiresIn: 3 });
    let asked = 0;
    let last = '';
    // Asked before the expiry it has nothing newer; asked when the server has refused it, it has.
    await using kit = openKitClient(server, {
      token: async () => ((asked += 1) <= 3 && last !== '' ? last : (last = await fresh())),
    });
    const orderId = await newOrder();
    const heard = listen(kit, OrderUpdatedDocument, { orderId });
    await kit.until('connected');
    await kit.until('reconnecting');
    await publish(orderId, 'a');
    await kit.until('connected');
    await expect.poll(() => notesOf(heard)).toEqual(['a']);
    expect(kit.states.find(({ status }) => status === 'reconnecting')).toMatchObject({
      reason: expect.stringContaining('4403') as string,
    });
  }, 40_000);

  it('that is revoked is asked for anew, and where there is no other everything ends and says so', async () => {
    const user = `revoked-${process.pid}`;
    let token = await tokenOf(user)();
    await using lasting = openKitClient(server, { token: () => token });
    await using given = openKitClient(server, { token });
    const [heard, lost] = [lasting, given].map((kit) => listen(kit, OrderUpdatedDocument, {}));
    await Promise.all([lasting.until('connected'), given.until('connected')]);
    await shop.request(RevokeSessionsDocument, { userId: user });
    await given.until('closed');
    expect(given.client.connectionState).toMatchObject({ reason: 'unauthenticated' });
    expect(lost?.ended).toMatchObject({
      code: undefined,
      message: expect.stringMatching(/closed/) as string,
    });
    await lasting.until('closed');
    expect(heard?.ended).not.toBeNull();
    // `iat` counts seconds: one of the same second as the revocation is refused as well.
    await expect
      .poll(
        async () => {
          token = await tokenOf(user)();
          lasting.client.connect();
          await expect.poll(() => lasting.client.connectionState.status).toMatch(/connected|closed/);
          return lasting.client.connectionState.status;
        },
        { timeout: 10_000 },
      )
      .toBe('connected');
  });

  it('is not asked for without end where none is accepted', async () => {
    let asked = 0;
    await using kit = openKitClient(server, { token: () => `nonsense ${(asked += 1)}` });
    kit.client.connect();
    await kit.until('closed');
    expect(kit.client.connectionState).toMatchObject({
      reason: 'unauthenticated',
      message: expect.stringMatching(/4401/) as string,
    });
    expect(asked).toBe(5);
  }, 40_000);

  it('that can not be had is asked for again', async () => {
    let fails = true;
    await using kit = openKitClient(server, {
      token: async () => {
        if (fails) throw new Error('the login service is away');
        return tokenOf('alice')();
      },
    });
    kit.client.connect();
    await kit.until('reconnecting');
    expect(kit.states.at(-1)).toMatchObject({ reason: 'no token: the login service is away' });
    fails = false;
    kit.client.connect();
    await kit.until('connected');
  });

  it('that has expired does not fail a query', async () => {
    const expired = await tokenOf('alice', { expiresIn: 1 })();
    const tokens = [expired, await tokenOf('alice')()];
    await expect.poll(async () => (await connectWith(expired)).status, { timeout: 10_000 }).toBe(401);
    await using kit = openKitClient(server, { token: () => tokens.shift() ?? expired });
    const { data, error } = await kit.client.query(OrderDocument, { id: '1001' });
    expect(error).toBeUndefined();
    expect(data?.order?.id).toBe('1001');
  });
});

const connectWith = (token: string) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"query":"{ viewer { id } }"}',
  });
