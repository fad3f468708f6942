// Operations that are short to write and long to answer. Each is refused with a sentence before anything is carried out, over HTTP
// and over a WebSocket, and whoever else asks is answered meanwhile.
import { describe, expect, it } from 'vitest';
import { errorKinds } from '../../src/errors.ts';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { post } from '../support/client.ts';
import { openGreetedSocket } from '../support/raw-socket.ts';

const server = useAttackedServer();

const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');
const nested = (count: number, open: string, inner: string): string =>
  `${open.repeat(count)}${inner}${' }'.repeat(count)}`;

/** Fragments that spread the next one twice: 2^n fields in n lines. */
const doubling = (levels: number): string =>
  `query { viewer { ...F0 } } ${times(levels, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)} fragment F${levels} on User { id }`;

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['depth', `{ ${nested(2_000, 'conversation(id: 1) { ', 'id')} }`, /tokens|levels deep|characters long/],
  [
    'depth through fragments',
    `{ ...F0 } ${times(40, (n) => `fragment F${n} on Query { viewer { ...F${n + 1} } }`)} fragment F40 on Query { viewer { id } }`,
    /levels deep/,
  ],
  ['depth through inline fragments', `{ ${nested(1_500, '... on Query { ', '__typename')} }`, /./],
  [
    'fragments in a circle',
    'query { ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
    /Cannot spread fragment/,
  ],
  [
    'a fragment within itself',
    'query { viewer { ...A } } fragment A on User { ...A }',
    /Cannot spread fragment/,
  ],
  ['width', `{ ${times(3_000, () => 'viewer { id }')} }`, /tokens|characters long/],
  ['aliases', `{ ${times(200, (n) => `a${n}: orders(first: 100) { nodes { id } }`)} }`, /aliases/],
  [
    'aliases in fragments',
    `{ ...A ...B } fragment A on Query { ${times(40, (n) => `a${n}: viewer { id }`)} } fragment B on Query { ${times(40, (n) => `b${n}: viewer { id }`)} }`,
    /aliases/,
  ],
  [
    'pages within pages',
    `{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id body sender { id name } } } participants { id name } } } }`,
    /could answer \d+ fields/,
  ],
  ['a thousand directives', `{ viewer { id ${times(600, () => '@skip(if: false)')} } }`, /tokens|"@skip"/],
  [
    'directives that nobody knows',
    `{ viewer { id ${times(500, (n) => `@d${n}`)} } }`,
    /Unknown directive|Too many validation errors/,
  ],
  ['a variable declared a thousand times', `query (${times(900, () => '$a: Int')}) { __typename }`, /./],
  [
    'fields that contradict each other',
    `{ ${times(50, (n) => `a: order(id: ${n}) { id }`)} }`,
    /conflict|Too many validation errors/,
  ],
  ['the schema in a circle', `{ __schema { types { ${nested(12, 'fields { type { ', 'name } ')} } } }`, /./],
  ['a list a hundred thousand deep', `{ order(id: ${'['.repeat(8_000)}) { id } }`, /./],
  ['an object ten thousand deep', `{ order(id: ${'{a:'.repeat(5_000)}) { id } }`, /./],
  ['an endless text', `{ order(id: "${'x'.repeat(20_000)}") { id } }`, /characters long/],
  ['block texts of nothing', `{ ${times(800, () => '"""x"""')} }`, /./],
  ['a number that is too long', `{ orders(first: ${'9'.repeat(10_000)}) { cursor } }`, /./],
];

describe('an operation with', () => {
  it.each(refusals)('%s is refused', async (_title, query, sentence) => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    const { body } = await post(server.url, { query }, { authorization: `Bearer ${token}` });
    expect(body.data ?? null).toBeNull();
    expect(body.errors?.length).toBeGreaterThan(0);
    for (const { message, extensions } of body.errors ?? []) {
      expect(message).toMatch(sentence);
      expect(['BAD_USER_INPUT', 'PAYLOAD_TOO_LARGE']).toContain(extensions?.['code']);
    }
    // However much is wrong, the answer is no larger than what was asked.
    expect(JSON.stringify(body).length).toBeLessThan(64 * 1_024);
    await using raw = await openGreetedSocket(server, token);
    raw.send({ type: 'subscribe', id: '1', payload: { query } });
    expect(await raw.next()).toMatchObject({ type: 'error', id: '1' });
    raw.send({ type: 'ping' });
    expect((await raw.next()).type).toBe('pong');
  });

  it('fragments that double sixty times is counted and refused, not carried out', async () => {
    const { body } = await post(server.url, { query: doubling(60) });
    expect(body.errors?.[0]?.message).toMatch(/could answer/);
  });

  it('the same field hundreds of times is compared with itself in no time: refused, or one field', async () => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    const query = `{ viewer { ${times(200, () => 'id')} } }`;
    const { body } = await post(server.url, { query }, { authorization: `Bearer ${token}` });
    expect(body.data ?? null).toEqual({ viewer: { id: 'mallory' } });
    const refused = await post(server.url, { query: `{ ${times(990, () => 'viewer { id }')} }` });
    expect(refused.body.errors?.[0]?.message).toMatch(/the same fields too often, "viewer" 990 times/);
  });
});

it('variables as deep or as many as a body has room for are refused, or not looked at', async () => {
  const deep = (open: string, close: string, levels: number) =>
    `${open.repeat(levels)}1${close.repeat(levels)}`;
  const bodies = [
    `{"query":"query ($id: ID!) { order(id: $id) { id } }","variables":{"id":${deep('[', ']', 100_000)}}}`,
    `{"query":"query ($id: ID!) { order(id: $id) { id } }","variables":{"id":${deep('{"a":', '}', 100_000)}}}`,
    `{"query":"{ __typename }","variables":{"unused":${deep('[', ']', 400_000)}}}`,
    `{"query":"{ __typename }","variables":{${Array.from({ length: 50_000 }, (_, n) => `"v${n}":1`).join(',')}}}`,
    `{"query":"{ __typename }","extensions":${deep('{"a":', '}', 100_000)}}`,
  ];
  for (const body of bodies) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBeLessThan(500);
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    for (const { extensions } of errors) {
      expect(Object.keys(errorKinds)).toContain(extensions.code);
      expect(extensions.code).not.toBe('INTERNAL');
    }
  }
});

it('a batch is refused, however it is spelt, and nothing of it is carried out', async () => {
  const token = await signDevelopmentToken({ user: 'mallory', scope: 'orders:publish' });
  const send = async (body: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
    });
  const input = '{ orderId: "batched", customerId: "mallory", status: PENDING }';
  const one = JSON.stringify({ query: `mutation { publishOrderUpdate(input: ${input}) { deduplicated } }` });
  for (const body of [
    `[${one}]`,
    `[${`${one},`.repeat(1_000)}${one}]`,
    `[[${one}]]`,
    `{"0":${one},"length":1}`,
  ]) {
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('deduplicated":');
  }
  await using raw = await openGreetedSocket(server, token);
  raw.send(`[{"type":"subscribe","id":"1","payload":${one}}]`);
  expect((await raw.closed()).code).toBe(4400);
  const ask = await send(JSON.stringify({ query: '{ order(id: "batched") { id } }' }));
  expect(await ask.json()).toEqual({ data: { order: null } });
});
