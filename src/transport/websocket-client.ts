// What belongs to one WebSocket connection: who stands behind it, what it has open, and what is on its way to it.
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Session } from '../auth/session.ts';
import { TokenError } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import type { Connection } from '../schema/context.ts';
import { Backlog } from '../streams/backlog.ts';
import { closeCodes } from './close-codes.ts';
import { createFrameSink } from './frame-sink.ts';
import type { Beating } from './heartbeat.ts';
import { Outbox, type TurnEnd } from './outbox.ts';

export interface ClientOptions {
  readonly webSocket: WebSocket;
  /** Beneath it. */
  readonly socket: Duplex;
  readonly request: IncomingMessage;
  readonly turnEnd: TurnEnd;
  readonly backlogBytes: number;
  readonly stuckMs: number;
  readonly logger: Logger;
}

/** One that is told to leave because it does not read is given so long. */
const stuckCloseMs = 2_000;

export class WebSocketClient implements Connection, Beating {
  readonly id = randomUUID();
  readonly webSocket: WebSocket;
  readonly outbox: Outbox;
  readonly backlog: Backlog;
  /** Of the upgrade; null once the connection was acknowledged: nobody needs them any more. */
  headers: IncomingHttpHeaders | null;
  session: Session | null = null;
  /** What ends the counting of each subscription, by its operation's id. */
  readonly subscriptions = new Map<string, () => void>();
  readonly #logger: Logger;
  #onClosed: Set<() => void> | null = new Set();
  #answered = true;
  #takenAtPing = 0;

  constructor({ webSocket, socket, request, turnEnd, backlogBytes, stuckMs, logger }: ClientOptions) {
    this.webSocket = webSocket;
    this.headers = request.headers;
    this.#logger = logger;
    this.backlog = new Backlog(backlogBytes);
    const sink = createFrameSink(webSocket, socket);
    this.outbox = new Outbox({ socket: webSocket, sink, turnEnd, stuckMs, onStuck: () => this.#endStuck() });
    webSocket.on('pong', () => (this.#answered = true));
  }

  get isOpen(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN;
  }

  get isClosed(): boolean {
    return this.#onClosed === null;
  }

  onClosed(listener: () => void): () => void {
    if (this.#onClosed === null) {
      queueMicrotask(listener);
      return () => undefined;
    }
    // A function of its own, so that one listener may listen twice.
    const own = () => listener();
    this.#onClosed.add(own);
    return () => this.#onClosed?.delete(own);
  }

  /** The socket is gone. Called once. */
  tellClosed(): void {
    const listeners = this.#onClosed ?? [];
    this.#onClosed = null;
    for (const listener of listeners) listener();
    for (const stopCounting of this.subscriptions.values()) stopCounting();
    this.outbox.dispose();
  }

  /** What is on its way leaves before. */
  close(code: number, reason = ''): void {
    this.outbox.close(code, toCloseReason(reason));
  }

  /** Closed here and not by the protocol, whose only answer would be 4403: standard clients retry that one for ever. */
  closeWith(error: unknown): void {
    if (error instanceof TokenError) {
      return this.close(error.expired ? closeCodes.tokenExpired : closeCodes.unauthorized, error.message);
    }
    if (error instanceof TidingsError) {
      const code = error.code === 'UNAVAILABLE' ? closeCodes.tryAgainLater : closeCodes.badRequest;
      return this.close(code, error.message);
    }
    this.#logger.error({ err: error }, 'a connection could not be authenticated');
    this.close(closeCodes.internalError);
  }

  /** Whoever reads what was sent before is there, though the answer has to wait its turn. */
  get isAlive(): boolean {
    return this.#answered || this.outbox.taken > this.#takenAtPing;
  }

  ping(): void {
    this.#answered = false;
    this.#takenAtPing = this.outbox.taken;
    this.webSocket.ping();
  }

  end(): void {
    this.webSocket.terminate();
  }

  #endStuck(): void {
    this.#logger.info('a connection is closed: its client has stopped reading');
    this.close(
      closeCodes.tryAgainLater,
      'You have stopped reading. Connect again and go on after your last cursors.',
    );
    setTimeout(() => this.webSocket.terminate(), stuckCloseMs).unref();
  }
}

/** `ws` throws where it is longer than a close frame may hold: 123 bytes. */
const toCloseReason = (reason: string): string =>
  Buffer.byteLength(reason) <= 123 ? reason : Buffer.from(reason).subarray(0, 120).toString('utf8');
