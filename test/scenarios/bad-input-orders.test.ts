// What publishers and followers of orders get wrong. Each mistake gets its code and a sentence that says what to do, and
// nothing of it is stored; texts that are no mistake are stored as they were sent.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const server = useSturdyServer();

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
    [
      'an amount that is no number',
      { total: { amount: 'lots', currency: 'EUR' } },
      'BAD_USER_INPUT',
      /299\.99/,
    ],
    ['an amount with a comma', { total: { amount: '1,50', currency: 'EUR' } }, 'BAD_USER_INPUT', /299\.99/],
    [
      'an amount in scientific notation',
      { total: { amount: '1e3', currency: 'EUR' } },
      'BAD_USER_INPUT',
      /299\.99/,
    ],
    ['a negative amount', { total: { amount: '-1', currency: 'EUR' } }, 'BAD_USER_INPUT', /not negative/],
    [
      'a currency that does not exist',
      { total: { amount: '1', currency: 'EURO' } },
      'BAD_USER_INPUT',
      /ISO 4217/,
    ],
    ['a note that is too long', { note: 'x'.repeat(2_001) }, 'BAD_USER_INPUT', /at most 2000/],
    [
      'half of a surrogate pair in the note',
      { note: 'before \ud83d after' },
      'BAD_USER_INPUT',
      /`note`.*Unicode/,
    ],
    ['the other half', { note: '\ude00' }, 'BAD_USER_INPUT', /`note`.*Unicode/],
    ['NUL in the note', { note: 'a\u0000b' }, 'BAD_USER_INPUT', /`note`.*NUL/],
    ['NUL in the tracking number', { trackingNumber: '\u0000' }, 'BAD_USER_INPUT', /`trackingNumber`.*NUL/],
    [
      'a tracking number that is too long',
      { trackingNumber: 'x'.repeat(257) },
      'BAD_USER_INPUT',
      /at most 256/,
    ],
    [
      'half of a surrogate pair deep in data',
      { data: { a: [{ b: '\ud83d' }] } },
      'BAD_USER_INPUT',
      /`data`.*Unicode/,
    ],
    ['NUL in a key of data', { data: { 'a\u0000': 1 } }, 'BAD_USER_INPUT', /`data`.*NUL/],
    ['data that is too large', { data: 'x'.repeat(65_536) }, 'PAYLOAD_TOO_LARGE', /65536/],
    ['data that is too deep', { data: nested(34) }, 'BAD_USER_INPUT', /32 levels/],
    ['data that is far too deep', { data: nested(1_000) }, 'BAD_USER_INPUT', /32 levels/],
    ['an empty idempotency key', { idempotencyKey: '' }, 'BAD_USER_INPUT', /`idempotencyKey`/],
    [
      'an idempotency key that is too long',
      { idempotencyKey: 'x'.repeat(257) },
      'BAD_USER_INPUT',
      /`idempotencyKey`/,
    ],
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
      // Left out it stays as it is, null empties it.
      { orderId: '42', status: 'CONFIRMED', trackingNumber: null },
      { orderId: '42', status: 'CONFIRMED', data: null },
    ]) {
      const refused = await failureOf(update({ ...other, idempotencyKey: 'k' }));
      expect(refused.code).toBe('CONFLICT');
      expect(refused.message).toMatch(/new key/);
    }
    expect(await stored()).toEqual(before);
    expect(await stored('43')).toEqual({ order: null });
    // Where null says no more than nothing, it is the same.
    const same = { paymentStatus: null, note: null, notifyCustomer: null, customerId: null };
    await update({ orderId: '42', status: 'CONFIRMED', idempotencyKey: 'k', ...same });
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['NUL', 'a\u0000b'],
    ['half of a surrogate pair', '\ud800'],
    ['too long', 'x'.repeat(300_000)],
    ['empty', ''],
  ])('an order id that is none (%s) is refused wherever it is read', async (_what, id) => {
    const { alice } = await newShop();
    const read = failureOf(alice.request('query ($id: ID!) { order(id: $id) { id } }', { id }));
    const followed = failureOf(alice.subscribe(follow, { orderId: id }).next());
    for (const refused of await Promise.all([read, followed])) {
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message.length).toBeLessThan(200);
    }
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
  const upsert =
    'mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id name avatarUrl } } }';
  const backend = (): Promise<Person> =>
    connect(server, 'backend', { workspace: newWorkspace(), scope: 'users:write' });

  it.each<[string, readonly object[], RegExp]>([
    ['nobody', [], /at least 1/],
    ['501 at a time', Array.from({ length: 501 }, (_, n) => ({ id: `u${n}`, name: 'n' })), /at most 500/],
    [
      'one of them twice',
      [
        { id: 'a', name: 'A' },
        { id: 'a', name: 'B' },
      ],
      /twice/,
    ],
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
