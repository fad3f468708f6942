// Too much of what is allowed: subscriptions, churn of them, operations whose answers nobody reads, connections. Everybody else goes
// on meanwhile, and what was taken is given back.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { openGreetedSocket, type RawSocket } from '../support/raw-socket.ts';
import { openWire } from '../support/wire.ts';

const mebibyte = 1_024 * 1_024;
const server = useAttackedServer({
  env: { MAX_OPERATIONS_PER_CONNECTION: '500', MAX_CONNECTIONS_PER_ADDRESS: '500' },
});
/** Stays open, whoever that is. */
const follow = 'subscription ($id: ID!) { presenceChanged(userIds: [$id]) { status user { id name } } }';
const begin = (id: string, query = follow, variables: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
});
const openMallory = async (user = 'mallory'): Promise<RawSocket> =>
  openGreetedSocket(server, await signDevelopmentToken({ user }));
/** What was sent before has been handled: the answer to this one comes behind. */
async function settled(raw: RawSocket): Promise<void> {
  raw.send({ type: 'ping' });
  while ((await raw.next()).type !== 'pong');
}
const expectMemoryBack = async (heldBytes: number): Promise<void> => {
  await expect
    .poll(async () => (await server.memory()).heldBytes, { timeout: 60_000, interval: 500 })
    .toBeLessThan(heldBytes + 64 * mebibyte);
};

it('subscriptions beyond what a connection may have are refused one by one, and all are gone with the connection', async () => {
  const { heldBytes } = await server.memory();
  for (let round = 0; round < 4; round += 1) {
    await using raw = await openMallory();
    for (let id = 0; id < 5_000; id += 1) raw.send(begin(`${id}`, follow, { id: `user-${round}-${id}` }));
    let refused = 0;
    while (refused < 4_500) {
      const { type, payload } = await raw.next();
      if (type !== 'error') continue;
      expect((payload as { extensions: object }[])[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED' });
      refused += 1;
    }
    await settled(raw);
  }
  await expectMemoryBack(heldBytes);
});

it('subscribing and completing without end leaves nothing behind', async () => {
  const { heldBytes } = await server.memory();
  await using raw = await openMallory();
  for (let round = 0; round < 20; round += 1) {
    for (let id = 0; id < 400; id += 1) {
      raw.send(begin(`${round}-${id}`, follow, { id: `user-${id}` }));
      raw.send({ type: 'complete', id: `${round}-${id}` });
    }
    await settled(raw);
  }
  for (let round = 0; round < 4_000; round += 1) {
    raw.send(begin('the same', '{ __typename }'));
    raw.send({ type: 'complete', id: 'the same' });
  }
  await settled(raw);
  // All that it may have is free again.
  for (let id = 0; id < 499; id += 1) raw.send(begin(`${id}`, follow, { id: `user-${id}` }));
  raw.send(begin('one more', '{ viewer { id } }'));
  for (let told = await raw.next(); told.id !== 'one more'; told = await raw.next())
    expect(told.type).toBe('next');
  await raw[Symbol.asyncDispose]();
  await expectMemoryBack(heldBytes);
});

it.each(['4409 for an id that is in use', '4400 for what is no message'])(
  'coming back again and again after %s troubles nobody',
  async (which) => {
    for (let round = 0; round < 50; round += 1) {
      await using raw = await openMallory();
      if (which.startsWith('4409'))
        for (let again = 0; again < 3; again += 1) raw.send(begin('1', follow, { id: 'bob' }));
      else raw.send('nonsense');
      expect((await raw.closed()).code).toBe(Number(which.slice(0, 4)));
    }
  },
);

it('whoever asks without reading the answers is not listened to, and fills no memory', async () => {
  const { heldBytes } = await server.memory();
  await using raw = await openMallory();
  raw.socket.pause();
  const query = '{ __schema { types { name description fields { name description } } } }';
  const ask = JSON.stringify(begin('x', query, { padding: 'x'.repeat(50_000) }));
  for (let id = 0; id < 2_000; id += 1) raw.send(ask.replace('"x"', `"${id}"`));
  for (let look = 0; look < 5; look += 1) {
    expect((await server.memory()).heldBytes).toBeLessThan(heldBytes + 48 * mebibyte);
  }
  // Most of what was asked has not even been taken.
  expect(raw.socket.bufferedAmount).toBeGreaterThan(1_000 * 50_000);
  await raw[Symbol.asyncDispose]();
  await expectMemoryBack(heldBytes);
});

it('requests on one HTTP connection without reading the answers do not pile up', async () => {
  const { heldBytes } = await server.memory();
  await using wire = await openWire(server);
  wire.socket.pause();
  const body = JSON.stringify({
    query: '{ __schema { types { name description fields { name description } } } }',
    variables: { padding: 'x'.repeat(50_000) },
  });
  const request = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let sent = 0; sent < 100; sent += 1) wire.socket.write(request.repeat(20));
  for (let look = 0; look < 5; look += 1) {
    expect((await server.memory()).heldBytes).toBeLessThan(heldBytes + 48 * mebibyte);
  }
  // Most of what was asked has not even been taken.
  expect(wire.socket.writableLength).toBeGreaterThan(1_000 * 50_000);
  await wire[Symbol.asyncDispose]();
  await expectMemoryBack(heldBytes);
});

describe('connections', () => {
  it('that come and go by the thousand leave nothing behind', async () => {
    const { heldBytes } = await server.memory();
    for (let round = 0; round < 40; round += 1) {
      const some = await Promise.all(
        Array.from({ length: 50 }, (_, index) => openMallory(`m-${round}-${index}`)),
      );
      for (const raw of some) raw.send(begin('1', follow, { id: `user-${round}` }));
      // Half of them without a word.
      await Promise.all(
        some.map((raw, index) => (index % 2 === 0 ? raw[Symbol.asyncDispose]() : hangUp(raw))),
      );
    }
    await expectMemoryBack(heldBytes);
  }, 120_000);

  it('beyond what one address may have are refused, and who is in stays in', async () => {
    const { hostname, port } = new URL(server.url);
    const sockets = Array.from({ length: 800 }, () => {
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      return { socket, heard: () => text };
    });
    await Promise.all(
      sockets.map(async ({ socket }) => void (socket.connecting && (await once(socket, 'connect')))),
    );
    const refused = () => sockets.filter(({ heard }) => heard().startsWith('HTTP/1.1 429')).length;
    await expect.poll(refused, { timeout: 20_000 }).toBeGreaterThanOrEqual(300);
    expect(refused()).toBeLessThan(400);
    expect(sockets.filter(({ socket }) => !socket.closed).length).toBeGreaterThan(400);
    for (const { socket } of sockets) socket.destroy();
  });
});

async function hangUp(raw: RawSocket): Promise<void> {
  raw.socket.close();
  await raw.closed();
}
