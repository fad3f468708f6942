// What fan-out leans on of `ws`, and `ws` does not document: without compression each of its own frames is written to the
// socket whole and at once, so frames that others write to that socket stand between them and never in them. And that both
// ways of writing bring the same.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  createFrameSink,
  WebSocketSink,
  SocketSink,
  type FrameSink,
} from '../../src/transport/frame-sink.ts';
import { frameLength, nextHead, wholeText, type Message } from '../../src/transport/frames.ts';

interface Pair extends AsyncDisposable {
  readonly client: WebSocket;
  readonly server: WebSocket;
  readonly socket: Duplex;
}

async function openPair(compress = false): Promise<Pair> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: compress });
  const opened = new Promise<{ server: WebSocket; socket: Duplex }>((resolve) => {
    http.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (server) => resolve({ server, socket }));
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const { server, socket } = await opened;
  await once(client, 'open');
  return {
    client,
    server,
    socket,
    async [Symbol.asyncDispose]() {
      client.terminate();
      server.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const write = (sink: FrameSink, ...messages: Message[]): void =>
  sink.write(
    messages,
    messages.reduce((sum, message) => sum + frameLength(message), 0),
  );

/** Texts, pings and the close code, in the order in which they come. */
function listen(client: WebSocket): { readonly heard: string[]; readonly closed: Promise<unknown> } {
  const heard: string[] = [];
  client.on('message', (data: Buffer, isBinary) => heard.push(isBinary ? 'binary' : data.toString('utf8')));
  client.on('ping', (data) => heard.push(`ping ${data.toString('utf8').length}`));
  const closed = once(client, 'close').then(([code]) => heard.push(`closed ${String(code)}`));
  return { heard, closed };
}

test('where nothing is compressed the quick way is taken', async () => {
  await using pair = await openPair();
  expect(pair.server.extensions).toBe('');
  expect(createFrameSink(pair.server, pair.socket)).toBeInstanceOf(SocketSink);
  await using compressed = await openPair(true);
  expect(createFrameSink(compressed.server, compressed.socket)).toBeInstanceOf(WebSocketSink);
});

test('frames of `ws` and ours keep their order and never mix, however full the socket is', async () => {
  await using pair = await openPair();
  const sink = new SocketSink(pair.socket);
  const { heard, closed } = listen(pair.client);
  const expected: string[] = [];
  for (let round = 0; round < 200; round += 1) {
    const large = `${round} ${'x'.repeat(50_000)}`;
    write(sink, wholeText(`${round}`), { head: nextHead('1'), payload: Buffer.from(JSON.stringify(large)) });
    pair.server.ping('x'.repeat(round % 120));
    pair.server.send(`of ws ${round} ${'y'.repeat(30_000)}`);
    expected.push(`${round}`, JSON.stringify({ id: '1', type: 'next', payload: large }));
    expected.push(`ping ${round % 120}`, `of ws ${round} ${'y'.repeat(30_000)}`);
  }
  pair.server.close(4000);
  await closed;
  expect(heard).toEqual([...expected, 'closed 4000']);
});

describe.each([
  ['to the socket', false],
  ['through `ws`, compressed', true],
])('%s', (_name, compress) => {
  test('everything comes as it was, in order', async () => {
    await using pair = await openPair(compress);
    if (compress) expect(pair.server.extensions).toContain('permessage-deflate');
    const sink = createFrameSink(pair.server, pair.socket);
    const { heard, closed } = listen(pair.client);
    const contents = ['', 'short', 'ü😀', 'z'.repeat(100_000)];
    write(sink, ...contents.map(wholeText));
    write(sink, { head: nextHead('a "b"'), payload: Buffer.from('{"data":{"n":1}}') });
    await expect.poll(() => heard.length).toBe(contents.length + 1);
    pair.server.close(1000);
    await closed;
    expect(heard).toEqual([
      ...contents,
      '{"id":"a \\"b\\"","type":"next","payload":{"data":{"n":1}}}',
      'closed 1000',
    ]);
  });

  test('what is not read is counted, and whoever waits is told once it was', async () => {
    await using pair = await openPair(compress);
    const sink = createFrameSink(pair.server, pair.socket);
    pair.client.pause();
    const incompressible = randomBytes(3_000_000).toString('base64');
    for (let count = 0; count < 10; count += 1) write(sink, wholeText(incompressible));
    let drained = false;
    sink.onceDrained(() => (drained = true));
    expect(sink.bufferedBytes).toBeGreaterThan(65_536);
    pair.client.resume();
    await expect.poll(() => drained, { timeout: 10_000 }).toBe(true);
    expect(sink.bufferedBytes).toBe(0);
  });
});

test('of one large write, what was taken is counted while it is being read', async () => {
  await using pair = await openPair();
  const sink = createFrameSink(pair.server, pair.socket);
  pair.client.pause();
  write(sink, wholeText(randomBytes(30_000_000).toString('base64')));
  // As much as the system keeps between the two.
  let before = -1;
  await expect
    .poll(() => {
      const isSettled = sink.takenBytes === before && before > 0;
      before = sink.takenBytes;
      return isSettled;
    })
    .toBe(true);
  const { bufferedBytes } = sink;
  pair.client.resume();
  await expect.poll(() => sink.takenBytes, { interval: 1 }).toBeGreaterThan(before);
  pair.client.pause();
  expect(sink.takenBytes).toBeLessThan(before + bufferedBytes);
  expect(sink.bufferedBytes).toBe(bufferedBytes);
});

test('through `ws` works without compression too: it is what the quick way can be exchanged for', async () => {
  await using pair = await openPair();
  const { heard, closed } = listen(pair.client);
  write(new WebSocketSink(pair.server, pair.socket), wholeText('one'), wholeText('two'));
  pair.server.close(1000);
  await closed;
  expect(heard).toEqual(['one', 'two', 'closed 1000']);
});
