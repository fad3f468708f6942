// What one operation may ask for, what is told of the schema, and the list of the only operations that are carried out.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, post, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { httpGet } from '../support/http-get.ts';
import { openGreetedSocket } from '../support/raw-socket.ts';
import { runServerToItsEnd, startServer, type TestServer } from '../support/server.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const production = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tidings-tests',
};

const tokenOf = (user: string): Promise<string> =>
  new SignJWT({ workspace: 'demo' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(production.JWT_ISSUER)
    .setAudience(production.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(production.JWT_SECRET));

/** No field of the schema goes as deep as this: how deep it is counts before what it is. */
const nested = (levels: number): string => `{ ${'orders { '.repeat(levels)} id ${'} '.repeat(levels)} }`;

describe('an operation', () => {
  const server = useSturdyServer();
  let alice: Person;
  beforeAll(async () => void (alice = await connect(server, 'alice')));
  afterAll(() => alice[Symbol.asyncDispose]());

  const aliases = Array.from({ length: 60 }, (_, index) => `a${index}: viewer { id }`).join(' ');
  const tooMuch: readonly (readonly [string, string, string, RegExp])[] = [
    ['too deep', nested(13), 'BAD_USER_INPUT', /levels deep, and may be 12/],
    ['with too many aliases', `{ ${aliases} }`, 'BAD_USER_INPUT', /60 aliases, and may have 50/],
    ['with too many signs', `{ ${'a '.repeat(4_001)} }`, 'BAD_USER_INPUT', /more than 4000 tokens/],
    [
      'too long',
      `{ viewer { id } } #${'-'.repeat(20_000)}`,
      'PAYLOAD_TOO_LARGE',
      /characters long, and may be 16384/,
    ],
  ];

  it.each(tooMuch)(
    '%s is refused over HTTP and over a WebSocket, and says by how much',
    async (_what, query, code, sentence) => {
      for (const ask of [() => alice.request(query), () => alice.requestOverWebSocket(query)]) {
        const failure = await failureOf(ask());
        expect(failure.code).toBe(code);
        expect(failure.message).toMatch(sentence);
      }
      await alice.requestOverWebSocket('{ viewer { id } }');
    },
  );

  it('that could answer too much is refused before anything is carried out, whatever its variables say', async () => {
    const many = `query Many($first: Int) { orders(first: $first) { nodes { ${'id '.repeat(30)} } } }`;
    const few = `query Few($first: Int) { orders(first: $first) { nodes { id } } }`;
    await alice.request(few, { first: 100 });
    await using cheap = await startServer({ env: { MAX_QUERY_COST: '100' } });
    const bob = await connect(cheap, 'bob');
    await bob.request(few, { first: 20 });
    for (const ask of [
      () => bob.request(few, { first: 100 }),
      () => bob.requestOverWebSocket(few, { first: 100 }),
      () => bob.requestOverWebSocket(many, { first: 5 }),
    ]) {
      const failure = await failureOf(ask());
      expect(failure.code).toBe('BAD_USER_INPUT');
      expect(failure.message).toMatch(/could answer \d+ fields, and may 100/);
    }
    const subscription = await failureOf(
      bob.subscribe(`subscription { presenceChanged(userIds: ["bob"]) { ${'status '.repeat(120)} } }`).next(),
    );
    expect(subscription.message).toMatch(/could answer 121 fields, and may 100/);
    await bob[Symbol.asyncDispose]();
  });

  it('that GraphiQL begins with is within the limits', async () => {
    await alice.request(getIntrospectionQuery());
  });
});

describe('in production', () => {
  let server: TestServer;
  let open: TestServer;
  beforeAll(async () => {
    server = await startServer({ command: 'start', env: production });
    open = await startServer({
      command: 'start',
      env: { ...production, INTROSPECTION: 'on', GRAPHIQL: 'on' },
    });
  });
  afterAll(async () => void (await Promise.all([server.stop(), open.stop()])));

  const html = { accept: 'text/html' };

  it('neither the schema nor GraphiQL is for everybody', async () => {
    const authorization = `Bearer ${await tokenOf('alice')}`;
    const { body } = await post(server.url, { query: getIntrospectionQuery() }, { authorization });
    expect(body.errors?.[0]?.message).toMatch(/introspection/i);
    expect(body.errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
    expect(
      (await post(server.url, { query: '{ __typename }' }, { authorization })).body.errors,
    ).toBeUndefined();
    expect((await httpGet(server, '/graphql', html)).text).not.toContain('<html');
  });

  it('both are by a setting, without a token in the page', async () => {
    const authorization = `Bearer ${await tokenOf('alice')}`;
    const { body } = await post(open.url, { query: getIntrospectionQuery() }, { authorization });
    expect(body.errors).toBeUndefined();
    const page = await httpGet(open, '/graphql', html);
    expect(page.text).toContain('<div id="root">');
    expect(page.text).not.toContain('Bearer');
    const asset = /href="([^"]+graphiql\.css)"/.exec(page.text)?.[1] ?? '';
    expect((await httpGet(open, asset)).status).toBe(200);
    expect((await httpGet(open, '/dev/token?user=alice')).status).toBe(404);
    expect((await httpGet(open, '/', html)).status).toBe(404);
  });
});

describe('a list of operations', () => {
  let directory: string;
  let server: TestServer;
  let alice: Person;
  const me = 'query Me {\n  viewer {\n    id\n  }\n}';
  const follow = 'subscription Follow { presenceChanged(userIds: ["alice"]) { status } }';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tidings-test-'));
    const file = join(directory, 'operations.json');
    await writeFile(file, JSON.stringify({ 'me-1': me, 'follow-1': follow, 'old-1': '{ gone }' }));
    server = await startServer({ env: { PERSISTED_OPERATIONS: file } });
    alice = await connect(server, 'alice');
  });
  afterAll(async () => {
    await alice[Symbol.asyncDispose]();
    await server.stop();
    await rm(directory, { recursive: true });
  });
  const send = async (body: object) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${alice.token}` },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { data?: unknown; errors?: readonly { message: string }[] };
  };

  it('carries out what is on it, by its text, its id or its hash', async () => {
    const answer = { data: { viewer: { id: 'alice' } } };
    expect(await send({ query: me })).toEqual(answer);
    expect(await send({ query: 'query Me { viewer { id } } # formatted otherwise' })).toEqual(answer);
    expect(await send({ documentId: 'me-1' })).toEqual(answer);
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(me));
    const sha256Hash = Buffer.from(bytes).toString('hex');
    expect(await send({ extensions: { persistedQuery: { version: 1, sha256Hash } } })).toEqual(answer);
  });

  it('a text counts where an id is beside it, and an id is a text', async () => {
    expect(await send({ documentId: 'me-2', query: me })).toEqual({ data: { viewer: { id: 'alice' } } });
    expect((await send({ documentId: 1 })).errors?.[0]?.message).toMatch(/`documentId` must be a text/);
  });

  it('warns of what is on it and is refused', () => {
    expect(server.output()).toContain(
      'PERSISTED_OPERATIONS lists operations that are refused to everybody: old-1',
    );
  });

  it('that there is not is told to whoever names an id, over either transport', async () => {
    await using without = await startServer();
    await using bob = await connect(without, 'bob');
    const sentence = /has no list of operations \(PERSISTED_OPERATIONS\)/;
    const response = await fetch(`${without.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bob.token}` },
      body: '{ "documentId": "me-1" }',
    });
    expect(await response.text()).toMatch(sentence);
    await using socket = await openGreetedSocket(without, bob.token);
    socket.send({ type: 'subscribe', id: '1', payload: { query: '', documentId: 'me-1' } });
    expect(JSON.stringify(await socket.next())).toMatch(sentence);
  });

  it('carries out nothing else, and says where it would be added', async () => {
    for (const body of [
      { query: '{ viewer { id name } }' },
      { query: getIntrospectionQuery() },
      { documentId: 'me-2' },
      { documentId: '__proto__' },
    ]) {
      const { data, errors } = await send(body);
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.message).toMatch(/PERSISTED_OPERATIONS/);
    }
    const failure = await failureOf(alice.requestOverWebSocket('{ viewer { id name } }'));
    expect(failure.code).toBe('BAD_USER_INPUT');
  });

  it('holds subscriptions too, over a WebSocket by an empty text and the id', async () => {
    await using socket = await openGreetedSocket(server, alice.token);
    socket.send({ type: 'subscribe', id: '1', payload: { query: '', documentId: 'follow-1' } });
    expect(await socket.next()).toMatchObject({ id: '1', type: 'next' });
    socket.send({ type: 'subscribe', id: '2', payload: { query: follow } });
    expect(await socket.next()).toMatchObject({ id: '2', type: 'next' });
  });

  it('that can not be read stops the start with a sentence', async () => {
    const file = join(directory, 'broken.json');
    await writeFile(file, '["query { viewer { id } }"]');
    for (const [name, sentence] of [
      [file, /^PERSISTED_OPERATIONS names .*broken\.json, which is no list of texts by id/m],
      [
        join(directory, 'none.json'),
        /^PERSISTED_OPERATIONS names .*none\.json, which can not be read: .*ENOENT/m,
      ],
    ] as const) {
      const { code, output } = await runServerToItsEnd({ env: { PERSISTED_OPERATIONS: name } });
      expect(code).toBe(1);
      expect(output).toMatch(sentence);
    }
  });
});
