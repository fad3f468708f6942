// A WebSocket that sends whatever it is told, for what the official client would never send.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { HttpAnswer } from './http-get.ts';

export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: any;
}

export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket;
  /** Objects as JSON; texts and bytes as they are. */
  send(message: object | string | Buffer): void;
  /** All of them in one packet: the server has read the last before it answers the first. */
  sendTogether(...messages: object[]): void;
  /** The next frame from the server. Rejects with the close code where the connection is closed before. */
  next(): Promise<Frame>;
  closed(): Promise<{ code: number; reason: string }>;
}

export interface RawSocketOptions {
  readonly protocols?: string[];
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const protocol = 'graphql-transport-ws';

/** Open, and nothing said yet. */
export async function openSocket(
  { url }: { readonly url: string },
  { protocols = [protocol], path = '/graphql', headers = {} }: RawSocketOptions = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
  const frames: Frame[] = [];
  const waiting: { resolve(frame: Frame): void; reject(error: Error): void }[] = [];
  let ending: { code: number; reason: string } | undefined;
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => {
      ending = { code, reason: reason.toString('utf8') };
      for (const { reject } of waiting) reject(toError(ending));
      resolve(ending);
    }),
  );
  socket.on('message', (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString('utf8')) as Frame;
    const first = waiting.shift();
    if (first === undefined) frames.push(frame);
    else first.resolve(frame);
  });
  await once(socket, 'open');
  // From here on a broken connection is told by `close`.
  socket.on('error', () => undefined);

  return {
    socket,
    send: (message) =>
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      ),
    sendTogether(...messages) {
      // Not part of what `ws` documents; the test that needs it fails where it is no longer there.
      const { _socket: tcp } = socket as unknown as { readonly _socket: Socket };
      tcp.cork();
      for (const message of messages) socket.send(JSON.stringify(message));
      tcp.uncork();
    },
    next: () =>
      new Promise((resolve, reject) => {
        const frame = frames.shift();
        if (frame !== undefined) resolve(frame);
        else if (ending !== undefined) reject(toError(ending));
        else waiting.push({ resolve, reject });
      }),
    closed: () => closed,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}

/** Open and acknowledged. */
export async function openGreetedSocket(
  server: { readonly url: string },
  token: string,
  options: RawSocketOptions = {},
): Promise<RawSocket> {
  const raw = await openSocket(server, options);
  raw.send({ type: 'connection_init', payload: { token } });
  const { type } = await raw.next();
  if (type !== 'connection_ack') throw new Error(`The server answered ${type} to connection_init.`);
  return raw;
}

/** The HTTP status that an upgrade is answered with: 101 where a WebSocket is opened. */
export async function upgradeStatus(
  { url }: { readonly url: string },
  { protocols = [protocol], path = '/graphql', headers = {} }: RawSocketOptions = {},
): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.once('upgrade', ({ statusCode }) => resolve(statusCode ?? 0));
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
  });
  socket.terminate();
  return status;
}

/** How an upgrade is refused. */
export async function upgradeAnswer(
  { url }: { readonly url: string },
  { protocols = [protocol], path = '/graphql', headers = {} }: RawSocketOptions = {},
): Promise<HttpAnswer> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const toError = ({ code, reason }: { code: number; reason: string }): Error =>
  new Error(`The connection was closed with ${code}: ${reason}`);
