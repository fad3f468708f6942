// Whoever takes their time: headers, bodies and frames that come byte by byte, or never. The server hangs up by itself, and what
// they held is free again.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { frame, openFrameWire, openWire, textFrame, upgradeRequest, type Wire } from '../support/wire.ts';

/** One byte after the other, each when the one before has been taken, until the other side hangs up. */
async function trickle(wire: Wire, bytes: () => Iterable<number>): Promise<string> {
  const isOver = wire.ended().then(() => 'over');
  for (const byte of bytes()) {
    await wire.write(Buffer.of(byte));
    // As slowly as keeps it busy, and no slower: somebody else's request.
    const next = fetch(`${server.url}/healthz`).then((response) => response.text(), String);
    if ((await Promise.race([isOver, next])) === 'over' || wire.socket.closed) break;
  }
  return wire.ended();
}
function* endless(text: string, filler: string): Generator<number> {
  yield* Buffer.from(text, 'latin1');
  for (;;) yield* Buffer.from(filler, 'latin1');
}

const server = useAttackedServer({
  env: { REQUEST_SECONDS: '3', CONNECTION_INIT_SECONDS: '5', TRUSTED_PROXIES: 'loopback' },
});

describe('byte by byte', () => {
  const request = (...lines: string[]) => ['POST /graphql HTTP/1.1', 'Host: x', ...lines].join('\r\n');

  it.each([
    ['headers without an end', request('X-Slow: '), 'a'],
    ['headers of an upgrade', upgradeRequest({ url: 'http://x' }).slice(0, -2), 'X-A: b\r\n'],
    [
      'a body of a known length',
      request('Content-Type: application/json', 'Content-Length: 1000000', '', '{"query":"'),
      'a',
    ],
    [
      'a body in chunks',
      request('Content-Type: application/json', 'Transfer-Encoding: chunked', '', ''),
      '1\r\na\r\n',
    ],
  ])('%s: the server hangs up', async (_title, begin, filler) => {
    await using wire = await openWire(server);
    const answer = await trickle(wire, () => endless(begin, filler));
    expect(answer).toMatch(/^(HTTP\/1\.1 4(08|00|31)|$)/);
  });

  it('nothing at all after a connection is opened: the server hangs up', async () => {
    await using wire = await openWire(server);
    expect(await wire.ended()).toMatch(/^(HTTP\/1\.1 408|$)/);
  });

  it('a connection_init: the server closes', async () => {
    await using wire = await openFrameWire(server);
    const whole = textFrame({ type: 'connection_init', payload: { padding: 'x'.repeat(10_000) } });
    const closed = wire.closeCode();
    // Never the last byte, however quick the machine is.
    void trickle(wire, () => whole.subarray(0, -1));
    // Late, or cut into too many pieces: whichever comes first.
    expect([1008, 4408]).toContain(await closed);
  });

  it('a frame of somebody who is known holds up nobody else, and them neither once it is whole', async () => {
    await using wire = await openFrameWire(server, {
      token: await signDevelopmentToken({ user: 'mallory' }),
    });
    for (const byte of textFrame({ type: 'ping' })) await wire.write(Buffer.of(byte));
    await expect.poll(() => wire.texts().at(-1)).toMatch(/"pong"/);
    await wire.write(frame({ opcode: 8 }));
    await wire.ended();
  });
});

it('10,000 half-open connections: all are closed, their memory comes back, and others come in meanwhile', async () => {
  // Both ends are in this machine, each with a limit of its own for the files that it may have open.
  const allowed = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout);
  const count = Number.isNaN(allowed) ? 10_000 : Math.min(10_000, allowed - 1_000);
  expect(count, '`ulimit -Hn` allows too few files').toBeGreaterThanOrEqual(3_000);
  const { hostname, port } = new URL(server.url);
  const { heldBytes } = await server.memory();
  const open: Socket[] = [];
  let closed = 0;
  // A third says nothing, a third begins a request, and a third has a WebSocket and does not say who it is.
  const words = ['', 'GET /graphql HTTP/1.1\r\nHost: x\r\n', upgradeRequest(server)];
  for (let made = 0; made < count; made += 100) {
    const some = Array.from({ length: 100 }, (_, index) => {
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined).on('data', () => undefined);
      socket.once('close', () => (closed += 1));
      socket.write(words[(made + index) % words.length] ?? '');
      return socket;
    });
    open.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  await using honest = await openFrameWire(server, { token: await signDevelopmentToken({ user: 'bob' }) });
  await honest.write(textFrame({ type: 'ping' }));
  await expect.poll(() => honest.texts().at(-1), { timeout: 30_000 }).toMatch(/"pong"/);
  // None of them does anything more: told to leave, those with a WebSocket do not even answer the close.
  await expect.poll(() => closed, { timeout: 90_000, interval: 250 }).toBe(open.length);
  await expect
    .poll(async () => (await server.memory()).heldBytes, { timeout: 60_000, interval: 1_000 })
    .toBeLessThan(heldBytes + 64 * 1_024 * 1_024);
}, 240_000);
