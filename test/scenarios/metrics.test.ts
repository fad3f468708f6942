// What whoever watches a server reads at /metrics: the figures move when something happens, and are told to those who may know.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { connect, post } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { httpGet } from '../support/http-get.ts';
import { readMetrics, type ReadMetrics } from '../support/metrics.ts';
import { openGreetedSocket, openSocket, upgradeStatus } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

const production = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tidings-tests',
};

describe('figures move when something happens', () => {
  let server: TestServer;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const database = await openTestDatabase();
    server = await startServer({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
        RATE_TYPING: '1',
        FANOUT: 'shared',
      },
    });
    close = async () => {
      await server.stop();
      await database.drop();
    };
  }, 60_000);
  afterAll(() => close());

  const read = () => readMetrics(server);
  type Labels = Readonly<Record<string, string>>;
  /** How far it has moved since. Others of this file may move it too, but never back. */
  const since = (before: ReadMetrics) => async (name: string, labels?: Labels) =>
    (await read()).value(name, labels) - before.value(name, labels);

  const publish = `mutation ($orderId: ID!, $note: String!) {
    publishOrderUpdate(input: { orderId: $orderId, customerId: "alice", status: PROCESSING, note: $note }) { update { cursor } }
  }`;
  const follow = `subscription Follow($orderId: ID!, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note } }`;
  interface Published {
    readonly publishOrderUpdate: { readonly update: { readonly cursor: string } };
  }

  it('connections, subscriptions, audiences, events and how long they took', async () => {
    const before = await read();
    const moved = since(before);
    await using alice = await connect(server, 'alice', { scope: 'orders:publish', workspace: 'figures' });
    const tell = (note: string) => alice.request<Published>(publish, { orderId: 'one', note });
    const { cursor } = (await tell('the first')).publishOrderUpdate.update;
    await using overWebSocket = alice.subscribe(follow, { orderId: 'one', after: cursor });
    await using events = await openEvents(server, alice.token, {
      query: follow,
      variables: { orderId: 'one', after: cursor },
    });
    // What comes from the log is delivered too, but not timed.
    const followers = async () => (await read()).value('tidings_subscriptions');
    await expect.poll(followers).toBe(2);
    await expect.poll(async () => (await read()).value('tidings_subscriptions_catching_up')).toBe(0);
    await tell('the second');
    expect(await overWebSocket.next()).toEqual({ orderUpdated: { note: 'the second' } });
    expect(await events.next()).toMatchObject({ data: { data: { orderUpdated: { note: 'the second' } } } });

    expect(await moved('tidings_connections_opened_total', { transport: 'websocket' })).toBe(1);
    expect(await moved('tidings_connections_opened_total', { transport: 'sse' })).toBe(1);
    const now = await read();
    expect(now.value('tidings_connections', { transport: 'sse' })).toBe(1);
    expect(now.value('tidings_connections', { transport: 'websocket' })).toBeGreaterThanOrEqual(1);
    expect(now.value('tidings_subscriptions')).toBe(2);
    expect(now.value('tidings_audiences')).toBe(1);
    expect(now.value('tidings_audience_members')).toBe(2);
    expect(now.value('tidings_followed_topics')).toBeGreaterThanOrEqual(1);
    // An update of an order stands in two streams: its own, and its customer's.
    expect(await moved('tidings_events_published_total')).toBe(4);
    expect(await moved('tidings_events_delivered_total')).toBe(2);
    expect(await moved('tidings_delivery_seconds_count')).toBe(2);
    expect(await moved('tidings_delivery_seconds_bucket', { le: '+Inf' })).toBe(2);
    expect(await moved('tidings_operations_total', { type: 'mutation', outcome: 'ok' })).toBe(2);
    expect(await moved('tidings_operation_seconds_count', { type: 'mutation' })).toBe(2);
    expect(await moved('tidings_operations_total', { type: 'subscription', outcome: 'ok' })).toBe(2);

    events.leave();
    await overWebSocket[Symbol.asyncDispose]();
    await expect.poll(async () => (await read()).value('tidings_subscriptions')).toBe(0);
    expect((await read()).value('tidings_audiences')).toBe(0);
    expect((await read()).value('tidings_connections', { transport: 'sse' })).toBe(0);
  });

  it('whoever resumes behind the stream catches up from the log', async () => {
    await using alice = await connect(server, 'alice', { scope: 'orders:publish', workspace: 'behind' });
    const tell = (note: string) => alice.request<Published>(publish, { orderId: 'two', note });
    const { cursor } = (await tell('0')).publishOrderUpdate.update;
    for (const note of ['1', '2', '3']) await tell(note);
    const moved = since(await read());
    await using updates = alice.subscribe(follow, { orderId: 'two', after: cursor });
    for (const note of ['1', '2', '3']) expect(await updates.next()).toEqual({ orderUpdated: { note } });
    expect(await moved('tidings_catch_ups_total')).toBe(1);
    expect(await moved('tidings_catch_up_entries_total')).toBe(3);
    expect((await read()).value('tidings_subscriptions_catching_up')).toBe(0);
  });

  it('errors by code, operations that failed, and what is too often', async () => {
    const moved = since(await read());
    await using alice = await connect(server, 'alice', { workspace: 'errors' });
    const { createConversation } = await alice.request<{
      createConversation: { conversation: { id: string } };
    }>('mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id } } }');
    await failureOf(alice.request('{ nothing }'));
    await failureOf(alice.request(publish, { orderId: 'three', note: 'not allowed' }));
    await failureOf(alice.requestOverWebSocket(publish, { orderId: 'three', note: 'not allowed' }));
    const costly =
      '{ conversations(first: 100) { nodes { messages(last: 100) { nodes { id body sentAt } } } } }';
    await failureOf(alice.request(costly));
    await failureOf(alice.requestOverWebSocket(costly));
    await failureOf(alice.request(`{ viewer { id } } # ${'x'.repeat(20_000)}`));
    expect(await moved('tidings_errors_total', { code: 'BAD_USER_INPUT' })).toBe(3);
    expect(await moved('tidings_errors_total', { code: 'PAYLOAD_TOO_LARGE' })).toBe(1);
    expect(await moved('tidings_errors_total', { code: 'FORBIDDEN' })).toBe(2);
    expect(await moved('tidings_operations_total', { type: 'mutation', outcome: 'failed' })).toBe(2);
    expect(await moved('tidings_errors_total', { code: 'INTERNAL' })).toBe(0);

    const type = `mutation { setTyping(conversationId: "${createConversation.conversation.id}", isTyping: true) { isTyping } }`;
    const typed = await Promise.allSettled(Array.from({ length: 10 }, () => alice.request(type)));
    const refused = typed.filter(({ status }) => status === 'rejected').length;
    expect(refused).toBeGreaterThan(0);
    expect(await moved('tidings_rate_limited_total', { kind: 'typing' })).toBe(refused);
    expect(await moved('tidings_errors_total', { code: 'RATE_LIMITED' })).toBe(refused);
  });

  it('refused connections by reason, and how those that were open ended', async () => {
    const moved = since(await read());
    expect(await upgradeStatus(server, { path: '/elsewhere' })).toBe(404);
    expect(await upgradeStatus(server, { headers: { origin: 'https://evil.example' } })).toBe(403);
    await using stranger = await openSocket(server);
    stranger.send({ type: 'connection_init', payload: { token: 'no token' } });
    expect(await stranger.closed()).toMatchObject({ code: 4401 });
    await using rude = await openGreetedSocket(server, await signDevelopmentToken({ user: 'alice' }));
    rude.send('no message');
    expect(await rude.closed()).toMatchObject({ code: 4400 });
    for (const reason of ['path', 'origin', 'token']) {
      expect(await moved('tidings_connections_refused_total', { reason }), reason).toBe(1);
    }
    for (const code of ['4401', '4400']) {
      await expect.poll(() => moved('tidings_websocket_closes_total', { code })).toBe(1);
    }
  });

  it('HTTP requests by route and status: what is unknown is "other", whatever it is called', async () => {
    const before = await read();
    await post(server.url, { query: '{ __typename }' });
    await httpGet(server, '/nothing-1');
    await httpGet(server, '/nothing-2');
    const requests = async (route: string, status: string) => {
      const { samples } = await read();
      const found = ({ name, labels }: ReadMetrics['samples'][number]) =>
        name === 'tidings_http_requests_total' && labels['route'] === route && labels['status'] === status;
      return (samples.find(found)?.value ?? 0) - (before.samples.find(found)?.value ?? 0);
    };
    await expect.poll(() => requests('/graphql', '200')).toBe(1);
    await expect.poll(() => requests('other', '404')).toBe(2);
  });

  it('what it runs on, and that it is there', async () => {
    const metrics = await read();
    expect(metrics.value('tidings_build_info', { engine: 'redis', store: 'postgresql' })).toBe(1);
    expect(metrics.value('tidings_dependency_up', { dependency: 'database' })).toBe(1);
    expect(metrics.value('tidings_dependency_up', { dependency: 'redis' })).toBe(1);
    expect(metrics.value('tidings_nodes')).toBe(1);
    expect(metrics.value('tidings_draining')).toBe(0);
    expect(metrics.value('tidings_database_connections_max')).toBe(20);
    expect(metrics.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    expect(metrics.value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  it('no label has a value that a client wrote', async () => {
    const mark = 'marked';
    await using alice = await connect(server, `${mark}-user`, {
      workspace: `${mark}-space`,
      scope: 'orders:publish',
    });
    await alice.request(publish, { orderId: `${mark}-order`, note: mark });
    await using updates = alice.subscribe(
      `subscription ${mark} { ${mark}: orderUpdated(orderId: "${mark}-order") { note } }`,
    );
    await failureOf(alice.request(`query ${mark} { ${mark} }`));
    await alice.connected();
    await httpGet(server, `/${mark}`);
    expect((await httpGet(server, '/metrics')).text).not.toContain(mark);
    await updates[Symbol.asyncDispose]();
  });
});

describe('who may read them', () => {
  it('with METRICS_TOKEN: whoever shows it, from wherever', async () => {
    const token = 'a token of the tests';
    await using server = await startServer({
      command: 'start',
      env: { ...production, METRICS_TOKEN: token },
    });
    const get = (headers: Record<string, string>) => httpGet(server, '/metrics', headers);
    for (const headers of [
      {},
      { authorization: token },
      { authorization: `Bearer ${token}!` },
      { authorization: `Bearer ${token.slice(1)}` },
      { authorization: `Basic ${Buffer.from(token).toString('base64')}` },
    ]) {
      const { status, text, headers: answered } = await get(headers);
      expect(status).toBe(401);
      expect(answered['www-authenticate']).toBe('Bearer');
      expect(text).toContain('METRICS_TOKEN');
      expect(text).not.toContain('tidings_');
    }
    const proxied = { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' };
    const { status, headers, text } = await get(proxied);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('tidings_build_info{');
  }, 60_000);

  it('without: whoever comes from near and through no proxy; to others there is nothing', async () => {
    await using server = await startServer({ command: 'start', env: production });
    expect((await httpGet(server, '/metrics')).text).toContain('tidings_build_info{');
    const nothing = await httpGet(server, '/nothing');
    expect(nothing.status).toBe(404);
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host']) {
      const { status, text, headers } = await httpGet(server, '/metrics', { [name]: '10.0.0.1' });
      expect({ status, text }, name).toEqual({ status: nothing.status, text: nothing.text });
      expect(Object.keys(headers).sort(), name).toEqual(Object.keys(nothing.headers).sort());
    }
  }, 60_000);
});
