// Who may come in, over HTTP and over WebSockets, and for how long. The servers are those of production: `tidings start`.
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { exportSPKI, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { connect, post, type Person } from '../support/client.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { httpGet } from '../support/http-get.ts';
import { openGreetedSocket, openSocket, upgradeStatus } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const secret = 'a secret of the tests, long enough for HS256';
const issuer = 'https://issuer.example';
const audience = 'tidings-tests';
const allowedOrigin = 'https://app.example';

const nowInSeconds = () => Math.floor(Date.now() / 1_000);

/** What a good token says; `undefined` leaves a claim out. */
function claimsOf(changes: Readonly<Record<string, unknown>> = {}): JWTPayload {
  const now = nowInSeconds();
  const claims = { sub: 'alice', iss: issuer, aud: audience, iat: now, exp: now + 3_600, ...changes };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

const signWith = (
  key: string,
  claims: JWTPayload,
  header: { alg: string; kid?: string } = { alg: 'HS256' },
) => new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(key));

const sign = (changes?: Readonly<Record<string, unknown>>) => signWith(secret, claimsOf(changes));

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const readViewer = '{ viewer { id } }';
const readOrder = 'query ($id: ID!) { order(id: $id) { status cursor } }';
const readOrders = '{ orders { nodes { id } cursor } }';
const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { order { id status } } }';
const renew = 'mutation ($token: String!) { renewSession(token: $token) { expiresAt } }';

interface Orders {
  readonly orders: { readonly cursor: string; readonly nodes: readonly { readonly id: string }[] };
}
interface Updated {
  readonly orderUpdated: { readonly order: { readonly id: string; readonly status: string } };
}

interface Refusal {
  readonly title: string;
  readonly sentence: RegExp;
  readonly expired?: boolean;
  token(): string | Promise<string>;
}

/** Over HTTP, and over a WebSocket in both forms that connection_init may have. */
async function expectRefused(server: TestServer, { token: make, sentence, expired = false }: Refusal) {
  const token = await make();
  const { status, body } = await post(server.url, { query: '{ __typename }' }, bearer(token));
  expect(status).toBe(401);
  expect(body).toEqual({
    errors: [{ message: expect.stringMatching(sentence), extensions: { code: 'UNAUTHENTICATED' } }],
  });
  for (const payload of [{ token }, { authorization: `Bearer ${token}` }]) {
    await using socket = await openSocket(server);
    socket.send({ type: 'connection_init', payload });
    expect(await socket.closed()).toEqual({
      code: expired ? 4403 : 4401,
      reason: expect.stringMatching(sentence),
    });
  }
}

async function expectAccepted(server: TestServer, token: string) {
  const { status, body } = await post(server.url, { query: readViewer }, bearer(token));
  expect({ status, body }).toEqual({ status: 200, body: { data: { viewer: { id: 'alice' } } } });
  for (const payload of [{ token }, { authorization: `Bearer ${token}` }]) {
    await using socket = await openSocket(server);
    socket.send({ type: 'connection_init', payload });
    expect(await socket.next()).toEqual({ type: 'connection_ack' });
    socket.send({ type: 'subscribe', id: '1', payload: { query: readViewer } });
    expect(await socket.next()).toMatchObject({ payload: { data: { viewer: { id: 'alice' } } } });
  }
}

describe('tokens signed with a shared secret', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      command: 'start',
      env: {
        JWT_SECRET: secret,
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: audience,
        ALLOWED_ORIGINS: `${allowedOrigin},https://other.example`,
      },
    });
  }, 120_000);
  afterAll(() => server.stop());

  const person = async (user: string, changes: Readonly<Record<string, unknown>>): Promise<Person> =>
    connect(server, user, { token: await sign({ sub: user, ...changes }) });
  const newShop = async () => {
    const workspace = `w-${randomUUID()}`;
    const shop = await person('shop', { workspace, scope: 'orders:publish' });
    return { workspace, update: (input: object) => shop.request(publish, { input }) };
  };

  it('a good token is accepted', async () => {
    await expectAccepted(server, await sign());
    await expectAccepted(server, await sign({ aud: ['somebody-else', audience] }));
  });

  it('what a token tells is what the viewer is', async () => {
    const token = await sign({ name: 'Alice Meyer', picture: 'https://pictures.example/alice.png' });
    const query = '{ viewer { id name avatarUrl } }';
    expect((await post(server.url, { query }, bearer(token))).body.data).toEqual({
      viewer: { id: 'alice', name: 'Alice Meyer', avatarUrl: 'https://pictures.example/alice.png' },
    });
  });

  it.each<Refusal>([
    {
      title: 'that has expired',
      token: () => sign({ iat: nowInSeconds() - 60, exp: nowInSeconds() - 30 }),
      sentence: /has expired\. Get a new one/,
      expired: true,
    },
    { title: 'that is unsigned', token: () => new UnsecuredJWT(claimsOf()).encode(), sentence: /algorithm/ },
    {
      title: 'that claims to need no signature',
      token: async () => {
        const [, payload, signature] = (await sign()).split('.');
        const header = Buffer.from('{"alg":"none"}').toString('base64url');
        return [header, payload, signature].join('.');
      },
      sentence: /algorithm/,
    },
    {
      title: 'signed with another secret',
      token: () => signWith('another secret, also long enough for HS256', claimsOf()),
      sentence: /not signed by a key/,
    },
    {
      title: 'changed after it was signed',
      token: async () => {
        const [header, , signature] = (await sign()).split('.');
        const payload = Buffer.from(JSON.stringify(claimsOf({ sub: 'mallory' }))).toString('base64url');
        return [header, payload, signature].join('.');
      },
      sentence: /not signed by a key/,
    },
    {
      title: 'signed with the right secret by another algorithm',
      token: () => signWith(secret.repeat(2), claimsOf(), { alg: 'HS512' }),
      sentence: /algorithm/,
    },
    { title: 'for another audience', token: () => sign({ aud: 'somebody-else' }), sentence: /"aud"/ },
    { title: 'for no audience', token: () => sign({ aud: undefined }), sentence: /"aud"/ },
    {
      title: 'of another issuer',
      token: () => sign({ iss: 'https://evil.example' }),
      sentence: /issuer that this server does not trust/,
    },
    { title: 'of no issuer', token: () => sign({ iss: undefined }), sentence: /issuer/ },
    { title: 'without an expiry', token: () => sign({ exp: undefined }), sentence: /"exp"/ },
    { title: 'without an issue time', token: () => sign({ iat: undefined }), sentence: /"iat"/ },
    { title: 'without a user', token: () => sign({ sub: undefined }), sentence: /"sub"/ },
    { title: 'with an empty user', token: () => sign({ sub: '' }), sentence: /"sub"/ },
    {
      title: 'that is valid only later',
      token: () => sign({ nbf: nowInSeconds() + 600 }),
      sentence: /"nbf"/,
    },
    { title: 'whose roles are no list', token: () => sign({ roles: 'staff' }), sentence: /"roles"/ },
    { title: 'that is garbage', token: () => 'garbage', sentence: /not a JSON Web Token/ },
    { title: 'that is garbage in three parts', token: () => 'a.b.c', sentence: /not a JSON Web Token/ },
    {
      title: 'of `tidings dev`',
      token: () => signDevelopmentToken({ user: 'alice' }),
      sentence: /issuer that this server does not trust/,
    },
  ])('a token $title is refused', (refusal) => expectRefused(server, refusal));

  it('a token that is no Bearer is refused', async () => {
    const { status, body } = await post(
      server.url,
      { query: '{ __typename }' },
      { authorization: 'Basic YWxpY2U6c2VjcmV0' },
    );
    expect(status).toBe(401);
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining('Bearer <token>'), extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  it('without a token over HTTP: what tells nothing works, everything else says that it needs one', async () => {
    expect((await post(server.url, { query: '{ __typename }' })).body).toEqual({
      data: { __typename: 'Query' },
    });
    for (const query of [
      readViewer,
      '{ order(id: "1") { id } }',
      '{ orders { cursor } }',
      'mutation { publishOrderUpdate(input: { orderId: "1", customerId: "1", status: PENDING }) { deduplicated } }',
      'mutation { renewSession(token: "x") { expiresAt } }',
    ]) {
      const { body } = await post(server.url, { query });
      expect(body.errors).toMatchObject([
        {
          message: expect.stringContaining('Authorization: Bearer'),
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ]);
    }
  });

  it('a connection_init without a token is refused for good', async () => {
    for (const payload of [undefined, {}, { token: '' }, { token: 7 }, { Authorization: null }]) {
      await using socket = await openSocket(server);
      socket.send({ type: 'connection_init', ...(payload === undefined ? {} : { payload }) });
      expect(await socket.closed()).toEqual({ code: 4401, reason: expect.stringContaining('token') });
    }
  });

  it('a connection closes when its token expires', async () => {
    await using alice = await person('alice', { exp: nowInSeconds() + 3 });
    await alice.connected();
    expect(await alice.closed()).toEqual({ code: 4403, reason: 'The token has expired. Get a new one.' });
    const { status, body } = await post(server.url, { query: readViewer }, bearer(alice.token));
    expect(status).toBe(401);
    expect(body.errors).toMatchObject([{ message: 'The token has expired. Get a new one.' }]);
  });

  it('a connection whose token was renewed in place lives on, with its subscriptions', async () => {
    const { workspace, update } = await newShop();
    const exp = nowInSeconds() + 4;
    await using alice = await person('alice', { workspace, exp });
    const start = await alice.requestOverWebSocket<Orders>(readOrders).then(({ orders }) => orders.cursor);
    // Connected later with the same expiry: once it is closed, the first one would have been.
    await using clock = await person('clock', { exp });
    await clock.connected();
    await update({ orderId: 'before', customerId: 'alice', status: 'PENDING' });
    await using updates = alice.subscribe<Updated>(follow, { after: start });
    expect((await updates.next()).orderUpdated.order.id).toBe('before');

    const longer = nowInSeconds() + 3_600;
    const token = await sign({ workspace, exp: longer });
    expect(await alice.requestOverWebSocket(renew, { token })).toEqual({
      renewSession: { expiresAt: new Date(longer * 1_000).toISOString() },
    });
    expect((await clock.closed()).code).toBe(4403);
    await update({ orderId: 'after', customerId: 'alice', status: 'PENDING' });
    expect((await updates.next()).orderUpdated.order.id).toBe('after');
    expect(await alice.requestOverWebSocket(readViewer)).toEqual({ viewer: { id: 'alice' } });
  });

  it('a renewed token tells the name anew', async () => {
    const { workspace, update } = await newShop();
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    const readName = '{ order(id: "42") { customer { name } } }';
    await using alice = await person('alice', { workspace, name: 'Alice' });
    expect(await alice.requestOverWebSocket(readName)).toEqual({ order: { customer: { name: 'Alice' } } });
    const token = await sign({ workspace, name: 'Alice Meyer' });
    await alice.requestOverWebSocket(renew, { token });
    expect(await alice.requestOverWebSocket(readName)).toEqual({
      order: { customer: { name: 'Alice Meyer' } },
    });
  });

  it('a renewed token counts in full: the connection closes when that one expires, sooner too', async () => {
    await using alice = await person('alice', {});
    const closed = alice.closed();
    await alice.requestOverWebSocket(renew, { token: await sign({ exp: nowInSeconds() + 2 }) });
    expect((await closed).code).toBe(4403);
  });

  it('a renewal needs a valid, newer token of the same user and workspace, and a WebSocket', async () => {
    const iat = nowInSeconds() - 60;
    await using alice = await person('alice', { iat, exp: nowInSeconds() + 600, workspace: 'acme' });
    const renewWith = async (changes: Readonly<Record<string, unknown>>) =>
      failureOf(alice.requestOverWebSocket(renew, { token: await sign({ workspace: 'acme', ...changes }) }));

    const ofAnother = await renewWith({ sub: 'bob' });
    expect(ofAnother.code).toBe('FORBIDDEN');
    expect(ofAnother.message).toContain('another user');
    expect((await renewWith({ workspace: 'globex' })).code).toBe('FORBIDDEN');
    const older = await renewWith({ iat: iat - 1 });
    expect(older.code).toBe('BAD_USER_INPUT');
    expect(older.message).toContain('older than the one in use');
    expect((await renewWith({ iat, exp: nowInSeconds() - 1 })).code).toBe('UNAUTHENTICATED');
    expect((await renewWith({ aud: 'somebody-else' })).code).toBe('UNAUTHENTICATED');
    const garbage = await failureOf(alice.requestOverWebSocket(renew, { token: 'garbage' }));
    expect(garbage.code).toBe('UNAUTHENTICATED');

    const overHttp = await failureOf(alice.request(renew, { token: await sign({ workspace: 'acme' }) }));
    expect(overHttp.code).toBe('BAD_USER_INPUT');
    expect(overHttp.message).toContain('send the new token with the next request');
    // None of it has cost the connection.
    expect(await alice.requestOverWebSocket(readViewer)).toEqual({ viewer: { id: 'alice' } });
  });

  it('a renewal that loses the role staff ends what only staff may follow, and nothing else', async () => {
    const { workspace, update } = await newShop();
    await update({ orderId: 'of-alice', customerId: 'alice', status: 'PENDING' });
    await update({ orderId: 'of-dan', customerId: 'dan', status: 'PENDING' });
    await using dan = await person('dan', { workspace, roles: ['staff'] });
    const headOf = async (id: string) =>
      (await dan.request<{ order: { cursor: string } }>(readOrder, { id })).order.cursor;
    await using asStaff = dan.subscribe<Updated>(follow, {
      orderId: 'of-alice',
      after: await headOf('of-alice'),
    });
    await using asCustomer = dan.subscribe<Updated>(follow, {
      orderId: 'of-dan',
      after: await headOf('of-dan'),
    });
    await update({ orderId: 'of-alice', status: 'CONFIRMED' });
    await update({ orderId: 'of-dan', status: 'CONFIRMED' });
    expect((await asStaff.next()).orderUpdated.order.id).toBe('of-alice');
    expect((await asCustomer.next()).orderUpdated.order.id).toBe('of-dan');
    const [ended, goesOn] = [failureOf(asStaff.next()), asCustomer.next()];
    await dan.requestOverWebSocket(renew, { token: await sign({ sub: 'dan', workspace }) });

    expect((await ended).code).toBe('FORBIDDEN');
    expect((await ended).message).toContain('no longer allows');
    await update({ orderId: 'of-alice', status: 'SHIPPED' });
    await update({ orderId: 'of-dan', status: 'SHIPPED' });
    expect(await goesOn).toEqual({ orderUpdated: { order: { id: 'of-dan', status: 'SHIPPED' } } });
    expect(await dan.requestOverWebSocket(readOrder, { id: 'of-alice' })).toEqual({ order: null });
    const again = await failureOf(dan.subscribe(follow, { orderId: 'of-alice' }).next());
    expect(again.code).toBe('NOT_FOUND');
  });

  it('a renewal that gains the role staff counts at once', async () => {
    const { workspace, update } = await newShop();
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using dan = await person('dan', { workspace });
    expect(await dan.requestOverWebSocket(readOrder, { id: '42' })).toEqual({ order: null });
    const token = await sign({ sub: 'dan', workspace, roles: ['staff'] });
    await dan.requestOverWebSocket(renew, { token });
    expect(await dan.requestOverWebSocket(readOrder, { id: '42' })).toMatchObject({
      order: { status: 'PENDING' },
    });
  });

  it('who does not hear that the connection is closed gets nothing done any more', async () => {
    const { workspace, update } = await newShop();
    const exp = nowInSeconds() + 3;
    const token = await sign({ sub: 'shop', workspace, scope: 'orders:publish', exp });
    await using deaf = await openGreetedSocket(server, token);
    await using clock = await person('clock', { exp });
    await clock.connected();
    deaf.socket.pause();
    expect((await clock.closed()).code).toBe(4403);
    const input = { orderId: 'too-late', customerId: 'alice', status: 'PENDING' };
    deaf.send({ type: 'subscribe', id: '1', payload: { query: publish, variables: { input } } });
    deaf.socket.resume();
    expect((await deaf.closed()).code).toBe(4403);
    await update({ orderId: 'in-time', customerId: 'alice', status: 'PENDING' });
    await using alice = await person('alice', { workspace });
    expect(await alice.request('{ orders { nodes { id } } }')).toEqual({
      orders: { nodes: [{ id: 'in-time' }] },
    });
  });

  it('an SSE stream ends with an error that says so when its token expires', async () => {
    const { workspace, update } = await newShop();
    const token = await sign({ workspace, exp: nowInSeconds() + 4 });
    await using events = await openEvents(server, token, { query: follow });
    expect(events.response.status).toBe(200);
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    expect(await events.next()).toEqual({
      event: 'next',
      data: { data: { orderUpdated: { order: { id: '42', status: 'PENDING' } } } },
    });
    expect(await events.next()).toMatchObject({
      event: 'next',
      data: {
        errors: [
          { message: expect.stringContaining('has expired'), extensions: { code: 'UNAUTHENTICATED' } },
        ],
      },
    });
    expect(await events.next()).toEqual({ event: 'complete', data: null });
    expect(await events.next()).toBeNull();
  });

  it('a token for every workspace needs the request to name one', async () => {
    const token = await sign({ sub: 'service', workspace: '*', scope: 'orders:publish' });
    const unnamed = await post(server.url, { query: readViewer }, bearer(token));
    expect(unnamed.status).toBe(400);
    expect(unnamed.body.errors).toMatchObject([
      {
        message: expect.stringContaining('tidings-workspace'),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    for (const refused of ['x'.repeat(257), '*']) {
      const headers = { ...bearer(token), 'tidings-workspace': refused };
      const { body } = await post(server.url, { query: readViewer }, headers);
      expect(body.errors).toMatchObject([{ message: expect.stringContaining('of 1 to 256 characters') }]);
    }
    const workspace = `w-${randomUUID()}`;
    const input = { orderId: '42', customerId: 'alice', status: 'PENDING' };
    const headers = { ...bearer(token), 'tidings-workspace': workspace };
    expect((await post(server.url, { query: publish, variables: { input } }, headers)).body.errors).toBe(
      undefined,
    );
    await using alice = await person('alice', { workspace });
    await using elsewhere = await person('alice', { workspace: 'default' });
    expect(await alice.request(readOrder, { id: '42' })).toMatchObject({ order: { status: 'PENDING' } });
    expect(await elsewhere.request(readOrder, { id: '42' })).toEqual({ order: null });
  });

  it('a token for one workspace is not led into another by the header', async () => {
    const { workspace, update } = await newShop();
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    const headers = { ...bearer(await sign({ workspace: 'elsewhere' })), 'tidings-workspace': workspace };
    const { body } = await post(server.url, { query: readOrder, variables: { id: '42' } }, headers);
    expect(body).toEqual({ data: { order: null } });
  });

  it('nothing of `tidings dev` is there', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml' };
    const [demoAsset = ''] = await readdir(new URL('../../dist/web/assets', import.meta.url));
    const graphiqlAsset = '/graphql/assets/x/graphiql.js';
    for (const path of ['/', `/assets/${demoAsset}`, '/dev/token?user=alice', '/dev/token', graphiqlAsset]) {
      const answer = await httpGet(server, path, browser);
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
    const page = await httpGet(server, '/graphql', browser);
    expect(page.headers['content-type'] ?? '').not.toContain('text/html');
    expect(page.status).toBeGreaterThanOrEqual(400);
  });

  it('a page of another origin gets no WebSocket; the same origin, allowed ones and no origin do', async () => {
    const upgrade = (origin: string) => upgradeStatus(server, { headers: { origin } });
    expect(await upgrade('https://evil.example')).toBe(403);
    expect(await upgrade('null')).toBe(403);
    expect(await upgrade('https://app.example.evil.example')).toBe(403);
    expect(await upgrade('http://app.example')).toBe(403);
    expect(await upgrade(allowedOrigin)).toBe(101);
    expect(await upgrade('https://other.example')).toBe(101);
    expect(await upgrade(server.url)).toBe(101);
    expect(await upgradeStatus(server)).toBe(101);
    expect(await upgradeStatus(server, { path: '/elsewhere' })).toBe(404);
  });

  it('allowed origins get CORS headers, and no others', async () => {
    const preflight = async (origin: string) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      await response.text();
      return response.headers;
    };
    const allowed = await preflight(allowedOrigin);
    expect(allowed.get('access-control-allow-origin')).toBe(allowedOrigin);
    expect(allowed.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(allowed.get('access-control-allow-methods')).toContain('POST');
    expect(allowed.get('access-control-allow-credentials')).not.toBe('true');
    expect((await preflight('https://evil.example')).get('access-control-allow-origin')).toBeNull();

    const ask = async (origin: string, token?: string) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin, ...(token && bearer(token)) },
        body: JSON.stringify({ query: '{ __typename }' }),
      });
      await response.text();
      return response.headers.get('access-control-allow-origin');
    };
    expect(await ask(allowedOrigin)).toBe(allowedOrigin);
    // The page must be able to read why it was refused.
    expect(await ask(allowedOrigin, 'garbage')).toBe(allowedOrigin);
    expect(await ask('https://evil.example')).toBeNull();
  });
});

describe('tokens of an identity provider', () => {
  let provider: TokenIssuer;
  let server: TestServer;
  beforeAll(async () => {
    provider = await openTokenIssuer();
    await provider.addKey('es', 'ES256');
    await provider.addKey('rs', 'RS256');
    await provider.addKey('ps', 'PS256');
    await provider.addKey('ed', 'EdDSA');
    server = await startProvidersServer(provider);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await provider[Symbol.asyncDispose]();
  });

  it.each(['es', 'rs', 'ps', 'ed'])('a token signed with the key "%s" is accepted', async (kid) => {
    await expectAccepted(server, await provider.sign(kid, claimsOf()));
  });

  it.each<Refusal>([
    {
      title: 'that has expired',
      token: () => provider.sign('es', claimsOf({ iat: nowInSeconds() - 60, exp: nowInSeconds() - 30 })),
      sentence: /has expired/,
      expired: true,
    },
    { title: 'that is unsigned', token: () => new UnsecuredJWT(claimsOf()).encode(), sentence: /algorithm/ },
    {
      title: 'signed with a public key as the secret',
      token: async () => {
        const pem = await exportSPKI(provider.publicKey('rs'));
        return signWith(pem, claimsOf(), { alg: 'HS256', kid: 'rs' });
      },
      sentence: /algorithm/,
    },
    {
      title: 'of another provider that names a key of this one',
      token: async () => {
        await using other = await openTokenIssuer();
        await other.addKey('es', 'ES256');
        return await other.sign('es', claimsOf());
      },
      sentence: /not signed by a key/,
    },
    {
      title: 'that names a key of another algorithm',
      token: async () => {
        const [, payload, signature] = (await provider.sign('es', claimsOf())).split('.');
        const header = Buffer.from('{"alg":"ES256","kid":"rs"}').toString('base64url');
        return [header, payload, signature].join('.');
      },
      sentence: /not signed by a key/,
    },
    {
      title: 'for another audience',
      token: () => provider.sign('rs', claimsOf({ aud: 'somebody-else' })),
      sentence: /"aud"/,
    },
    {
      title: 'without an expiry',
      token: () => provider.sign('ed', claimsOf({ exp: undefined })),
      sentence: /"exp"/,
    },
  ])('a token $title is refused', (refusal) => expectRefused(server, refusal));

  it('a new key is learned of, and a withdrawn one forgotten', async () => {
    await provider.addKey('old', 'ES256');
    const accepted = async (kid: string) => {
      const token = await provider.sign(kid, claimsOf());
      return (await post(server.url, { query: readViewer }, bearer(token))).status === 200;
    };
    await vi.waitUntil(() => accepted('old'), { timeout: 20_000, interval: 200 });
    provider.withdrawKey('old');
    await provider.addKey('new', 'ES256');
    await vi.waitUntil(() => accepted('new'), { timeout: 20_000, interval: 200 });
    expect(await accepted('old')).toBe(false);
    expect(await accepted('es')).toBe(true);
  }, 60_000);

  it('while the keys cannot be read it is a matter of trying again', async () => {
    await using away = await openTokenIssuer();
    await away.addKey('es', 'ES256');
    away.setState('away');
    await using cutOff = await startProvidersServer(away);
    const token = await away.sign('es', claimsOf());
    const { status, body } = await post(cutOff.url, { query: readViewer }, bearer(token));
    expect(status).toBe(503);
    expect(body.errors).toMatchObject([
      { extensions: { code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) } },
    ]);
    await using socket = await openSocket(cutOff);
    socket.send({ type: 'connection_init', payload: { token } });
    expect((await socket.closed()).code).toBe(1013);
    away.setState('answering');
    await expectAccepted(cutOff, token);
  }, 90_000);
});

describe('development tokens', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  }, 120_000);
  afterAll(() => server.stop());

  const host = () => new URL(server.url).host;

  it('anybody on this machine gets the token they ask for', async () => {
    const query = 'user=alice&name=Alice&roles=staff&scope=orders:publish&workspace=acme&expiresIn=60';
    const { status, text } = await httpGet(server, `/dev/token?${query}`);
    expect(status).toBe(200);
    const { token } = JSON.parse(text) as { token: string };
    const answer = await post(server.url, { query: '{ viewer { id name } }' }, bearer(token));
    expect(answer.body.data).toEqual({ viewer: { id: 'alice', name: 'Alice' } });
    const local = await httpGet(server, '/dev/token?user=alice', {
      host: `localhost:${new URL(server.url).port}`,
    });
    expect(local.status).toBe(200);
  });

  it.each([
    ['another host', () => ({ host: 'evil.example' })],
    ['another host with this port', () => ({ host: `evil.example:${new URL(server.url).port}` })],
    ['a host that begins like this one', () => ({ host: `${new URL(server.url).hostname}.evil.example` })],
    ['x-forwarded-for', () => ({ host: host(), 'x-forwarded-for': '10.0.0.1' })],
    ['x-forwarded-host', () => ({ host: host(), 'x-forwarded-host': 'evil.example' })],
    ['x-real-ip', () => ({ host: host(), 'x-real-ip': '10.0.0.1' })],
    ['forwarded', () => ({ host: host(), forwarded: 'for=10.0.0.1' })],
    ['via', () => ({ host: host(), via: '1.1 proxy' })],
  ])('a request with %s gets neither a token nor a page that holds one', async (_name, headers) => {
    for (const [path, accept] of [
      ['/dev/token?user=alice', 'application/json'],
      ['/graphql', 'text/html'],
    ] as const) {
      const { status, text } = await httpGet(server, path, { accept, ...headers() });
      expect(status).toBe(403);
      expect(JSON.parse(text)).toEqual({
        errors: [{ message: expect.stringContaining('http://localhost'), extensions: { code: 'FORBIDDEN' } }],
      });
    }
  });

  it.each(['', '?user=', '?user=alice&expiresIn=soon', '?user=alice&admin=true'])(
    '/dev/token%s is refused with an example',
    async (query) => {
      const { status, text } = await httpGet(server, `/dev/token${query}`);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toEqual({
        errors: [
          {
            message: expect.stringContaining('/dev/token?user=alice&name=Alice'),
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      });
    },
  );

  it('one that has expired is told from one that is wrong', async () => {
    const { text } = await httpGet(server, '/dev/token?user=alice&expiresIn=-5');
    const { token } = JSON.parse(text) as { token: string };
    await expectRefused(server, {
      title: 'that has expired',
      token: () => token,
      sentence: /has expired/,
      expired: true,
    });
  });
});

const startProvidersServer = (provider: TokenIssuer): Promise<TestServer> =>
  startServer({
    command: 'start',
    env: { JWT_JWKS_URL: provider.jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
  });
