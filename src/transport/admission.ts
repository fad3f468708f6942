// Whom this node lets in, by what it has open already: in all, and of one address. What one user has is counted by the
// connection book, which knows whose a connection is.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionLimits } from '../config.ts';
import type { TidingsError } from '../errors.ts';
import { ConnectionRefused } from './connection-refused.ts';
import type { Proxies } from './proxies.ts';
import { once, Tally, type Leave } from './tally.ts';

export interface AdmissionOptions {
  readonly limits: Pick<ConnectionLimits, 'total' | 'perAddress'>;
  readonly proxies: Proxies;
  /** Called for a socket on which nothing was said yet. */
  onSocketRefused(refused: ConnectionRefused): void;
}

/** A refused socket is given so long to read why. */
const refusedCloseMs = 1_000;

export class Admission {
  readonly #options: AdmissionOptions;
  #open = 0;
  /** Sockets, and what clients have open behind proxies that are trusted. */
  readonly #byAddress = new Tally();
  readonly #refused = new WeakSet<Socket>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** From now on no address has more sockets than it may, whatever they are used for; those of trusted proxies are not counted. */
  guard(http: Server): void {
    http.on('connection', (socket: Socket) => {
      const address = socket.remoteAddress ?? '';
      if (this.#options.proxies.isTrusted(address)) return;
      if (this.#isFull(address)) {
        const refused = this.#tooMany();
        this.#options.onSocketRefused(refused);
        this.#refused.add(socket);
        refuseSocket(socket, refused);
        return;
      }
      socket.once('close', this.#byAddress.enter(address));
    });
  }

  /** Whether it was told so: whatever comes on it until it is closed must not be carried out. */
  isRefused(socket: Socket): boolean {
    return this.#refused.has(socket);
  }

  /** For a WebSocket, or a subscription over SSE. Throws ConnectionRefused. */
  enter(request: IncomingMessage): Leave {
    const { limits, proxies } = this.#options;
    if (this.#open >= limits.total) throw new ConnectionRefused('node', limits.total);
    const isCounted = !proxies.isTrusted(request.socket.remoteAddress ?? '');
    const address = proxies.addressOf(request);
    if (!isCounted && this.#isFull(address)) throw this.#tooMany();
    const uncount = isCounted ? () => undefined : this.#byAddress.enter(address);
    this.#open += 1;
    return once(() => {
      this.#open -= 1;
      uncount();
    });
  }

  #isFull(address: string): boolean {
    return this.#byAddress.of(address) >= this.#options.limits.perAddress;
  }

  #tooMany(): ConnectionRefused {
    return new ConnectionRefused('address', this.#options.limits.perAddress);
  }
}

const statusTexts = {
  RATE_LIMITED: '429 Too Many Requests',
  UNAVAILABLE: '503 Service Unavailable',
} as const;

/** Answers a socket on which nothing else is spoken, and closes it. */
export function refuseSocket(socket: Pick<Socket, 'end' | 'destroy'>, error: TidingsError): void {
  const status = error.code === 'UNAVAILABLE' ? statusTexts.UNAVAILABLE : statusTexts.RATE_LIMITED;
  const seconds = Math.ceil((error.retryAfterMs ?? 1_000) / 1_000);
  endWithAnswer(socket, status, error.message, [`Retry-After: ${seconds}`]);
}

/** An HTTP response in text, and the end: whoever does not hang up is hung up on. */
export function endWithAnswer(
  socket: Pick<Socket, 'end' | 'destroy'>,
  status: string,
  sentence: string,
  headers: readonly string[] = [],
): void {
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(sentence)}`,
    'Connection: close',
    ...headers,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${sentence}`);
  setTimeout(() => socket.destroy(), refusedCloseMs).unref();
}
