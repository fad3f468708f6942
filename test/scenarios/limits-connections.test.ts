// How many may be open, and how long somebody may say nothing: of one user, of one address, of a whole node.
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { connect, post } from '../support/client.ts';
import { httpGet } from '../support/http-get.ts';
import { openGreetedSocket, openSocket, upgradeAnswer, upgradeStatus } from '../support/raw-socket.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

/** Connected; everything that comes is kept as text. */
async function openTcp({ url }: { readonly url: string }): Promise<{ socket: Socket; heard: () => string }> {
  const { hostname, port } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, heard: () => text };
}

const presence = 'subscription { presenceChanged(userIds: ["alice"]) { status } }';

describe('of one user', () => {
  const server = useSturdyServer({ MAX_CONNECTIONS_PER_USER: '2' });

  it('a connection too many is closed with the reason, and may come when another has gone', async () => {
    const token = await signDevelopmentToken({ user: 'alice', workspace: 'demo' });
    await using first = await openGreetedSocket(server, token);
    await using second = await openGreetedSocket(server, token);
    await using third = await openSocket(server);
    third.send({ type: 'connection_init', payload: { token } });
    expect(await third.closed()).toEqual({
      code: 1013,
      reason: expect.stringMatching(/^You have 2 connections open/) as string,
    });
    await using bob = await openGreetedSocket(server, await signDevelopmentToken({ user: 'bob' }));
    bob.send({ type: 'ping' });
    expect((await bob.next()).type).toBe('pong');
    first.send({ type: 'ping' });
    expect((await first.next()).type).toBe('pong');

    await second[Symbol.asyncDispose]();
    await expect
      .poll(async () => {
        await using again = await openSocket(server);
        again.send({ type: 'connection_init', payload: { token } });
        return await again.next().then(({ type }) => type, String);
      })
      .toBe('connection_ack');
  });

  /** Asked for, and left open where it is answered. */
  const follow = async (token: string, query: string, signal: AbortSignal) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query }),
      signal,
    });
  const refusedOf = async (reason: string): Promise<number> => {
    const { text } = await httpGet(server, '/metrics');
    return Number(new RegExp(`refused_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1]);
  };

  it('a subscription over SSE counts too, and is refused with 429 and when to come back', async () => {
    const token = await signDevelopmentToken({ user: 'carol', workspace: 'demo' });
    await using first = await openGreetedSocket(server, token);
    await using second = await openGreetedSocket(server, token);
    const before = await refusedOf('user');
    const response = await follow(token, presence, AbortSignal.timeout(30_000));
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('5');
    const text = await response.text();
    expect(text).toContain('RATE_LIMITED');
    expect(text).toContain('You have 2 connections open');
    expect(await refusedOf('user')).toBe(before + 1);
    expect([first, second].every(({ socket }) => socket.readyState === socket.OPEN)).toBe(true);
    // Queries are no connections.
    const carol = await connect(server, 'carol', { token });
    await carol.request('{ viewer { id } }');
  });

  it('of many that come at once no more are let in', async () => {
    const token = await signDevelopmentToken({ user: 'dave', workspace: 'demo' });
    const leaving = new AbortController();
    const query = 'subscription { notification { cursor } }';
    const answers = await Promise.all(Array.from({ length: 20 }, () => follow(token, query, leaving.signal)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, ...Array.from({ length: 18 }, () => 429)]);
    leaving.abort();
    // Their places are free again.
    await expect
      .poll(async () => {
        const again = new AbortController();
        const { status } = await follow(token, query, again.signal);
        again.abort();
        return status;
      })
      .toBe(200);
  });
});

describe('of one address', () => {
  const server = useSturdyServer({ MAX_CONNECTIONS_PER_ADDRESS: '8', REQUEST_SECONDS: '3' });

  it('sockets that say nothing take no more than their part, and are closed in the end', async () => {
    const opened = await Promise.all(Array.from({ length: 12 }, () => openTcp(server)));
    await expect
      .poll(() => opened.filter(({ heard }) => heard().startsWith('HTTP/1.1 429')).length)
      .toBeGreaterThanOrEqual(4);
    const refused = opened.find(({ heard }) => heard() !== '');
    expect(refused?.heard()).toMatch(/Retry-After: 5\r\n[^]*Your address has 8 connections open/);
    const closed = () => opened.filter(({ socket }) => socket.closed).length;
    await expect.poll(closed).toBe(opened.length);
    await expect.poll(() => upgradeStatus(server)).toBe(101);
    const { text } = await httpGet(server, '/metrics');
    const refusals = Number(/refused_total\{reason="address"\} (\d+)/.exec(text)?.[1]);
    expect(refusals).toBeGreaterThanOrEqual(4);
  });
});

describe('of one address, which is full', () => {
  const server = useSturdyServer({ MAX_CONNECTIONS_PER_ADDRESS: '4' });

  it('what comes on a socket that is refused is not carried out', async () => {
    const token = await signDevelopmentToken({ user: 'shop', workspace: 'demo', scope: 'orders:publish' });
    const publish = (status: string) => ({
      query: `mutation { publishOrderUpdate(input: { orderId: "refused", customerId: "shop", status: ${status} }) {
        update { previousStatus }
      } }`,
    });
    const opened = await Promise.all(Array.from({ length: 4 }, () => openTcp(server)));
    const body = JSON.stringify(publish('PENDING'));
    const request =
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const refused = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const tcp = await openTcp(server);
        const closed = once(tcp.socket, 'close');
        tcp.socket.write(request);
        await closed;
        return tcp.heard();
      }),
    );
    for (const answer of refused) expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    for (const { socket } of opened) socket.destroy();
    await expect.poll(() => upgradeStatus(server)).toBe(101);
    const { body: published } = await post(server.url, publish('CONFIRMED'), {
      authorization: `Bearer ${token}`,
    });
    expect(published).toEqual({ data: { publishOrderUpdate: { update: { previousStatus: null } } } });
  });
});

describe('of one address behind a proxy', () => {
  const server = useSturdyServer({ MAX_CONNECTIONS_PER_ADDRESS: '2', TRUSTED_PROXIES: 'loopback' });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('the client’s own counts, as the last proxy that is trusted tells it', async () => {
    await using first = await openSocket(server, from('203.0.113.7'));
    await using second = await openSocket(server, from('198.51.100.1, 203.0.113.7'));
    const answer = await upgradeAnswer(server, from('203.0.113.7'));
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.text).toMatch(/^Your address has 2 connections open/);
    expect(await upgradeStatus(server, from('203.0.113.8'))).toBe(101);
    await first[Symbol.asyncDispose]();
    await expect.poll(() => upgradeStatus(server, from('203.0.113.7'))).toBe(101);
    expect(second.socket.readyState).toBe(second.socket.OPEN);
  });

  it('the client’s own counts where a proxy writes the port behind it', async () => {
    await using _first = await openSocket(server, from('203.0.113.20:1000'));
    await using _second = await openSocket(server, from('203.0.113.20:1001, 127.0.0.1:4711'));
    expect(await upgradeStatus(server, from('203.0.113.20:1002'))).toBe(429);
    await using _third = await openSocket(server, from('[2001:db8::20]:1000'));
    await using _fourth = await openSocket(server, from('2001:db8::20'));
    expect(await upgradeStatus(server, from('[2001:db8::20]'))).toBe(429);
    expect(await upgradeStatus(server, from('2001:db8::21'))).toBe(101);
  });

  it('a page is at home where the proxy says it was asked for', async () => {
    const headers = { origin: 'https://app.example', 'x-forwarded-host': 'app.example' };
    expect(await upgradeStatus(server, { headers })).toBe(101);
    expect(await upgradeStatus(server, { headers: { ...headers, origin: 'https://evil.example' } })).toBe(
      403,
    );
  });
});

describe('of a node', () => {
  const server = useSturdyServer({ MAX_CONNECTIONS: '2', MAX_INIT_BYTES: '2048' });

  it('beyond the last place clients are sent elsewhere; queries go on', async () => {
    await using first = await openGreetedSocket(server, await signDevelopmentToken({ user: 'bob' }));
    await using second = await openGreetedSocket(server, await signDevelopmentToken({ user: 'alice' }));
    const answer = await upgradeAnswer(server);
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/^This node has 2 connections/);
    const alice = await connect(server, 'alice');
    await alice.request('{ viewer { id } }');
    await expect(alice.subscribe(presence).next()).rejects.toThrow();
    expect(second.socket.readyState).toBe(second.socket.OPEN);
    expect(first.socket.readyState).toBe(first.socket.OPEN);
  });

  it('whoever says too much before they are known is closed, however it is cut into pieces', async () => {
    await using one = await openSocket(server);
    one.send({ type: 'connection_init', payload: { token: 'x'.repeat(4_000) } });
    expect(await one.closed()).toMatchObject({
      code: 4400,
      reason: expect.stringMatching(/^Too much came/) as string,
    });
    await using pings = await openSocket(server);
    for (let index = 0; index < 200; index += 1) pings.send({ type: 'ping' });
    expect(await pings.closed()).toMatchObject({ code: 4400 });
    // What comes behind it may be longer.
    await using known = await openGreetedSocket(server, await signDevelopmentToken({ user: 'alice' }));
    known.send({ type: 'ping', payload: { padding: 'x'.repeat(10_000) } });
    expect((await known.next()).type).toBe('pong');
  });
});

describe('of time', () => {
  const server = useSturdyServer({ CONNECTION_INIT_SECONDS: '1' });

  it('whoever does not say who they are in time is closed', async () => {
    await using silent = await openSocket(server);
    expect(await silent.closed()).toMatchObject({ code: 4408 });
  });
});
