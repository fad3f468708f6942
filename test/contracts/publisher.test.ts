// The publisher against real servers, and against networks and strangers that do what networks do.
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectSocket, createServer as createSocketServer, type AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { build } from 'esbuild';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { OrderDocument, PublishOrderUpdateDocument } from '../../src/client/generated.ts';
import { createApp, parseConfig, type App } from '../../src/index.ts';
import { createPublisher, PublishError, type PublisherOptions } from '../../src/publisher/index.ts';
import { connect } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { everyScope } from '../support/every-scope.ts';

let database: TestDatabase;
let app: App;

const openApp = (port = 0) =>
  createApp({
    config: parseConfig({ HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: database.url }, 'dev'),
    logger: pino({ level: 'silent' }),
  });

beforeAll(async () => {
  database = await openTestDatabase();
  app = await openApp();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const endpoint = (server: { readonly url: string } = app) => `${server.url}/graphql`;
const newWorkspace = () => `w-${randomUUID()}`;
const tokenOf = (workspace: string, scope = everyScope.join(' '), user = 'shop') =>
  signDevelopmentToken({ user, workspace, scope });

/** A service with all scopes in a workspace of its own. */
async function service(options: Partial<PublisherOptions> = {}) {
  const workspace = newWorkspace();
  const token = await tokenOf(workspace);
  return { workspace, publisher: createPublisher({ url: endpoint(), token, ...options }) };
}

const publishErrorOf = async (call: Promise<unknown>): Promise<PublishError> => {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PublishError);
  return error as PublishError;
};

/** On a free port of the loopback interface, closed with whatever is connected. */
async function listen(server: ReturnType<typeof createHttpServer | typeof createSocketServer>) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url, close, [Symbol.asyncDispose]: close };
}

/** A server that answers as it is told, and counts. */
async function stranger(answer: (request: number, response: ServerResponse, body: string) => void) {
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      headers.push(request.headers);
      answer(bodies.push(body), response, body);
    });
  });
  return { ...(await listen(server)), bodies, headers };
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const refusal = (code: string, more: object = {}) => ({
  errors: [{ message: 'Because.', extensions: { code, ...more } }],
});
const erased = { data: { eraseUser: { userId: 'a' } } };

const pending = { orderId: '42', customerId: 'alice', status: 'PENDING' } as const;

describe('each method', () => {
  it('does what its mutation does, and answers its payload', async () => {
    const { publisher, workspace } = await service();
    const { update, deduplicated } = await publisher.publishOrderUpdate(pending);
    expect([update.order.status, deduplicated]).toEqual(['PENDING', false]);
    const booking = await publisher.publishBookingUpdate({
      bookingId: 'b-1',
      customerId: 'alice',
      status: 'REQUESTED',
      serviceName: 'Tuning',
      scheduledFor: '2030-01-01T10:00:00.000Z',
    });
    expect(booking.update.booking.status).toBe('REQUESTED');
    const stock = { productId: 'p', productName: 'Valve', kind: 'LOW_STOCK', stockLevel: 2 } as const;
    expect((await publisher.publishInventoryAlert(stock)).alert.stockLevel).toBe(2);
    const told = await publisher.publishAnnouncement({ message: 'Hello', level: 'INFO' });
    expect(told.announcement.message).toBe('Hello');
    const event = { room: 'product:1', name: 'sold', data: { left: 2 } };
    expect((await publisher.publishRoomEvent(event)).event.data).toEqual({ left: 2 });
    const notice = { userIds: ['alice'], type: 'SYSTEM', title: 'Hi', body: 'there' } as const;
    expect(await publisher.sendNotification(notice)).toEqual({ recipientCount: 1, deduplicated: false });

    const { users } = await publisher.upsertUsers({ users: [{ id: 'alice', name: 'Alice' }] });
    expect(users).toMatchObject([{ id: 'alice', name: 'Alice' }]);
    const { conversation } = await publisher.createConversation({ participantIds: ['alice', 'bob'] });
    const participantsOf = ({ conversation: { participants } }: { conversation: typeof conversation }) =>
      participants.map(({ id }) => id).sort();
    expect(participantsOf({ conversation })).toEqual(['alice', 'bob', 'shop']);
    const carol = { conversationId: conversation.id, userIds: ['carol'] };
    // What has no key may be sent twice.
    for (let time = 0; time < 2; time += 1) await publisher.addParticipants(carol);
    expect(participantsOf((await publisher.addParticipants(carol)) as never)).toContain('carol');
    await publisher.removeParticipants(carol);
    expect(participantsOf((await publisher.removeParticipants(carol)) as never)).toEqual([
      'alice',
      'bob',
      'shop',
    ]);
    const { message } = await publisher.sendMessage({
      asUserId: 'alice',
      conversationId: conversation.id,
      body: 'hello',
    });
    expect(message).toMatchObject({ body: 'hello', sender: { id: 'alice', name: 'Alice' } });
    expect(message.clientMessageId).not.toBeNull();

    const access = { room: 'staff', userIds: ['alice'] };
    expect(await publisher.grantRoomAccess(access)).toMatchObject(access);
    expect(await publisher.revokeRoomAccess(access)).toMatchObject(access);
    await using alice = await connect(app, 'alice', { workspace });
    await alice.connected();
    expect(await publisher.revokeSessions({ userId: 'alice' })).toEqual({ closedConnections: 1 });
    expect(await publisher.eraseUser({ userId: 'alice' })).toEqual({ userId: 'alice' });
  });

  it('keeps the key that it is given, and makes another for each call where it is given none', async () => {
    const { publisher } = await service();
    const given = { ...pending, idempotencyKey: 'k-1' };
    expect((await publisher.publishOrderUpdate(given)).deduplicated).toBe(false);
    expect((await publisher.publishOrderUpdate(given)).deduplicated).toBe(true);
    expect((await publisher.publishOrderUpdate({ ...pending, idempotencyKey: null })).deduplicated).toBe(
      false,
    );
    expect((await publisher.publishOrderUpdate(pending)).deduplicated).toBe(false);
    const other = await publishErrorOf(publisher.publishOrderUpdate({ ...given, status: 'SHIPPED' }));
    expect(other).toMatchObject({ code: 'CONFLICT', outcome: 'refused', idempotencyKey: 'k-1', attempts: 1 });
  });

  it('requests of one’s own are typed by their documents', async () => {
    const { publisher } = await service();
    await publisher.request(PublishOrderUpdateDocument, { input: pending });
    const { order } = await publisher.request(OrderDocument, { id: '42' });
    // A service reads what staff reads only where it is staff.
    expect(order).toBeNull();
    expect(await publisher.request('{ __typename }', {})).toEqual({ __typename: 'Query' });
  });

  it('names the workspace for a service that has them all', async () => {
    const token = await tokenOf('*');
    const workspace = `Köln, ${newWorkspace()}`;
    const publisher = createPublisher({ url: endpoint(), token, workspace });
    await publisher.publishOrderUpdate(pending);
    await using alice = await connect(app, 'alice', { workspace });
    expect(await alice.request(OrderDocument, { id: '42' })).toMatchObject({ order: { status: 'PENDING' } });
  });

  it('connections are kept: calls one after another, or at once again, open none', async () => {
    let connections = 0;
    const port = Number(new URL(app.url).port);
    await using proxy = await listen(
      createSocketServer((client) => {
        connections += 1;
        const server = connectSocket(port, '127.0.0.1');
        client.pipe(server).pipe(client);
        server.on('error', () => client.destroy());
        client.on('error', () => server.destroy());
      }),
    );
    const { publisher } = await service({ url: endpoint(proxy) });
    for (let time = 0; time < 20; time += 1) await publisher.publishOrderUpdate(pending);
    // The runtime may open a second one while the first is just being given free.
    expect(connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 50 }, () => publisher.publishOrderUpdate(pending)));
    const together = connections;
    expect(together).toBeLessThanOrEqual(52);
    for (let time = 0; time < 20; time += 1) await publisher.publishOrderUpdate(pending);
    expect(connections).toBe(together);
  });
});

describe('what is refused', () => {
  it('is not tried again, and says why', async () => {
    const { publisher } = await service();
    const error = await publishErrorOf(publisher.publishOrderUpdate({ ...pending, orderId: '' }));
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      outcome: 'refused',
      retryable: false,
      attempts: 1,
    });
    expect(error.message).toMatch(/^PublishOrderUpdate failed with BAD_USER_INPUT: .*orderId/);
  });

  it('names the scope that is missing', async () => {
    const token = await tokenOf(newWorkspace(), 'notifications:send');
    const error = await publishErrorOf(
      createPublisher({ url: endpoint(), token }).publishOrderUpdate(pending),
    );
    expect(error).toMatchObject({ code: 'FORBIDDEN', outcome: 'refused', attempts: 1 });
    expect(error.message).toContain('orders:publish');
  });

  it('says of a wrong token that it is wrong, and asks for another once', async () => {
    const fixed = await publishErrorOf(
      createPublisher({ url: endpoint(), token: 'wrong' }).publishOrderUpdate(pending),
    );
    expect(fixed).toMatchObject({ code: 'UNAUTHENTICATED', outcome: 'refused', attempts: 1 });
    expect(fixed.message).toMatch(/token/i);

    const tokens = ['wrong', await tokenOf(newWorkspace())];
    const healing = createPublisher({ url: endpoint(), token: () => tokens.shift() ?? 'wrong' });
    expect((await healing.publishOrderUpdate(pending)).deduplicated).toBe(false);
    expect(tokens).toEqual([]);

    let asked = 0;
    const never = createPublisher({ url: endpoint(), token: () => `wrong-${(asked += 1)}` });
    expect(await publishErrorOf(never.publishOrderUpdate(pending))).toMatchObject({ attempts: 2 });
    expect(asked).toBe(2);
  });

  it('a token function that fails once costs nothing', async () => {
    const token = await tokenOf(newWorkspace());
    const answers = [() => Promise.reject(new TypeError('fetch failed')), () => Promise.resolve(token)];
    const publisher = createPublisher({ url: endpoint(), token: () => (answers.shift() ?? (() => token))() });
    expect((await publisher.publishOrderUpdate(pending)).deduplicated).toBe(false);
    expect(answers).toEqual([]);
  });

  it('a token function that fails, never answers or answers nonsense ends the call', async () => {
    const failing = (token: PublisherOptions['token']) =>
      publishErrorOf(
        createPublisher({ url: endpoint(), token, deadlineMs: 200 }).publishOrderUpdate(pending),
      );
    const away = new Error('the key server is away');
    expect(await failing(() => Promise.reject(away))).toMatchObject({
      code: 'UNAUTHENTICATED',
      attempts: 0,
      retryable: true,
      cause: away,
      message: expect.stringContaining('the key server is away') as string,
    });
    expect((await failing(() => new Promise(() => undefined))).message).toContain('deadline');
    expect((await failing(() => '')).message).toContain('no token');
    const secret = await failing(() => 'sécret\nvalue');
    expect(secret.message + String(secret.cause)).not.toContain('sécret');
  });

  it('input that is none, or that no JSON can hold, is told as the rest is', async () => {
    const { publisher } = await service();
    const untyped = publisher as unknown as Record<
      'publishOrderUpdate' | 'request',
      (...given: unknown[]) => Promise<unknown>
    >;
    const refused = { code: 'BAD_USER_INPUT', outcome: 'refused', retryable: false };
    const nothing = await publishErrorOf(untyped.publishOrderUpdate());
    expect(nothing).toMatchObject({ ...refused, attempts: 1 });
    expect(nothing.message).toContain('orderId');
    const unwritable = await publishErrorOf(publisher.publishOrderUpdate({ ...pending, data: { big: 1n } }));
    expect(unwritable).toMatchObject({ ...refused, attempts: 0 });
    expect(unwritable.message).toContain('BigInt');
    expect(await untyped.request('{ __typename }')).toEqual({ __typename: 'Query' });
  });

  it('options that can not be right are told at once', () => {
    expect(() => (createPublisher as () => unknown)()).toThrow('needs `url` and `token`');
    const options = { url: endpoint(), token: 't' };
    expect(() => createPublisher({ ...options, url: 'localhost:4000/graphql' })).toThrow('GraphQL endpoint');
    expect(() => createPublisher({ ...options, token: ' ' })).toThrow('`token` is missing');
    expect(() => createPublisher({ ...options, timeoutMs: Number.NaN })).toThrow('`timeoutMs`');
  });
});

describe('what gets lost', () => {
  it('the connection is cut behind the commit: one event, and the second attempt is told so', async () => {
    const { workspace, publisher: direct } = await service();
    await direct.publishOrderUpdate(pending);
    await using alice = await connect(app, 'alice', { workspace });
    const { order } = await alice.request(OrderDocument, { id: '42' });
    const port = Number(new URL(app.url).port);
    let cut = 0;
    await using proxy = await listen(
      createSocketServer((client) => {
        const server = connectSocket(port, '127.0.0.1');
        server.on('error', () => client.destroy());
        client.on('error', () => server.destroy());
        client.on('close', () => server.destroy());
        client.pipe(server);
        // It has answered, so it has committed: the first two answers do not arrive.
        server.on('data', (bytes) => {
          if (cut < 2) {
            cut += 1;
            client.resetAndDestroy();
          } else client.write(bytes);
        });
      }),
    );
    const publisher = createPublisher({ url: endpoint(proxy), token: await tokenOf(workspace) });
    const { deduplicated } = await publisher.publishOrderUpdate({ orderId: '42', status: 'SHIPPED' });
    expect([cut, deduplicated]).toEqual([2, true]);
    const after = await alice.request(OrderDocument, { id: '42' });
    expect(after.order?.timeline.map(({ status }) => status)).toEqual(['PENDING', 'SHIPPED']);
    expect(after.order?.cursor).not.toBe(order?.cursor);

    // A request of one's own, without a key, is not repeated.
    cut = 0;
    const input = { orderId: '42', status: 'DELIVERED' } as const;
    const lost = await publishErrorOf(publisher.request(PublishOrderUpdateDocument, { input }));
    expect(lost).toMatchObject({
      code: 'UNREACHABLE',
      outcome: 'unknown',
      retryable: true,
      attempts: 1,
      idempotencyKey: null,
    });
    expect(lost.message).toContain('It may have been carried out');
    cut = 0;
    const variables = { input: { ...input, status: 'RETURNED', idempotencyKey: 'k' } as const };
    expect(await publisher.request(PublishOrderUpdateDocument, variables)).toMatchObject({
      publishOrderUpdate: { deduplicated: true },
    });
  });

  it('messages and conversations are there once too', async () => {
    const { workspace } = await service();
    const port = Number(new URL(app.url).port);
    let cutting = true;
    await using proxy = await listen(
      createSocketServer((client) => {
        const server = connectSocket(port, '127.0.0.1');
        server.on('error', () => client.destroy());
        client.on('error', () => server.destroy());
        client.pipe(server);
        server.on('data', (bytes) => {
          if (!cutting) return void client.write(bytes);
          cutting = false;
          client.destroy();
        });
      }),
    );
    const publisher = createPublisher({ url: endpoint(proxy), token: await tokenOf(workspace) });
    const { conversation } = await publisher.createConversation({ participantIds: ['alice', 'bob'] });
    cutting = true;
    await publisher.sendMessage({ asUserId: 'alice', conversationId: conversation.id, body: 'once' });
    await using alice = await connect(app, 'alice', { workspace });
    const read = '{ conversations { nodes { messages(last: 9) { nodes { body } } } } }';
    expect(await alice.request(read)).toEqual({
      conversations: { nodes: [{ messages: { nodes: [{ body: 'once' }] } }] },
    });
  });

  it('a server that is not there yet is waited for', async () => {
    const reserved = await listen(createSocketServer());
    const port = Number(new URL(reserved.url).port);
    await reserved.close();
    const publisher = createPublisher({ url: endpoint(reserved), token: await tokenOf(newWorkspace()) });
    let settled = false;
    const published = publisher.publishOrderUpdate(pending).finally(() => (settled = true));
    const refused = await publishErrorOf(
      createPublisher({ url: endpoint(reserved), token: 't', deadlineMs: 400 }).publishOrderUpdate(pending),
    );
    expect(refused).toMatchObject({ code: 'UNREACHABLE', outcome: 'refused', retryable: true });
    expect(refused.attempts).toBeGreaterThan(1);
    expect(refused.message).toContain(`Nothing answered at ${reserved.url}/graphql`);
    expect(settled).toBe(false);
    // One database has one server without Redis: the first goes before the second comes.
    await app.close();
    app = await openApp();
    const port2 = Number(new URL(app.url).port);
    const proxy = createSocketServer((client) => {
      const server = connectSocket(port2, '127.0.0.1');
      client.pipe(server).pipe(client);
      server.on('error', () => client.destroy());
      client.on('error', () => server.destroy());
    });
    proxy.listen(port, '127.0.0.1');
    try {
      expect((await published).deduplicated).toBe(false);
    } finally {
      proxy.close();
    }
  });

  it('a server that says nothing is given up, and the call with it', async () => {
    await using silent = await stranger(() => undefined);
    const publisher = createPublisher({ url: silent.url, token: 't', timeoutMs: 50, deadlineMs: 400 });
    const error = await publishErrorOf(publisher.publishOrderUpdate(pending));
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown', retryable: true });
    expect(error.attempts).toBe(silent.bodies.length);
    expect(error.attempts).toBeGreaterThan(1);
    expect(error.message).toContain(`idempotencyKey "${error.idempotencyKey}"`);
    expect(new Set(silent.bodies).size).toBe(1);
  });

  it('once an attempt may have been carried out, a later refusal does not say that it was not', async () => {
    await using server = await stranger((request, response) =>
      request === 1 ? response.writeHead(502).end('Bad gateway') : json(response, 200, refusal('FORBIDDEN')),
    );
    const publisher = createPublisher({ url: server.url, token: 't' });
    expect(await publishErrorOf(publisher.publishOrderUpdate(pending))).toMatchObject({
      code: 'FORBIDDEN',
      outcome: 'unknown',
      attempts: 2,
    });
  });
});

describe('what is asked to wait', () => {
  it.each([
    ['in the body', 429, refusal('RATE_LIMITED', { retryAfterMs: 300 }), {}],
    ['in a header', 429, 'slow down', { 'retry-after': '1' }],
    ['while something is away', 503, refusal('UNAVAILABLE', { retryAfterMs: 300 }), {}],
    ['by a gateway', 503, 'away', { 'retry-after': '1' }],
  ])('waits %s, and goes on with the same key', async (_where, status, body, headers) => {
    const at: number[] = [];
    await using server = await stranger((request, response) => {
      at.push(performance.now());
      if (request > 1) return json(response, 200, erased);
      json(response, status, body, headers);
    });
    await createPublisher({ url: server.url, token: 't' }).publishOrderUpdate(pending);
    expect(at).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(290);
    expect(new Set(server.bodies).size).toBe(1);
    expect(server.bodies[0]).toMatch(/"idempotencyKey":"[\w-]{36}"/);
  });

  it('does not wait where that were longer than the deadline', async () => {
    await using server = await stranger((_request, response) =>
      json(response, 429, refusal('RATE_LIMITED', { retryAfterMs: 60_000 })),
    );
    const error = await publishErrorOf(
      createPublisher({ url: server.url, token: 't' }).publishOrderUpdate(pending),
    );
    expect(error).toMatchObject({ code: 'RATE_LIMITED', outcome: 'refused', retryable: true, attempts: 1 });
  });

  it('the real limit of the server is one of those', async () => {
    await using limited = await openTestDatabase();
    const env = { HOST: '127.0.0.1', PORT: '0', DATABASE_URL: limited.url, RATE_PUBLISHES: '2' };
    const config = parseConfig(env, 'dev');
    const slow = await createApp({ config, logger: pino({ level: 'silent' }) });
    try {
      const { publisher } = await service({ url: endpoint(slow) });
      const calls = Array.from({ length: 8 }, () => publisher.publishOrderUpdate(pending));
      for (const { deduplicated } of await Promise.all(calls)) expect(deduplicated).toBe(false);
    } finally {
      await slow.close();
    }
  });

  it('can be called off, before, while it is sent and while it waits', async () => {
    await using silent = await stranger(() => undefined);
    await using busy = await stranger((_request, response) => json(response, 503, refusal('UNAVAILABLE')));
    const reason = new Error('enough');
    for (const { url } of [silent, busy]) {
      const controller = new AbortController();
      const calling = createPublisher({ url, token: 't' }).publishOrderUpdate(pending, {
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(reason), 60);
      await expect(calling).rejects.toBe(reason);
    }
    const sent = busy.bodies.length;
    const called = createPublisher({ url: busy.url, token: () => new Promise(() => undefined) });
    await expect(called.publishOrderUpdate(pending, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(busy.bodies).toHaveLength(sent);
  });
});

it('another server than Tidings is not asked twice', async () => {
  await using website = await stranger((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  );
  await using moved = await stranger((_request, response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end(),
  );
  for (const { url, bodies } of [website, moved]) {
    const error = await publishErrorOf(createPublisher({ url, token: 't' }).publishOrderUpdate(pending));
    expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: false, attempts: 1 });
    expect(bodies).toHaveLength(1);
  }
  const error = await publishErrorOf(
    createPublisher({ url: app.url, token: 't' }).publishOrderUpdate(pending),
  );
  expect(error.message).toContain('/graphql');
});

it('loads wherever there is fetch: it holds nothing of Node, and nothing of the server', async () => {
  const { metafile } = await build({
    entryPoints: ['src/publisher/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    // Refuses what only Node has.
    platform: 'browser',
    logLevel: 'silent',
  });
  const folders = Object.keys(metafile.inputs).map((path) => path.split('/').slice(0, 2).join('/'));
  expect([...new Set(folders)].sort()).toEqual(['node_modules/graphql', 'src/client', 'src/publisher']);
});
