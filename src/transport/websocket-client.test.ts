// What one connection does with the messages of graphql-ws, and when it takes its client for gone, over a socket that takes
// nothing until it is told to.
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { pino } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { Lobby } from './lobby.ts';
import { TurnEnd } from './outbox.ts';
import { TransportFigures } from './transport-figures.ts';
import { WebSocketClient } from './websocket-client.ts';

class FakeSocket extends Duplex {
  #taken: (() => void) | null = null;
  bytesWritten = 0;
  bytesRead = 0;
  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.bytesWritten += chunk.length;
    this.#taken = taken;
  }
  override _read(): void {}
  /** The system takes what it was given. */
  drainAll(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }
}

class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  extensions = '';
  isPaused = false;
  pings = 0;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  ping(): void {
    this.pings += 1;
  }
}

let socket: FakeSocket;
let webSocket: FakeWebSocket;
let client: WebSocketClient;
beforeEach(() => {
  socket = new FakeSocket({ writableHighWaterMark: 16_384 });
  webSocket = new FakeWebSocket();
  client = new WebSocketClient({
    head: Buffer.alloc(0),
    maxInitBytes: 16_384,
    webSocket: webSocket as unknown as WebSocket,
    socket,
    request: { headers: {} } as IncomingMessage,
    requestId: 'r-1',
    outboxPolicy: { turnEnd: new TurnEnd(), stuckMs: 60_000 },
    backlogBytes: 1_024,
    lobby: { enter: () => undefined } as unknown as Lobby,
    figures: new TransportFigures(),
    logger: pino({ level: 'silent' }),
  });
});

/** Whatever was added leaves at once: behind a pass that took its time it would be later. */
async function turn(): Promise<void> {
  client.outbox.flush();
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
const much = JSON.stringify({ id: '1', type: 'next', payload: 'x'.repeat(70_000) });

describe('while its client does not read', () => {
  beforeEach(async () => {
    void client.send(much);
    await turn();
  });

  test('nothing more is read from it than what is answered next', async () => {
    expect(webSocket.isPaused).toBe(false);
    void client.send('{"type":"pong"}');
    expect(webSocket.isPaused).toBe(true);
    socket.drainAll();
    await turn();
    expect(webSocket.isPaused).toBe(false);
  });

  test('it is heard all the same where only results wait', async () => {
    void client.send(much);
    expect(webSocket.isPaused).toBe(false);
  });

  test.each(['complete', 'error'])('the id of an operation is free behind its %s', async (type) => {
    const [ended, goesOn] = [vi.fn<() => void>(), vi.fn<() => void>()];
    void client.send(JSON.stringify({ id: 'a "quoted" \\ id', type })).then(ended);
    void client.send(much).then(goesOn);
    socket.drainAll();
    await turn();
    expect(ended).toHaveBeenCalledOnce();
    expect(goesOn).not.toHaveBeenCalled();
  });
});

describe('a client that answers no ping', () => {
  const pingAndSend = async (): Promise<boolean> => {
    client.ping();
    client.outbox.add({ head: '', payload: Buffer.from('an event') });
    await turn();
    socket.drainAll();
    await turn();
    return client.isAlive;
  };

  test('is gone, also where the system goes on taking what is sent', async () => {
    expect([await pingAndSend(), await pingAndSend(), await pingAndSend()]).toEqual([true, true, false]);
  });

  test('is there while it answers now and then', async () => {
    for (let round = 0; round < 5; round += 1) {
      await pingAndSend();
      expect(await pingAndSend()).toBe(true);
      webSocket.emit('pong');
    }
  });

  test('is there while anything comes from it, a part of a message that its answer stands behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      client.ping();
      socket.bytesRead += 1;
      expect(client.isAlive).toBe(true);
    }
    client.ping();
    expect(client.isAlive).toBe(false);
  });

  test('is gone at once where nothing is sent to it', () => {
    client.ping();
    expect(client.isAlive).toBe(false);
  });

  test('is there while somebody makes room in a buffer that is full', async () => {
    for (let round = 0; round < 5; round += 1) {
      client.outbox.add({ head: '', payload: Buffer.from('waiting') });
      await turn();
      client.ping();
      socket.drainAll();
      await turn();
      expect(client.isAlive).toBe(true);
    }
  });
});

test('no more subscriptions are opened at a time than some hundred: meanwhile nothing more is read', async () => {
  const openings = Array.from({ length: 511 }, () => new Promise<void>(() => undefined));
  for (const opening of openings) void client.opening(() => opening);
  expect(webSocket.isPaused).toBe(false);
  let fail = (): void => undefined;
  const last = client.opening(
    () => new Promise<void>((_resolve, reject) => (fail = () => reject(new Error('no')))),
  );
  expect(webSocket.isPaused).toBe(true);
  fail();
  await expect(last).rejects.toThrow('no');
  expect(webSocket.isPaused).toBe(false);
});
