// Opaque tokens, which say nothing by themselves: whoever issued them is asked, a real authorization server, at first and
// for as long as a connection lives. The servers are those of production: `tidings start`.
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAuthorizationServer, type AuthorizationServer } from '../support/authorization-server.ts';
import { connect, post, ResponseError } from '../support/client.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { openGreetedSocket, openSocket } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const readViewer = '{ viewer { id name } }';
const readAnnouncements = '{ announcements { cursor } }';
const announce =
  'mutation ($message: String!) { publishAnnouncement(input: { message: $message }) { deduplicated } }';
const follow = 'subscription ($after: Cursor) { announcement(after: $after) { message } }';
const followStats = 'subscription { serverStats { connections } }';

let issuer: AuthorizationServer;
beforeAll(async () => void (issuer = await openAuthorizationServer()));
afterAll(() => issuer[Symbol.asyncDispose]());

/** Somebody nobody knows, described by `members`. */
function somebody(members: Readonly<Record<string, unknown>> = {}): string {
  const user = `user-${randomUUID()}`;
  issuer.describe(user, members);
  return user;
}

async function expectRefused(server: TestServer, token: string, sentence: RegExp) {
  const { status, body } = await post(server.url, { query: readViewer }, bearer(token));
  expect({ status, body }).toEqual({
    status: 401,
    body: { errors: [{ message: expect.stringMatching(sentence), extensions: { code: 'UNAUTHENTICATED' } }] },
  });
  await using socket = await openSocket(server);
  socket.send({ type: 'connection_init', payload: { token } });
  expect(await socket.closed()).toEqual({ code: 4401, reason: expect.stringMatching(sentence) });
}

describe('opaque tokens', () => {
  const jwt = {
    JWT_SECRET: 'a secret of the tests, long enough',
    JWT_ISSUER: 'https://jwt',
    JWT_AUDIENCE: 'tests',
  };
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ command: 'start', env: { ...issuer.env, ...jwt } });
  }, 120_000);
  afterAll(() => server.stop());

  it('a token speaks for whom its issuer says, over HTTP and over both forms of connection_init', async () => {
    const user = somebody({ name: 'Alice Meyer' });
    const token = await issuer.issue(user);
    const viewer = { id: user, name: 'Alice Meyer' };
    const { status, body } = await post(server.url, { query: readViewer }, bearer(token));
    expect({ status, body }).toEqual({ status: 200, body: { data: { viewer } } });
    for (const payload of [{ token }, { authorization: `Bearer ${token}` }]) {
      await using socket = await openSocket(server);
      socket.send({ type: 'connection_init', payload });
      expect(await socket.next()).toEqual({ type: 'connection_ack' });
      socket.send({ type: 'subscribe', id: '1', payload: { query: readViewer } });
      expect(await socket.next()).toMatchObject({ payload: { data: { viewer } } });
    }
  });

  it('the issuer is asked once for a token that comes often, also by many at once', async () => {
    const token = await issuer.issue(somebody());
    const before = issuer.introspections;
    const ask = () => post(server.url, { query: readViewer }, bearer(token));
    const answers = [...(await Promise.all(Array.from({ length: 50 }, ask))), await ask()];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(issuer.introspections - before).toBe(1);
  });

  it('a service with its own token publishes what its scope allows, and nothing else', async () => {
    issuer.describe('backend', { workspace: '*' });
    const token = await issuer.issueToService('announcements:publish');
    const headers = { ...bearer(token), 'tidings-workspace': `w-${randomUUID()}` };
    const publish = (query: string, variables: object) => post(server.url, { query, variables }, headers);
    const { body } = await publish(announce, { message: 'hello' });
    expect(body).toEqual({ data: { publishAnnouncement: { deduplicated: false } } });
    const order =
      'mutation { publishOrderUpdate(input: { orderId: "1", status: SHIPPED }) { deduplicated } }';
    expect((await publish(order, {})).body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const { body: unnamed } = await post(server.url, { query: readViewer }, bearer(token));
    expect(unnamed.errors).toMatchObject([
      { message: expect.stringContaining('tidings-workspace'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('signed tokens of a trusted issuer hold beside them', async () => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('signed')
      .setIssuer(jwt.JWT_ISSUER)
      .setAudience(jwt.JWT_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(jwt.JWT_SECRET));
    const before = issuer.introspections;
    const { body } = await post(server.url, { query: '{ viewer { id } }' }, bearer(token));
    expect(body).toEqual({ data: { viewer: { id: 'signed' } } });
    expect(issuer.introspections).toBe(before);
  });

  it.each([
    { title: 'that nobody has issued', token: () => 'nobody-has-issued-this', sentence: /not active/ },
    {
      title: 'of which a signature says nothing here',
      token: () =>
        new SignJWT({ sub: 'x', iss: 'https://elsewhere' })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.alloc(32)),
      sentence: /not one that its issuer can tell about/,
    },
    {
      title: 'that was revoked',
      async token() {
        const token = await issuer.issue(somebody());
        await issuer.revoke(token);
        return token;
      },
      sentence: /not active: it has expired or was revoked\. Get a new one/,
    },
    { title: 'of nobody', token: () => issuer.issue(somebody({ sub: undefined })), sentence: /"sub"/ },
    {
      title: 'without an expiry',
      token: () => issuer.issue(somebody({ exp: undefined })),
      sentence: /"exp"/,
    },
    {
      title: 'without an issue time',
      token: () => issuer.issue(somebody({ iat: undefined })),
      sentence: /"iat"/,
    },
    {
      title: 'with roles of no form',
      token: () => issuer.issue(somebody({ roles: 7 })),
      sentence: /"roles"/,
    },
    {
      title: 'to refresh with',
      token: () => issuer.issue(somebody({ token_use: 'refresh_token' })),
      sentence: /not one that may be sent as `Bearer`/,
    },
    {
      title: 'to refresh with, called that in its other name',
      token: () => issuer.issue(somebody({ typ: 'Refresh' })),
      sentence: /not one that may be sent as `Bearer`/,
    },
    {
      title: 'bound to a key',
      token: () => issuer.issue(somebody({ token_type: 'DPoP', cnf: { jkt: 'of a key' } })),
      sentence: /not one that may be sent as `Bearer`/,
    },
    { title: 'of no form', token: () => 'a*b', sentence: /form of a token/ },
  ])('a token $title is refused', async ({ token, sentence }) =>
    expectRefused(server, await token(), sentence),
  );

  it('what an issuer answers as null, or as a name that is none, is taken as not said', async () => {
    const nothing = { name: null, picture: null, roles: null, rooms: null, scope: null, workspace: null };
    for (const members of [
      { ...nothing, cnf: null, token_type: null },
      { name: '' },
      { name: '  ' },
      { name: 'x'.repeat(300) },
    ]) {
      const user = somebody(members);
      const { body } = await post(server.url, { query: readViewer }, bearer(await issuer.issue(user)));
      expect(body).toEqual({ data: { viewer: { id: user, name: user } } });
    }
  });

  it('an answer without an end is not waited for', async () => {
    const { status, body } = await post(
      server.url,
      { query: readViewer },
      bearer(await issuer.issue(somebody({ padding: 'x'.repeat(100_000) }))),
    );
    expect([status, body.errors?.[0]?.extensions?.['code']]).toEqual([503, 'UNAVAILABLE']);
  });

  it('a token that was issued ahead of this server’s clock waits until then, or is told when', async () => {
    const now = () => Math.floor(Date.now() / 1_000);
    const ask = async (ahead: number) => {
      const issuedAt = now() + ahead;
      const token = await issuer.issue(somebody({ iat: issuedAt }));
      const { status, body } = await post(server.url, { query: '{ viewer { id } }' }, bearer(token));
      return { issuedAt, answeredAt: Date.now(), status, error: body.errors?.[0] };
    };
    const { issuedAt, answeredAt, status } = await ask(2);
    expect(status).toBe(200);
    expect(answeredAt).toBeGreaterThanOrEqual(issuedAt * 1_000);
    const soon = await ask(30);
    expect([soon.status, soon.error?.extensions?.['code']]).toEqual([503, 'UNAVAILABLE']);
    expect(soon.error?.message).toMatch(/counts in \d+ s only.*clocks/);
    const never = await ask(120);
    expect([never.status, never.error?.message]).toEqual([
      401,
      expect.stringMatching(/"iat" lies in the future/),
    ]);
  });

  it('a workspace beyond ASCII is named percent-encoded; anything else is refused and not guessed', async () => {
    issuer.describe('backend', { workspace: '*' });
    const token = await issuer.issueToService('announcements:publish');
    const workspace = `東京, ${randomUUID()}`;
    const publish = (header: string) =>
      post(
        server.url,
        { query: announce, variables: { message: 'hello' } },
        { ...bearer(token), 'tidings-workspace': header },
      );
    expect((await publish(encodeURIComponent(workspace))).body.errors).toBeUndefined();
    const member = await issuer.issue(somebody({ workspace }));
    const read = '{ announcements { nodes { message } } }';
    const { body } = await post(server.url, { query: read }, bearer(member));
    expect(body).toEqual({ data: { announcements: { nodes: [{ message: 'hello' }] } } });
    for (const header of ['caf\u00e9', 'one, two', '50%', '*', '%00']) {
      const refused = (await publish(header)).body.errors?.[0];
      expect(refused?.extensions?.['code'], header).toBe('BAD_USER_INPUT');
      expect(refused?.message, header).toMatch(/tidings-workspace.*percent-encoded/);
    }
  });

  it.each(['x'.repeat(8_193), `x${'='.repeat(8_192)}`])(
    'one too long for any is not asked about',
    async (token) => {
      const before = issuer.introspections;
      await using socket = await openSocket(server);
      socket.send({ type: 'connection_init', payload: { token } });
      expect(await socket.closed()).toEqual({
        code: 4401,
        reason: expect.stringContaining('form of a token'),
      });
      expect(issuer.introspections).toBe(before);
    },
  );
});

describe('while a connection lives', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      command: 'start',
      env: { ...issuer.env, TOKEN_INTROSPECTION_SECONDS: '1' },
    });
  }, 120_000);
  afterAll(() => server.stop());

  const arrive = async (members: Readonly<Record<string, unknown>> = {}, expiresInSeconds?: number) => {
    const user = somebody(members);
    const token = await issuer.issue(user, expiresInSeconds === undefined ? {} : { expiresInSeconds });
    return { user, token, person: await connect(server, user, { token }) };
  };

  it('a token that is revoked ends it with 4401, its subscriptions and its SSE streams too', async () => {
    const { token, person: alice } = await arrive();
    await using announcements = alice.subscribe(follow);
    await using events = await openEvents(server, token, { query: follow });
    await alice.connected();
    const closing = alice.closed();
    await issuer.revoke(token);
    expect(await closing).toEqual({ code: 4401, reason: expect.stringContaining('not active') });
    await expect(announcements.next()).rejects.toThrow(/UNAUTHENTICATED|4401/);
    const last = await events.next();
    expect(last?.data).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await events.next()).toMatchObject({ event: 'complete' });
  });

  it('one that stays active goes on, event after event', async () => {
    const workspace = `w-${randomUUID()}`;
    const { person } = await arrive({ workspace });
    await using alice = person;
    const { announcements } = await alice.request<{ announcements: { cursor: string } }>(readAnnouncements);
    await using events = alice.subscribe(follow, { after: announcements.cursor });
    const shop = await arrive({ workspace, scope: 'announcements:publish' });
    for (let count = 1; count <= 3; count += 1) {
      const before = issuer.introspections;
      await shop.person.request(announce, { message: `${count}` });
      expect(await events.next()).toEqual({ announcement: { message: `${count}` } });
      await vi.waitUntil(() => issuer.introspections >= before + 2, { timeout: 15_000 });
    }
  });

  it('a role that is lost ends what it had allowed, and nothing else', async () => {
    const workspace = `w-${randomUUID()}`;
    const { user, person } = await arrive({ workspace, roles: ['operator'] });
    await using alice = person;
    await using stats = alice.subscribe(followStats);
    await stats.next();
    issuer.describe(user, { workspace, roles: [] });
    const untilEnded = async () => {
      for (;;) await stats.next();
    };
    expect((await failureOf(untilEnded())).code).toBe('FORBIDDEN');
    expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: user } });
  });

  it('one that expires closes it with 4403, for clients to come back with a fresh one', async () => {
    const { token, person: alice } = await arrive({}, 3);
    await alice.connected();
    expect(await alice.closed()).toEqual({ code: 4403, reason: expect.stringContaining('expired') });
    await using socket = await openSocket(server);
    socket.send({ type: 'connection_init', payload: { token } });
    expect((await socket.closed()).code).toBe(4403);
  });

  it('a session that is used elsewhere, and lives on, is asked about before it would have expired', async () => {
    const soon = Math.floor(Date.now() / 1_000) + 8;
    const { user, person } = await arrive({ exp: soon });
    await using alice = person;
    await alice.connected();
    issuer.describe(user, { exp: soon + 3_600 });
    await vi.waitUntil(() => Date.now() > soon * 1_000, { timeout: 15_000 });
    expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: user } });
  });

  it('a connection is renewed in place with another opaque token, and the first may go', async () => {
    const { user, token, person } = await arrive();
    await using alice = person;
    await alice.connected();
    const renew = 'mutation ($token: String!) { renewSession(token: $token) { expiresAt } }';
    await alice.requestOverWebSocket(renew, { token: await issuer.issue(user) });
    await issuer.revoke(token);
    const before = issuer.introspections;
    await vi.waitUntil(() => issuer.introspections >= before + 2, { timeout: 15_000 });
    expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: user } });
    const other = await issuer.issue(somebody());
    const refused = await failureOf(alice.requestOverWebSocket(renew, { token: other }));
    expect(refused.code).toBe('FORBIDDEN');
  });

  it('a service for every workspace stays in the one that it named, whatever that is called', async () => {
    issuer.describe('backend', { workspace: '*' });
    const token = await issuer.issueToService('announcements:publish');
    const workspace = `100%, a%41 ü ${randomUUID()}`;
    const headers = { 'tidings-workspace': encodeURIComponent(workspace) };
    await using socket = await openGreetedSocket(server, token, { headers });
    const ask = async (id: string, query: string, variables: object) => {
      socket.send({ type: 'subscribe', id, payload: { query, variables } });
      const { payload } = await socket.next();
      expect(await socket.next()).toEqual({ type: 'complete', id });
      return payload as unknown;
    };
    const before = issuer.introspections;
    await vi.waitUntil(() => issuer.introspections >= before + 2, { timeout: 15_000 });
    const renew = 'mutation ($token: String!) { renewSession(token: $token) { expiresAt } }';
    const fresh = await issuer.issueToService('announcements:publish');
    expect(await ask('1', renew, { token: fresh })).toMatchObject({ data: { renewSession: {} } });
    expect(await ask('2', announce, { message: 'hello' })).toEqual({
      data: { publishAnnouncement: { deduplicated: false } },
    });
    const { body } = await post(
      server.url,
      { query: '{ announcements { nodes { message } } }' },
      bearer(await issuer.issue(somebody({ workspace }))),
    );
    expect(body).toEqual({ data: { announcements: { nodes: [{ message: 'hello' }] } } });
  });

  it('an issuer that no longer understands the question ends nothing that it knew', async () => {
    const { user, person } = await arrive();
    await using alice = person;
    await alice.connected();
    const other = await arrive();
    issuer.setState('confused');
    try {
      const { confusions } = issuer;
      await vi.waitUntil(() => issuer.confusions >= confusions + 2, { timeout: 15_000 });
      expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: user } });
      await expectRefused(server, other.token, /not one that its issuer can tell about/);
    } finally {
      issuer.setState('answering');
    }
  });

  it('an issuer that is away keeps nobody out who is in, and lets nobody in who is not', async () => {
    const { user, person } = await arrive();
    await using alice = person;
    await alice.connected();
    const stranger = await issuer.issue(somebody());
    issuer.setState('away');
    try {
      const { status, body } = await post(server.url, { query: readViewer }, bearer(stranger));
      expect({ status, body }).toEqual({
        status: 503,
        body: {
          errors: [
            {
              message: expect.stringContaining('cannot be verified at the moment'),
              extensions: { code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) },
            },
          ],
        },
      });
      await using socket = await openSocket(server);
      socket.send({ type: 'connection_init', payload: { token: stranger } });
      expect((await socket.closed()).code).toBe(1013);
      await vi.waitUntil(() => server.output().includes('does not say whether a token is active'));
      expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: user } });
    } finally {
      issuer.setState('answering');
    }
    const { status } = await post(server.url, { query: readViewer }, bearer(stranger));
    expect(status).toBe(200);
    expect(server.output()).not.toContain(stranger);
  });
});

describe('how the server is set up', () => {
  it('with an audience, tokens for others are refused', async () => {
    await using server = await startServer({
      command: 'start',
      env: { ...issuer.env, TOKEN_INTROSPECTION_AUDIENCE: 'tidings' },
    });
    await expectRefused(server, await issuer.issue(somebody()), /"aud"/);
    await expectRefused(server, await issuer.issue(somebody({ aud: ['elsewhere'] })), /"aud"/);
    const user = somebody({ aud: ['elsewhere', 'tidings'] });
    await using alice = await connect(server, user, { token: await issuer.issue(user) });
    expect(await alice.request('{ viewer { id } }')).toEqual({ viewer: { id: user } });
  });

  it('an endpoint that refuses the server’s own credentials is told to whoever runs it', async () => {
    const env = { ...issuer.env, TOKEN_INTROSPECTION_CLIENT_SECRET: 'not the secret' };
    await using server = await startServer({ command: 'start', env });
    const token = await issuer.issue(somebody());
    const alice = await connect(server, 'alice', { token });
    const error = await failureOf(alice.request(readViewer));
    expect(error).toBeInstanceOf(ResponseError);
    expect(error.code).toBe('UNAVAILABLE');
    await vi.waitUntil(() => server.output().includes('check TOKEN_INTROSPECTION_CLIENT_ID'));
    expect(server.output()).not.toContain('not the secret');
    expect(server.output()).not.toContain(token);
  });
});
