// What broken, hostile and mistaken clients send over a WebSocket. The connection survives where the protocol lets it, and
// closes with the protocol's code where it does not.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { openGreetedSocket, openSocket, upgradeStatus, type RawSocket } from '../support/raw-socket.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const maxPayloadBytes = 256 * 1_024;
const server = useSturdyServer({ MAX_PAYLOAD_BYTES: `${maxPayloadBytes}` });

const newWorkspace = () => `w-${randomUUID()}`;
const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }';
const readOrder = 'query ($id: ID!) { order(id: $id) { cursor } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note order { id } } }';
const init = (token: string) => ({ type: 'connection_init', payload: { token } });
const subscribe = (id: string, query: string, variables: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
});
const tokenOf = async (user: string, workspace = newWorkspace()) => {
  await using person = await connect(server, user, { workspace });
  return person.token;
};
const expectAlive = async (raw: RawSocket) => {
  raw.send(subscribe('alive', '{ __typename }'));
  expect(await raw.next()).toEqual({
    type: 'next',
    id: 'alive',
    payload: { data: { __typename: 'Query' } },
  });
  expect(await raw.next()).toEqual({ type: 'complete', id: 'alive' });
};

it('an operation before connection_init closes with 4401', async () => {
  await using raw = await openSocket(server);
  raw.send(subscribe('1', '{ __typename }'));
  expect((await raw.closed()).code).toBe(4401);
});

it('an operation before the acknowledgement closes with 4401, and does nothing', async () => {
  const workspace = newWorkspace();
  await using shop = await connect(server, 'shop', { workspace, scope: 'orders:publish' });
  await using raw = await openSocket(server);
  const input = { orderId: '1', customerId: 'shop', status: 'PENDING' };
  raw.sendTogether(init(shop.token), subscribe('1', publish, { input }));
  expect((await raw.closed()).code).toBe(4401);
  expect(await shop.request(readOrder, { id: '1' })).toEqual({ order: null });
});

it('a second connection_init closes with 4429', async () => {
  const token = await tokenOf('alice');
  await using raw = await openGreetedSocket(server, token);
  raw.send(init(token));
  expect((await raw.closed()).code).toBe(4429);
});

it('who never says connection_init is let go with 4408', async () => {
  await using raw = await openSocket(server);
  expect((await raw.closed()).code).toBe(4408);
});

it.each([
  ['no JSON', 'hello'],
  ['half a JSON', '{"type":"ping"'],
  ['no object', '[]'],
  ['null', 'null'],
  ['no type', '{}'],
  ['an unknown type', '{"type":"start","id":"1","payload":{"query":"{ __typename }"}}'],
  ['a type of the server’s', '{"type":"connection_ack"}'],
  ['next, which is the server’s', '{"type":"next","id":"1","payload":{}}'],
  ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}'],
  ['a subscribe with an empty id', '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}'],
  [
    'a subscribe with a number for its id',
    '{"type":"subscribe","id":1,"payload":{"query":"{ __typename }"}}',
  ],
  ['a subscribe without a payload', '{"type":"subscribe","id":"1"}'],
  ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
  ['a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":7}}'],
  [
    'variables that are no object',
    '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":"x"}}',
  ],
  ['lists without end', '['.repeat(100_000)],
  ['bytes', Buffer.from([0xff, 0xfe, 0x00])],
])('%s closes with 4400', async (_title, message) => {
  await using raw = await openGreetedSocket(server, await tokenOf('alice'));
  raw.send(message);
  expect((await raw.closed()).code).toBe(4400);
});

it('messages in binary frames count like texts where they are UTF-8', async () => {
  const token = await tokenOf('alice');
  await using raw = await openSocket(server);
  raw.send(Buffer.from(JSON.stringify(init(token))));
  expect(await raw.next()).toEqual({ type: 'connection_ack' });
  await expectAlive(raw);
});

it('a text frame that is no UTF-8 closes with 1007', async () => {
  await using raw = await openGreetedSocket(server, await tokenOf('alice'));
  raw.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  expect((await raw.closed()).code).toBe(1007);
});

it('another subprotocol is not spoken', async () => {
  for (const protocols of [['graphql-ws'], ['soap']]) {
    await expect(openSocket(server, { protocols })).rejects.toThrow(/subprotocol/i);
  }
  await using none = await openSocket(server, { protocols: [] });
  expect((await none.closed()).code).toBe(4406);
});

it('an address that is none is refused, and nothing breaks', async () => {
  expect(await upgradeStatus(server, { path: '//' })).toBe(404);
  expect(await upgradeStatus(server, { path: '/' })).toBe(404);
});

it('an id that is in use closes with 4409, however long it is', async () => {
  for (const id of ['1', 'long'.repeat(100)]) {
    await using raw = await openGreetedSocket(server, await tokenOf('alice'));
    raw.send(subscribe(id, follow));
    raw.send(subscribe(id, follow));
    expect((await raw.closed()).code).toBe(4409);
  }
});

it('a message that is too large closes with 1009', async () => {
  await using raw = await openGreetedSocket(server, await tokenOf('alice'));
  raw.send({ type: 'ping', payload: { text: 'x'.repeat(maxPayloadBytes) } });
  expect((await raw.closed()).code).toBe(1009);
});

it('a mistake in an operation costs the operation and not the connection', async () => {
  await using raw = await openGreetedSocket(server, await tokenOf('alice'));
  for (const [query, variables, sentence] of [
    ['{ vewer { id } }', {}, /"vewer"/],
    ['{ viewer { id ', {}, /Syntax Error/],
    [`{${'a{'.repeat(1_900)}`, {}, /Syntax Error|nested too deeply/],
    ['query A { __typename } query B { __typename }', {}, /operation/],
    ['fragment A on Query { __typename }', {}, /./],
    ['subscription { orderUpdated { cursor } __typename }', {}, /one top level field/],
  ] as const) {
    raw.send(subscribe('1', query, variables));
    const { type, id, payload } = await raw.next();
    expect({ type, id }).toEqual({ type: 'error', id: '1' });
    expect((payload as readonly object[])[0]).toMatchObject({
      message: expect.stringMatching(sentence),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  }
  raw.send({ type: 'complete', id: 'never started' });
  raw.send({ type: 'pong' });
  await expectAlive(raw);
});

it('an error tells nothing of the inside: codes and sentences, no `http` and no stack', async () => {
  await using raw = await openGreetedSocket(server, await tokenOf('alice'));
  raw.send(subscribe('1', '{ vewer { id } }'));
  const { payload } = await raw.next();
  expect(payload).toEqual([
    {
      message: expect.stringContaining('"vewer"'),
      locations: [{ line: 1, column: 3 }],
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
});

it('a ping is answered, before connection_init too', async () => {
  await using raw = await openSocket(server);
  raw.send({ type: 'ping', payload: { at: 7 } });
  expect(await raw.next()).toEqual({ type: 'pong', payload: { at: 7 } });
});

it('an id that was completed can be used again at once: only the newest operation is heard', async () => {
  const workspace = newWorkspace();
  await using shop = await connect(server, 'shop', { workspace, scope: 'orders:publish' });
  const update = (input: object) => shop.request(publish, { input: { status: 'SHIPPED', ...input } });
  const cursors = new Map<string, string>();
  for (const orderId of ['a', 'b', 'c']) {
    await update({ orderId, customerId: 'alice' });
    await using alice = await connect(server, 'alice', { workspace });
    const { order } = await alice.request<{ order: { cursor: string } }>(readOrder, { id: orderId });
    cursors.set(orderId, order.cursor);
  }
  await using raw = await openGreetedSocket(server, await tokenOf('alice', workspace));
  const followOrder = (orderId: string) =>
    raw.send(subscribe('1', follow, { orderId, after: cursors.get(orderId) }));
  followOrder('a');
  raw.send({ type: 'complete', id: '1' });
  followOrder('b');
  raw.send({ type: 'complete', id: '1' });
  followOrder('c');
  for (const orderId of ['a', 'b', 'c']) await update({ orderId, note: 'once' });
  const heard = { type: 'next', id: '1', payload: { data: { orderUpdated: { order: { id: 'c' } } } } };
  expect(await raw.next()).toMatchObject(heard);
  for (const orderId of ['a', 'b', 'c']) await update({ orderId, note: 'twice' });
  expect(await raw.next()).toMatchObject(heard);
  raw.send({ type: 'complete', id: '1' });
  for (const orderId of ['a', 'b', 'c']) await update({ orderId, note: 'unheard' });
  await expectAlive(raw);
});

it.each([
  'subscription { orderUpdated @skip(if: true) { note } }',
  'subscription { ... @include(if: false) { orderUpdated { note } } }',
  'subscription { ...F @skip(if: true) } fragment F on Subscription { orderUpdated { note } }',
  'subscription { ...F } fragment F on Subscription { orderUpdated @include(if: false) { note } }',
])('%s is refused alone: the other subscriptions go on', async (query) => {
  const workspace = newWorkspace();
  await using shop = await connect(server, 'shop', { workspace, scope: 'orders:publish' });
  await using raw = await openGreetedSocket(server, shop.token);
  const input = { orderId: '1', customerId: 'shop', status: 'PENDING' };
  await shop.request(publish, { input });
  const { order } = await shop.request<{ order: { cursor: string } }>(readOrder, { id: '1' });
  raw.send(subscribe('healthy', follow, { orderId: '1', after: order.cursor }));
  raw.send(subscribe('skipped', query));
  expect(await raw.next()).toMatchObject({
    type: 'error',
    id: 'skipped',
    payload: [
      {
        message: expect.stringMatching(/remove @(skip|include)/),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  });
  await shop.request(publish, { input: { ...input, note: 'heard' } });
  expect(await raw.next()).toMatchObject({ type: 'next', id: 'healthy' });
});

it('who leaves in the middle of everything troubles nobody', async () => {
  const token = await tokenOf('alice');
  for (let round = 0; round < 20; round += 1) {
    await using raw = await openGreetedSocket(server, token);
    for (let id = 0; id < 10; id += 1) raw.send(subscribe(`${id}`, follow));
    for (let id = 0; id < 5; id += 1) raw.send({ type: 'complete', id: `${id}` });
    for (let id = 0; id < 5; id += 1) raw.send(subscribe(`${id}`, follow));
  }
  await using raw = await openGreetedSocket(server, token);
  await expectAlive(raw);
});
