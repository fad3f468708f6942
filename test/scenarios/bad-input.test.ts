// What broken, hostile and mistaken clients send. Each gets its code and a sentence that says what to do; nothing of it
// is stored; the connection survives where the protocol lets it; and the server goes on for everybody.
import { randomUUID } from 'node:crypto';
import { request as openRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, post, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { httpGet } from '../support/http-get.ts';
import { openGreetedSocket, openSocket, upgradeStatus, type RawSocket } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

const maxPayloadBytes = 256 * 1_024;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ env: { MAX_PAYLOAD_BYTES: `${maxPayloadBytes}`, LOG_LEVEL: 'error' } });
}, 120_000);
afterAll(() => server.stop());

// Whatever a client does, the server answers the next one, and nothing of it is an error of the server's own.
afterEach(async () => {
  expect((await post(server.url, { query: '{ __typename }' })).status).toBe(200);
  expect(server.output()).not.toContain('"level":50');
});

const newWorkspace = () => `w-${randomUUID()}`;
const publish = /* GraphQL */ `
  mutation ($input: PublishOrderUpdateInput!) {
    publishOrderUpdate(input: $input) {
      deduplicated
      update {
        note
        cursor
      }
    }
  }
`;
const readOrder = /* GraphQL */ `
  query ($id: ID!) {
    order(id: $id) {
      status
      data
      trackingNumber
      cursor
      customer {
        id
      }
      timeline {
        note
      }
    }
  }
`;
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note order { id } } }';

describe('over HTTP', () => {
  const send = async (body: string | Buffer<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}, path = '/graphql') => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const expectError = (
    { status, text }: { status: number; text: string },
    expected: { status: number; code?: string; sentence: RegExp },
  ) => {
    expect(status).toBe(expected.status);
    expect(JSON.parse(text)).toMatchObject({
      errors: [
        {
          message: expect.stringMatching(expected.sentence),
          extensions: { code: expected.code ?? 'BAD_USER_INPUT' },
        },
      ],
    });
  };

  it.each([
    ['malformed JSON', '{"query": ', /not JSON/],
    ['nothing', '', /not JSON/],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), /not encoded as UTF-8/],
    ['no object', '"{ viewer { id } }"', /JSON object/],
    ['null', 'null', /JSON object/],
    ['no query', '{}', /query/],
    ['a query that is no text', '{"query": {"viewer": true}}', /"query"/],
    ['variables that are no object', '{"query": "{ __typename }", "variables": "id"}', /"variables"/],
    ['an unknown parameter', '{"query": "{ __typename }", "priority": 1}', /"priority"/],
    ['a batch', '[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', /[Bb]atch/],
    ['an empty batch', '[]', /[Bb]atch/],
  ])('%s is answered with 400', async (_title, body, sentence) => {
    expectError(await send(body), { status: 400, sentence });
  });

  it.each([
    ['a field that does not exist', '{ vewer { id } }', /"vewer"/],
    ['a syntax error', '{ viewer { id ', /Syntax Error/],
    ['an argument that does not exist', '{ order(id: 1, nope: 2) { id } }', /"nope"/],
    ['a missing argument', '{ order { id } }', /"id"/],
    ['a selection where there is none', '{ viewer { id { id } } }', /"id"/],
    ['selections without end', `{${'a{'.repeat(50_000)}`, /Syntax Error|nested too deeply/],
    ['lists without end', `{order(id:${'['.repeat(100_000)})}`, /Syntax Error|nested too deeply/],
    ['a great many fields', `{${' viewer { id }'.repeat(15_000)} nope }`, /./],
    ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }', /"A"/],
    ['two operations and no name', 'query A { __typename } query B { __typename }', /operation/],
  ])('%s is no valid operation', async (_title, query, sentence) => {
    const { status, text } = await send(JSON.stringify({ query }));
    // The GraphQL over HTTP rules: 200 to whoever accepts `application/json` alone, 400 to others.
    expectError({ status: status === 400 ? 200 : status, text }, { status: 200, sentence });
    const modern = await send(JSON.stringify({ query }), { accept: 'application/graphql-response+json' });
    expectError(modern, { status: 400, sentence });
  });

  it.each([
    ['a missing one', {}, /"\$id"/],
    ['null where there must be a value', { id: null }, /"\$id"/],
    ['an object for an id', { id: { eq: 1 } }, /"\$id".*ID/],
  ])('a variable that does not fit, %s, is told by its name', async (_title, variables, sentence) => {
    const query = 'query ($id: ID!) { order(id: $id) { id } }';
    expectError(await send(JSON.stringify({ query, variables })), { status: 200, sentence });
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'application/graphql'])(
    'a body of the type %s is refused: a page of another site could send it',
    async (type) => {
      const query = 'mutation { markAllNotificationsRead { unreadCount } }';
      expectError(await send(new URLSearchParams({ query }).toString(), { 'content-type': type }), {
        status: 415,
        sentence: /content-type: application\/json/,
      });
    },
  );

  it('a mutation by GET is refused, a query is answered', async () => {
    const mutation = encodeURIComponent('mutation { markAllNotificationsRead { unreadCount } }');
    const refused = await httpGet(server, `/graphql?query=${mutation}`);
    expectError(refused, { status: 405, sentence: /POST/ });
    const answered = await httpGet(server, `/graphql?query=${encodeURIComponent('{ __typename }')}`);
    expect(JSON.parse(answered.text)).toEqual({ data: { __typename: 'Query' } });
  });

  it('a body that is too large is refused, also one that does not tell its size', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(maxPayloadBytes) } });
    const expected = { status: 413, code: 'PAYLOAD_TOO_LARGE', sentence: /too large/ };
    expectError(await send(body), expected);
    expectError(await sendInChunks(body), expected);
  });

  it('a request target that is no address is answered like any other that leads nowhere', async () => {
    for (const target of ['//', '/nowhere', '/graphql/', '/%', '/..//graphql/x'])
      expectError(await httpGet(server, target), { status: 404, code: 'NOT_FOUND', sentence: /\/graphql/ });
  });

  it('every other method is refused', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${server.url}/graphql`, { method });
      expectError(
        { status: response.status, text: await response.text() },
        { status: 405, sentence: /GET and POST/ },
      );
    }
  });

  const sendInChunks = (body: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const sent = openRequest(`${server.url}/graphql`, { method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.once('error', reject);
      sent.write(body.slice(0, 1_000));
      sent.end(body.slice(1_000));
    });
});

describe('over a WebSocket', () => {
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
    raw.send(init(shop.token));
    raw.send(subscribe('1', publish, { input }));
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
    ['a subscribe with a number for its id', '{"type":"subscribe","id":1,"payload":{"query":"{ __typename }"}}'],
    ['a subscribe without a payload', '{"type":"subscribe","id":"1"}'],
    ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    ['a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":7}}'],
    ['variables that are no object', '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":"x"}}'],
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
      [`{${'a{'.repeat(50_000)}`, {}, /Syntax Error|nested too deeply/],
      ['query A { __typename } query B { __typename }', {}, /operation/],
      ['fragment A on Query { __typename }', {}, /./],
      ['subscription { orderUpdated { cursor } __typename }', {}, /one top level field/],
    ] as const) {
      raw.send(subscribe('1', query, variables));
      const { type, id, payload } = await raw.next();
      expect({ type, id }).toEqual({ type: 'error', id: '1' });
      expect(payload[0]).toMatchObject({
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
    expect(payload[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
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
});

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe('orders', () => {
  interface Stored {
    readonly order: { readonly cursor: string; readonly customer: { readonly id: string } } | null;
  }
  const newShop = async () => {
    const workspace = newWorkspace();
    const shop = await connect(server, 'shop', { workspace, scope: 'orders:publish' });
    const alice = await connect(server, 'alice', { workspace });
    const update = (input: object) => shop.request(publish, { input });
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING', note: 'first' });
    const stored = (id = '42') => alice.request<Stored>(readOrder, { id });
    return { workspace, shop, alice, update, stored };
  };

  it.each<[string, object, string, RegExp]>([
    ['another customer', { customerId: 'bob' }, 'BAD_USER_INPUT', /never changes its customer/],
    ['an unknown status', { status: 'TELEPORTED' }, 'BAD_USER_INPUT', /TELEPORTED/],
    ['no status', { status: undefined }, 'BAD_USER_INPUT', /status/],
    ['an unknown field', { colour: 'red' }, 'BAD_USER_INPUT', /"colour"/],
    ['a negative number of items', { itemCount: -1 }, 'BAD_USER_INPUT', /negative/],
    ['half an item', { itemCount: 1.5 }, 'BAD_USER_INPUT', /itemCount/],
    ['more items than an Int holds', { itemCount: 2 ** 31 }, 'BAD_USER_INPUT', /itemCount/],
    ['an amount that is no number', { total: { amount: 'lots', currency: 'EUR' } }, 'BAD_USER_INPUT', /299\.99/],
    ['an amount with a comma', { total: { amount: '1,50', currency: 'EUR' } }, 'BAD_USER_INPUT', /299\.99/],
    ['an amount in scientific notation', { total: { amount: '1e3', currency: 'EUR' } }, 'BAD_USER_INPUT', /299\.99/],
    ['a negative amount', { total: { amount: '-1', currency: 'EUR' } }, 'BAD_USER_INPUT', /not negative/],
    ['a currency that does not exist', { total: { amount: '1', currency: 'EURO' } }, 'BAD_USER_INPUT', /ISO 4217/],
    ['a note that is too long', { note: 'x'.repeat(2_001) }, 'BAD_USER_INPUT', /at most 2000/],
    ['half of a surrogate pair in the note', { note: 'before \ud83d after' }, 'BAD_USER_INPUT', /`note`.*Unicode/],
    ['the other half', { note: '\ude00' }, 'BAD_USER_INPUT', /`note`.*Unicode/],
    ['NUL in the note', { note: 'a\u0000b' }, 'BAD_USER_INPUT', /`note`.*NUL/],
    ['NUL in the tracking number', { trackingNumber: '\u0000' }, 'BAD_USER_INPUT', /`trackingNumber`.*NUL/],
    ['a tracking number that is too long', { trackingNumber: 'x'.repeat(257) }, 'BAD_USER_INPUT', /at most 256/],
    ['half of a surrogate pair deep in data', { data: { a: [{ b: '\ud83d' }] } }, 'BAD_USER_INPUT', /`data`.*Unicode/],
    ['NUL in a key of data', { data: { 'a\u0000': 1 } }, 'BAD_USER_INPUT', /`data`.*NUL/],
    ['data that is too large', { data: 'x'.repeat(65_536) }, 'PAYLOAD_TOO_LARGE', /65536/],
    ['data that is too deep', { data: nested(34) }, 'BAD_USER_INPUT', /32 levels/],
    ['data that is far too deep', { data: nested(1_000) }, 'BAD_USER_INPUT', /32 levels/],
    ['an empty idempotency key', { idempotencyKey: '' }, 'BAD_USER_INPUT', /`idempotencyKey`/],
    ['an idempotency key that is too long', { idempotencyKey: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`idempotencyKey`/],
  ])('%s is refused, and nothing is stored', async (_title, change, code, sentence) => {
    const { update, stored } = await newShop();
    const before = await stored();
    const refused = await failureOf(update({ orderId: '42', status: 'SHIPPED', ...change }));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(sentence);
    expect(await stored()).toEqual(before);
  });

  it('data as deep as a body has room for is refused, and nothing is stored', async () => {
    const { shop, stored } = await newShop();
    const before = await stored();
    const levels = 100_000;
    const variables = `{"input":{"orderId":"42","status":"SHIPPED","data":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.token}` },
      body: `{"query":${JSON.stringify(publish)},"variables":${variables}}`,
    });
    expect(await response.json()).toMatchObject({
      errors: [{ message: expect.stringContaining('32 levels'), extensions: { code: 'BAD_USER_INPUT' } }],
    });
    expect(await stored()).toEqual(before);
  });

  it.each<[string, object, RegExp]>([
    ['an empty id', { orderId: '', customerId: 'alice' }, /`orderId`/],
    ['an id that is too long', { orderId: 'x'.repeat(257), customerId: 'alice' }, /`orderId`.*at most 256/],
    ['an id with NUL', { orderId: 'a\u0000', customerId: 'alice' }, /`orderId`.*NUL/],
    ['an id that is no Unicode', { orderId: '\ud83d', customerId: 'alice' }, /`orderId`.*Unicode/],
    ['a new order without its customer', { orderId: 'new' }, /`customerId`/],
    ['a new order with an empty customer', { orderId: 'new', customerId: '' }, /`customerId`/],
    ['a customer with NUL', { orderId: 'new', customerId: '\u0000' }, /`customerId`.*NUL/],
  ])('%s is refused, and no order appears', async (_title, input, sentence) => {
    const { update, alice } = await newShop();
    const refused = await failureOf(update({ status: 'PENDING', ...input }));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(sentence);
    expect(await alice.request('{ orders { nodes { id } } }')).toEqual({ orders: { nodes: [{ id: '42' }] } });
  });

  it('a used idempotency key with other content is a conflict, and nothing is stored', async () => {
    const { update, stored } = await newShop();
    await update({ orderId: '42', status: 'CONFIRMED', idempotencyKey: 'k' });
    const before = await stored();
    for (const other of [
      { orderId: '42', status: 'SHIPPED' },
      { orderId: '42', status: 'CONFIRMED', note: 'more' },
      { orderId: '43', customerId: 'alice', status: 'CONFIRMED' },
    ]) {
      const refused = await failureOf(update({ ...other, idempotencyKey: 'k' }));
      expect(refused.code).toBe('CONFLICT');
      expect(refused.message).toMatch(/new key/);
    }
    expect(await stored()).toEqual(before);
    expect(await stored('43')).toEqual({ order: null });
  });

  it('a cursor that is none, or of another stream, is refused with where to get the right one', async () => {
    const { update, stored, alice } = await newShop();
    await update({ orderId: '43', customerId: 'alice', status: 'PENDING' });
    const ofAnother = (await stored('43')).order?.cursor ?? '';
    const { orders } = await alice.request<{
      orders: { cursor: string; pageInfo: { endCursor: string } };
    }>('{ orders { cursor pageInfo { endCursor } } }');
    const followAfter = (after: string, orderId: string | null = '42') =>
      failureOf(alice.subscribe(follow, { orderId, after }).next());

    for (const after of [
      '',
      'nonsense',
      '💥',
      'x'.repeat(10_000),
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('{"topic":"demo/order/42"}').toString('base64url'),
      orders.pageInfo.endCursor,
    ]) {
      const refused = await followAfter(after);
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toMatch(/`after` is not a cursor of an event stream/);
    }
    for (const [after, orderId] of [
      [ofAnother, '42'],
      [orders.cursor, '42'],
      [ofAnother, null],
    ] as const) {
      const refused = await followAfter(after, orderId);
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toMatch(/another stream\. Take it from `orders?`/);
    }
    const page = await failureOf(
      alice.request('query ($after: String) { orders(after: $after) { cursor } }', {
        after: orders.cursor,
      }),
    );
    expect(page.code).toBe('BAD_USER_INPUT');
    expect(page.message).toMatch(/`endCursor`/);
    // The connection on which all of that was refused goes on.
    expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: 'alice' } });
  });

  it('a cursor beyond the end of its stream has expired', async () => {
    const { stored, alice } = await newShop();
    const parts = JSON.parse(
      Buffer.from((await stored()).order?.cursor ?? '', 'base64url').toString('utf8'),
    ) as unknown[];
    const forge = (index: number, value: unknown) =>
      Buffer.from(JSON.stringify(parts.with(index, value))).toString('base64url');
    for (const after of [forge(3, 1_000_000), forge(4, randomUUID()), forge(1, randomUUID())]) {
      const refused = await failureOf(alice.subscribe(follow, { orderId: '42', after }).next());
      expect(refused.code).toBe('CURSOR_EXPIRED');
      expect(refused.message).toMatch(/Query `order` anew/);
    }
  });

  it.each([0, -1, 101, 2 ** 31 - 1])('a page of %d is refused', async (first) => {
    const { alice } = await newShop();
    const refused = await failureOf(
      alice.request('query ($first: Int) { orders(first: $first) { cursor } }', { first }),
    );
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(/1 to 100/);
  });

  it.each([
    ['emoji', 'Shipped 🚚👩‍👩‍👧‍👦'],
    ['white space around', '  two spaces, a tab\t, lines\r\n\n and more  '],
    ['nothing but white space', ' \t\n '],
    ['nothing', ''],
    ['marks not combined', 'e\u0301 \u1112\u1161\u11ab'],
    ['control characters', '\u0001\u001b[31m\u007f\u0085'],
    ['a byte order mark and no-characters', '\ufeffa\uffff\ufffd\u2028'],
    ['markup', `<script>alert('"')</script> & \\u0000 \\`],
    ['as many characters as there may be', '😀'.repeat(2_000)],
  ])('%s is stored as sent', async (_title, note) => {
    const { update, stored, alice } = await newShop();
    const after = (await stored()).order?.cursor;
    const data = { [note]: [note] };
    await update({ orderId: '42', status: 'SHIPPED', note, trackingNumber: note.slice(0, 50), data });
    await using live = alice.subscribe(follow, { orderId: '42', after });
    expect(await live.next()).toEqual({ orderUpdated: { note, order: { id: '42' } } });
    expect(await stored()).toMatchObject({
      order: { timeline: [{ note: 'first' }, { note }], trackingNumber: note.slice(0, 50), data },
    });
  });

  it.each(['a/b', 'a%2Fb', '..', 'ä ö', '🧾', 'acme/order/42', '*', '{42}', '__proto__'])(
    'the order id %s is an order of its own',
    async (orderId) => {
      const { update, stored, alice } = await newShop();
      const before = await stored();
      await update({ orderId, customerId: 'alice', status: 'PENDING' });
      const after = (await stored(orderId)).order?.cursor;
      await update({ orderId, status: 'SHIPPED', note: 'its own' });
      await using live = alice.subscribe(follow, { orderId, after });
      expect(await live.next()).toEqual({ orderUpdated: { note: 'its own', order: { id: orderId } } });
      expect(await stored()).toEqual(before);
    },
  );
});

describe('names of users', () => {
  const upsert = 'mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id name avatarUrl } } }';
  const backend = (): Promise<Person> =>
    connect(server, 'backend', { workspace: newWorkspace(), scope: 'users:write' });

  it.each<[string, readonly object[], RegExp]>([
    ['nobody', [], /at least 1/],
    ['501 at a time', Array.from({ length: 501 }, (_, n) => ({ id: `u${n}`, name: 'n' })), /at most 500/],
    ['one of them twice', [{ id: 'a', name: 'A' }, { id: 'a', name: 'B' }], /twice/],
    ['one without a name', [{ id: 'a', name: '' }], /`users\.name`/],
    ['a name that is no Unicode', [{ id: 'a', name: '\udc00' }], /Unicode/],
    ['a picture without https', [{ id: 'a', name: 'A', avatarUrl: 'javascript:alert(1)' }], /https/],
  ])('%s is refused', async (_title, users, sentence) => {
    await using service = await backend();
    const refused = await failureOf(service.request(upsert, { users }));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(sentence);
  });

  it('needs its scope', async () => {
    await using alice = await connect(server, 'alice', { workspace: newWorkspace() });
    const refused = await failureOf(alice.request(upsert, { users: [{ id: 'bob', name: 'Bob' }] }));
    expect(refused.code).toBe('FORBIDDEN');
    expect(refused.message).toContain('users:write');
  });
});
