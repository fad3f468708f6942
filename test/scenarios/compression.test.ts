// Compression of WebSocket messages, where it is switched on: for clients that can, and nothing else changes.
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { connect } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ env: { WEBSOCKET_COMPRESSION: 'on' } });
}, 60_000);
afterAll(() => server.stop());

const long = 'the same again and again, '.repeat(200);

/** Follows an order; answers the notes that it was told of, and what came over the network for them. */
async function follow(perMessageDeflate: boolean) {
  const token = await signDevelopmentToken({ user: 'alice', workspace: 'acme', roles: ['staff'] });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate,
  });
  const notes: string[] = [];
  socket.on('message', (bytes: Buffer) => {
    const { type, payload } = JSON.parse(bytes.toString('utf8')) as {
      readonly type: string;
      readonly payload?: { readonly data: { readonly orderUpdated: { readonly note: string } } };
    };
    if (type === 'connection_ack') {
      const query = 'subscription { orderUpdated(orderId: "o") { note } }';
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
    }
    if (payload !== undefined) notes.push(payload.data.orderUpdated.note);
  });
  let received = 0;
  await new Promise<void>((resolve) => socket.once('open', resolve));
  const tcp = (
    socket as unknown as { readonly _socket: { on(event: 'data', listen: (bytes: Buffer) => void): void } }
  )._socket;
  tcp.on('data', (bytes) => (received += bytes.length));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
  return {
    socket,
    notes,
    get received() {
      return received;
    },
  };
}

test('those who can are told in fewer bytes, the others as before, and both the same', async () => {
  await using publisher = await connect(server, 'alice', {
    workspace: 'acme',
    roles: ['staff'],
    scope: 'orders:publish',
  });
  const publish = (note: string) =>
    publisher.request(
      'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
      { input: { orderId: 'o', customerId: 'bob', status: 'PROCESSING', note } },
    );
  await publish('first');
  const [compressed, plain] = [await follow(true), await follow(false)];
  expect(compressed.socket.extensions).toContain('permessage-deflate');
  expect(plain.socket.extensions).not.toContain('permessage-deflate');
  // Both follow once both have been told of something.
  while (compressed.notes.length === 0 || plain.notes.length === 0) await publish('here');
  const before = [compressed.received, plain.received] as const;
  const notes = Array.from(
    { length: 50 },
    (_, index) => `${index} ${index % 2 === 0 ? long.slice(0, 1_900) : ''}`,
  );
  for (const note of notes) await publish(note);
  await expect
    .poll(() => [compressed.notes.at(-1), plain.notes.at(-1)])
    .toEqual([notes.at(-1), notes.at(-1)]);
  expect(compressed.notes.filter((note) => note !== 'here')).toEqual(notes);
  expect(plain.notes.filter((note) => note !== 'here')).toEqual(notes);
  expect(compressed.received - before[0]).toBeLessThan((plain.received - before[1]) / 2);
  compressed.socket.terminate();
  plain.socket.terminate();
});
