// The logs: what a person at night needs in order to find one request, nothing that anybody wrote, and one line for each thing
// that happened, whatever is sent.
import { connect as connectTcp } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { createApp, parseConfig, type App, type TidingsModule } from '../../src/index.ts';
import { connect, post } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { httpGet } from '../support/http-get.ts';
import { runSql } from '../support/postgres.ts';
import { openGreetedSocket, openSocket } from '../support/raw-socket.ts';
import { startServer } from '../support/server.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

/** Of what a server has printed; every line that is not for people at a terminal must be whole. */
const linesOf = (output: string): Line[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

/** Sent as it is; resolves when the server has closed the connection. */
const sendBytes = ({ url }: { readonly url: string }, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let answer = '';
    const socket = connectTcp(Number(port), hostname, () => socket.end(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });

it(
  'at any level they hold no token, no header, no query, no variable and nothing that anybody said',
  { timeout: 90_000 },
  async () => {
    const secret = 'hush-7f3a';
    const jwtSecret = `${secret} of the server, long enough for HS256`;
    const database = await openTestDatabase();
    await using server = await startServer({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
        LOG_LEVEL: 'trace',
        METRICS_TOKEN: `${secret}-of-metrics`,
        JWT_SECRET: jwtSecret,
        JWT_ISSUER: 'https://issuer.example',
        JWT_AUDIENCE: 'tidings-tests',
        MAX_PAYLOAD_BYTES: '65536',
      },
    });
    await using alice = await connect(server, 'alice', {
      workspace: 'quiet',
      scope: 'orders:publish users:write',
    });
    await using bob = await connect(server, 'bob', { workspace: 'quiet' });
    const tokens = [alice.token, bob.token];

    // What people do.
    await alice.request('mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id } } }', {
      users: [{ id: 'alice', name: `Alice ${secret}` }],
    });
    const { createConversation } = await alice.request<{
      createConversation: { conversation: { id: string } };
    }>(
      'mutation ($title: String!) { createConversation(input: { participantIds: ["bob"], title: $title }) { conversation { id } } }',
      { title: `Title ${secret}` },
    );
    const { id } = createConversation.conversation;
    const send = `mutation Send($body: String!) { sendMessage(input: { conversationId: "${id}", body: $body }) { cursor } }`;
    const { sendMessage } = await alice.request<{ sendMessage: { cursor: string } }>(send, {
      body: `Body ${secret}`,
    });
    await using heard = bob.subscribe(
      'subscription ($id: ID!, $after: Cursor!) { chatMessage(conversationId: $id, after: $after) { message { body } } }',
      { id, after: sendMessage.cursor },
    );
    await alice.request(send, { body: `Body ${secret}` });
    await heard.next();
    const order = `mutation ($note: String!) {
      publishOrderUpdate(input: { orderId: "1", customerId: "alice", status: PENDING, note: $note }) { update { cursor } }
    }`;
    await alice.request(order, { note: `Note ${secret}` });
    await alice.requestOverWebSocket(order, { note: `Note ${secret}` });
    const events = await openEvents(server, alice.token, {
      query: `subscription { orderUpdated(orderId: "1") { note } } # ${secret}`,
    });
    events.leave();

    // What goes wrong.
    await failureOf(alice.request(`{ ${secret.replace('-', '_')} }`));
    await alice.request(`{ conversation(id: "${secret}") { id } }`);
    await failureOf(alice.request(`{ this is no ${secret}`));
    await failureOf(alice.request(send, { body: { of: secret } }));
    await failureOf(alice.requestOverWebSocket(send, { body: `${secret} `.repeat(2_000) }));
    await post(server.url, { query: '{ viewer { id } }' }, { authorization: `Bearer ${secret}` });
    await post(server.url, { query: '{ viewer { id } }' }, { authorization: secret });
    await post(
      server.url,
      { query: '{ viewer { id } }' },
      { authorization: `Bearer ${alice.token}x`, cookie: secret },
    );
    await fetch(`${server.url}/graphql?query=${secret}&token=${secret}`);
    await fetch(`${server.url}/elsewhere?token=${secret}`);
    await fetch(`${server.url}/dev/token?user=${secret}`);
    await httpGet(server, '/metrics', { authorization: `Bearer ${secret}` });
    await httpGet(server, '/metrics', { authorization: `Bearer ${secret}-of-metrics` });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: `{ "query": ${secret}` });
    await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(secret) });
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: secret.repeat(20_000) }),
    });
    for (const payload of [{ token: secret }, { token: `${alice.token}x` }, { authorization: secret }]) {
      await using stranger = await openSocket(server);
      stranger.send({ type: 'connection_init', payload });
      await stranger.closed();
    }
    for (const message of [
      secret,
      `{ "type": "${secret}" }`,
      { type: 'subscribe', id: secret, payload: secret },
    ]) {
      await using rude = await openGreetedSocket(server, alice.token);
      rude.send(message);
      await rude.closed();
    }
    await using large = await openGreetedSocket(server, alice.token);
    large.send(secret.repeat(20_000));
    await large.closed();

    // The database refuses what it is given, and quotes it in full.
    await runSql(
      database.url,
      `alter table messages add constraint unsaid check (body not like '%${secret}%') not valid`,
    );
    const { errors } = await failureOf(alice.request(send, { body: `Refused ${secret}` }));
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL', requestId: expect.any(String) } }]);
    await runSql(database.url, 'alter table messages rename to elsewhere');
    const away = await failureOf(alice.requestOverWebSocket(send, { body: `Away ${secret}` }));
    expect(away.errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);

    await server.stop();
    await database.drop();
    const output = server.output();
    const lines = linesOf(output);
    // It has said much, at every level that there is something to say at,
    expect(lines.length).toBeGreaterThan(50);
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set([20, 30, 50]));
    expect(lines.filter(({ msg }) => msg === 'an unexpected error')).toHaveLength(2);
    // and nothing of this.
    const said = lines.filter(
      (line) => JSON.stringify(line).includes(secret) || JSON.stringify(line).includes('hush_7f3a'),
    );
    expect(said).toEqual([]);
    for (const token of tokens) expect(output).not.toContain(token.slice(-20));
    expect(output).not.toMatch(/bearer/i);
  },
);

describe('one request can be found', () => {
  let app: App;
  let close: () => Promise<void>;
  let lines: Line[] = [];
  /** It has no other way to fail unexpectedly than to be made to. */
  const broken: TidingsModule = {
    name: 'broken',
    define(builder) {
      const fail = (): never => {
        throw new TypeError('the coffee machine is on fire');
      };
      builder.queryField('broken', (t) => t.string({ nullable: true, resolve: fail }));
      builder.subscriptionField('breaking', (t) =>
        t.string({
          nullable: true,
          async *subscribe() {
            yield { number: 1 };
            await Promise.resolve();
          },
          resolve: fail,
        }),
      );
    },
  };
  beforeAll(async () => {
    const database = await openTestDatabase();
    app = await createApp({
      config: parseConfig({ PORT: '0', DATABASE_URL: database.url, LOG_LEVEL: 'trace' }, 'dev'),
      logger: pino(
        { level: 'trace' },
        { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
      ),
      modules: [broken],
    });
    close = async () => {
      await app.close();
      await database.drop();
    };
  }, 60_000);
  afterAll(() => close());

  const ask = (headers: Record<string, string> = {}, query = 'query Coffee { tea: broken }') =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
  const told = async (response: Response) =>
    ((await response.json()) as { errors: { message: string; extensions: Record<string, unknown> }[] })
      .errors;

  it('by the id that a proxy has given it, over the answer, the error and both of its lines', async () => {
    const requestId = 'edge-1.4bf92f35';
    const response = await ask({ 'x-request-id': requestId });
    expect(response.headers.get('x-request-id')).toBe(requestId);
    expect(await told(response)).toMatchObject([
      {
        message: 'Something unexpected happened on the server. It has been logged.',
        extensions: { code: 'INTERNAL', requestId },
      },
    ]);
    const own = () => lines.filter((line) => line.requestId === requestId);
    await expect.poll(own).toHaveLength(2);
    expect(own()).toMatchObject([
      {
        level: 50,
        msg: 'an unexpected error',
        operation: 'Coffee',
        path: 'tea',
        err: { message: 'the coffee machine is on fire', stack: expect.stringContaining('logs.test.ts') },
      },
      { level: 20, msg: 'an HTTP request', method: 'POST', path: '/graphql', status: 200 },
    ]);
  });

  it('never by what somebody wrote as a path', async () => {
    const requestId = 'strange-path';
    const response = await fetch(`${app.url}/eyJhbGciOiJIUzI1NiJ9.secret?token=secret`, {
      headers: { 'x-request-id': requestId },
    });
    expect(response.status).toBe(404);
    const own = () => lines.filter((line) => line.requestId === requestId);
    await expect.poll(own).toMatchObject([{ method: 'GET', path: 'other', status: 404 }]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('by one that is made where none is given, or one that is no id', async () => {
    for (const given of [undefined, 'two words', 'x'.repeat(65), 'a"b', '{}']) {
      const response = await ask(given === undefined ? {} : { 'x-request-id': given });
      const requestId = response.headers.get('x-request-id');
      expect(requestId).toMatch(/^[\w-]{22}$/);
      expect(await told(response)).toMatchObject([{ extensions: { requestId } }]);
      expect(lines.filter((line) => line.requestId === requestId && line.level === 50)).toHaveLength(1);
    }
  });

  it.each(['/healthz', '/readyz', '/nothing', '/metrics', '/graphql'])(
    'every answer has one: %s',
    async (path) => {
      expect((await fetch(`${app.url}${path}`)).headers.get('x-request-id')).toMatch(/^[\w-]{22}$/);
    },
  );

  it('of a WebSocket all errors have that of its upgrade', async () => {
    const requestId = 'socket-1';
    const token = await signDevelopmentToken({ user: 'alice' });
    await using raw = await openGreetedSocket(app, token, { headers: { 'x-request-id': requestId } });
    raw.send({ type: 'subscribe', id: '1', payload: { query: 'query Coffee { broken }' } });
    expect(await raw.next()).toMatchObject({
      type: 'next',
      payload: { errors: [{ extensions: { code: 'INTERNAL', requestId } }] },
    });
    expect(lines.find((line) => line.requestId === requestId && line.level === 50)).toMatchObject({
      operation: 'Coffee',
      path: 'broken',
    });
    raw.socket.close();
    await raw.closed();
    const said = () => lines.filter((line) => line.requestId === requestId).map(({ msg }) => msg);
    await expect.poll(said).toEqual(['a WebSocket is open', 'an unexpected error', 'a WebSocket is closed']);
  });

  it('of an event that many are told, the error names an id of its own', async () => {
    const query = 'subscription Breakfast { breaking }';
    const token = await signDevelopmentToken({ user: 'alice' });
    await using events = await openEvents(app, token, { query });
    const message = await events.next();
    if (message === null) throw new Error('The stream has ended.');
    const { errors } = message.data as { readonly errors: readonly { extensions: { requestId: string } }[] };
    const requestId = errors[0]?.extensions.requestId;
    expect(requestId).toMatch(/^[\w-]{22}$/);
    expect(lines.find((line) => line.requestId === requestId && line.level === 50)).toMatchObject({
      operation: 'Breakfast',
      path: 'breaking',
    });
  });

  it('a WebSocket that is refused is told its id, and why is logged', async () => {
    const answer = await sendBytes(
      app,
      'GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: refused-1\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*\r\nX-Request-Id: refused-1\r\n/s);
    expect(lines.find(({ requestId }) => requestId === 'refused-1')).toMatchObject({
      level: 30,
      msg: 'a WebSocket is refused',
      reason: 'path',
    });
  });

  it('nobody can write a line of their own', async () => {
    const forged = '{"level":50,"msg":"forged"}';
    const before = lines.length;
    const requests = [
      `GET /a%0A${encodeURIComponent(forged)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: id${forged}\r\n\r\n`,
      `GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: id\r\n ${forged}\r\n\r\n`,
      `GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: id\n${forged}\r\n\r\n`,
      `GET /e\x1b[31m\x07 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /\x00\x85\u2028 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ];
    for (const request of requests) await sendBytes(app, request);
    const query = `query Coffee { broken }\n# \n${forged}`;
    await ask({}, query);
    await ask({ 'x-request-id': 'last' }, 'query Coffee { broken }');
    await expect.poll(() => lines.some((line) => line.requestId === 'last' && line.level === 20)).toBe(true);
    const own = lines.slice(before);
    expect(own.length).toBeGreaterThan(4);
    for (const line of own) {
      expect(line.msg).not.toContain('forged');
      expect(line.requestId ?? 'none').toMatch(/^[\w.-]{1,64}$/);
      // oxlint-disable-next-line no-control-regex
      expect(JSON.stringify(line)).not.toMatch(/[\x00-\x1f\x7f]/);
    }
    lines = [];
  });
});
