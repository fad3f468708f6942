// A TCP connection on which every byte is chosen: requests that no HTTP client would send, and WebSocket frames made by hand.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Wire extends AsyncDisposable {
  readonly socket: Socket;
  /** Resolves when the system has taken it, or never can. */
  write(bytes: string | Buffer): Promise<void>;
  /** Everything that has come, byte for byte. */
  heard(): string;
  /** Resolves when the other side has hung up, with everything that has come. */
  ended(): Promise<string>;
}

export async function openWire({ url }: { readonly url: string }): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  const text = () => Buffer.concat(chunks).toString('latin1');
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined); // `close` follows
  await once(socket, 'connect');
  return {
    socket,
    write: (bytes) =>
      new Promise((resolve) => {
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
      }),
    heard: text,
    ended: async () => {
      await closed;
      return text();
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

export interface FrameParts {
  /** 1 text, 2 binary, 0 continued, 8 close, 9 ping, 10 pong; the others are reserved. */
  readonly opcode: number;
  readonly payload?: string | Buffer;
  readonly isLast?: boolean;
  readonly isMasked?: boolean;
  /** Three bits: 4 says that it is compressed. */
  readonly reserved?: number;
  /** A length that it claims to have. */
  readonly announced?: bigint;
}

/** RFC 6455, section 5.2. */
export function frame(parts: FrameParts): Buffer {
  const { opcode, payload = '', isLast = true, isMasked = true, reserved = 0, announced } = parts;
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  const length = announced ?? BigInt(bytes.length);
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  const header = [Buffer.of(first, mask | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127))];
  if (length >= 126n && length < 65_536n) header.push(Buffer.of(Number(length) >> 8, Number(length) & 0xff));
  if (length >= 65_536n) {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64BE(length);
    header.push(eight);
  }
  if (!isMasked) return Buffer.concat([...header, bytes]);
  const key = randomBytes(4);
  return Buffer.concat([...header, key, bytes.map((byte, place) => byte ^ (key[place % 4] ?? 0))]);
}

export const textFrame = (message: object | string): Buffer =>
  frame({ opcode: 1, payload: typeof message === 'string' ? message : JSON.stringify(message) });

export interface FrameWire extends Wire {
  /** The code that the server closes with: null where its close frame has none, undefined where it hangs up without one. */
  closeCode(): Promise<number | null | undefined>;
  /** Of the messages so far. */
  texts(): readonly string[];
  pongs(): number;
}

export interface FrameWireOptions {
  /** Says connection_init with it, and waits to be acknowledged. */
  readonly token?: string;
  /** Offers permessage-deflate. */
  readonly compress?: boolean;
}

/** Upgraded. */
export async function openFrameWire(
  server: { readonly url: string },
  { token, compress = false }: FrameWireOptions = {},
): Promise<FrameWire> {
  const wire = await openWire(server);
  const { socket } = wire;
  await wire.write(upgradeRequest(server, compress));
  const head = await until(socket, () => /^[^]*?\r\n\r\n/.exec(wire.heard())?.[0]);
  if (head === undefined || !head.startsWith('HTTP/1.1 101')) throw new Error(`No upgrade: ${head}`);
  const frames = () => readFrames(Buffer.from(wire.heard().slice(head.length), 'latin1'));
  const closing = () => frames().find(({ opcode }) => opcode === 8)?.payload;
  const texts = () => frames().flatMap(({ opcode, payload }) => (opcode === 1 ? [payload.toString()] : []));
  if (token !== undefined) {
    await wire.write(textFrame({ type: 'connection_init', payload: { token } }));
    const first = await until(socket, () => texts()[0]);
    if (first?.includes('connection_ack') !== true) throw new Error(`The server answered ${first}.`);
  }
  return {
    ...wire,
    texts,
    pongs: () => frames().filter(({ opcode }) => opcode === 10).length,
    async closeCode() {
      const payload = await until(socket, closing);
      if (payload === undefined) return undefined;
      return payload.length === 0 ? null : payload.readUInt16BE(0);
    },
  };
}

export const upgradeRequest = ({ url }: { readonly url: string }, compress = false): string =>
  [
    'GET /graphql HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    ...(compress ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
    '\r\n',
  ].join('\r\n');

/** What `look` finds, as soon as it does; undefined where the socket is closed before. */
function until<T>(socket: Socket, look: () => T | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    const tryAgain = (): void => {
      const found = look();
      if (found === undefined && !socket.closed) return;
      socket.off('data', tryAgain).off('close', tryAgain);
      resolve(found);
    };
    socket.on('data', tryAgain).on('close', tryAgain);
    tryAgain();
  });
}

/** Of a server: whole ones, not masked, not compressed. */
function readFrames(bytes: Buffer): readonly { readonly opcode: number; readonly payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = [];
  for (let place = 0; place + 2 <= bytes.length;) {
    const short = (bytes[place + 1] ?? 0) & 0x7f;
    const begin = place + (short === 126 ? 4 : short === 127 ? 10 : 2);
    if (begin > bytes.length) break;
    const length =
      short === 126
        ? bytes.readUInt16BE(place + 2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(place + 2))
          : short;
    if (begin + length > bytes.length) break;
    frames.push({ opcode: (bytes[place] ?? 0) & 0xf, payload: bytes.subarray(begin, begin + length) });
    place = begin + length;
  }
  return frames;
}
