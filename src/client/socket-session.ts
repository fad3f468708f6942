// One WebSocket from its opening to its end, over the official graphql-ws client. Whatever comes after it (trying again, and
// when) is decided in connection.ts, with a new session: so nothing that an old socket still says is ever heard.
import {
  createClient,
  type Client,
  type FormattedExecutionResult,
  type SubscribePayload,
} from 'graphql-ws/client';
import { textOf } from './client-errors.ts';

/** What a connection needs to know of a socket that has ended, or could not be opened. */
export interface SessionEnd {
  /** The close code; null where the socket never opened, or broke without one. */
  readonly code: number | null;
  /** In words, for the log and the state. */
  readonly reason: string;
}

export interface SessionOptions {
  readonly url: string;
  readonly token: string | null;
  readonly webSocketImpl: typeof WebSocket;
  readonly timings: SessionTimings;
  /** The server has accepted the token. */
  onConnected(): void;
  /** Called once, whatever the cause; nothing else is called afterwards. */
  onEnd(end: SessionEnd): void;
}

export interface SessionTimings {
  /** From the first attempt to open until the server's acknowledgement. */
  readonly openWithinMs: number;
  /** Silence after which the server is asked whether it is there. */
  readonly pingAfterMs: number;
  /** How long it may take to answer. */
  readonly pongWithinMs: number;
}

export const sessionTimings: SessionTimings = {
  openWithinMs: 15_000,
  pingAfterMs: 12_000,
  pongWithinMs: 6_000,
};

export type OperationResult = FormattedExecutionResult<Record<string, unknown>, unknown>;

/** What an operation hears, in this order: results, then one of the two others, or nothing where the session ends. */
export interface OperationSink {
  next(result: OperationResult): void;
  /** `error` messages of the protocol carry the operation's errors. */
  error(errors: readonly unknown[]): void;
  complete(): void;
}

export class SocketSession {
  readonly #options: SessionOptions;
  readonly #client: Client;
  #phase: 'opening' | 'connected' | 'ended' = 'opening';
  #socket: WebSocket | null = null;
  /** Until the acknowledgement, afterwards until a ping is answered. */
  #patience: ReturnType<typeof setTimeout>;
  #isAsking = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { url, token, webSocketImpl, timings } = options;
    this.#patience = setTimeout(
      () => this.#giveUp('the server did not answer in time'),
      timings.openWithinMs,
    );
    this.#client = createClient({
      url,
      ...(token !== null && { connectionParams: { token } }),
      webSocketImpl: listened(webSocketImpl, {
        opening: (socket) => (this.#socket = socket),
        // Told behind this constructor, which is still at work.
        failed: (error) => queueMicrotask(() => this.#ended(toEnd(error))),
      }),
      lazy: false,
      retryAttempts: 0,
      keepAlive: timings.pingAfterMs,
      onNonLazyError: (error) => this.#ended(toEnd(error)),
      on: {
        connected: () => {
          if (this.#phase !== 'opening') return;
          this.#phase = 'connected';
          clearTimeout(this.#patience);
          // graphql-ws may have asked already, while the server took its time.
          if (this.#isAsking) this.#awaitAnswer();
          options.onConnected();
        },
        ping: (received) => {
          if (received) return;
          if (this.#phase === 'connected') this.#awaitAnswer();
          else this.#isAsking = true;
        },
        // Whatever is heard proves that the other side was there. Only the answer proves that it hears us, and it alone makes
        // the next ping go out: until it comes silence has to be noticed.
        message: () => {
          if (this.#phase === 'connected' && this.#isAsking) this.#awaitAnswer();
        },
        pong: (received) => {
          if (!received) return;
          this.#isAsking = false;
          if (this.#phase === 'connected') clearTimeout(this.#patience);
        },
        closed: (event) => this.#ended(toEnd(event)),
        error: (error) => this.#ended(toEnd(error)),
      },
    });
  }

  /** Returns what ends the operation. Only for a connected session. */
  start(payload: SubscribePayload, sink: OperationSink): () => void {
    let isStopped = false;
    const heard = (deliver: () => void) => {
      if (this.#phase === 'connected' && !isStopped) deliver();
    };
    const stop = this.#client.subscribe<Record<string, unknown>>(payload, {
      next: (result) => heard(() => sink.next(result)),
      // Anything but a list of errors is about the connection, whose end is told once and elsewhere.
      error: (errors) => heard(() => Array.isArray(errors) && sink.error(errors)),
      complete: () => heard(() => sink.complete()),
    });
    return () => {
      isStopped = true;
      // What is read together is told without a pause. graphql-ws counts an operation out twice that is stopped by its own
      // result, right in front of its `complete`, and closes the socket under the others.
      queueMicrotask(stop);
    };
  }

  /** Asks at once whether the other side is there: silence ends the session. */
  probe(): void {
    if (this.#phase !== 'connected' || this.#socket?.readyState !== 1) return;
    this.#socket.send('{"type":"ping"}');
    this.#awaitAnswer();
  }

  /** Says goodbye. `onEnd` is not called. */
  close(): void {
    const wasConnected = this.#phase === 'connected';
    this.#phase = 'ended';
    this.#release(wasConnected);
  }

  #awaitAnswer(): void {
    this.#isAsking = true;
    clearTimeout(this.#patience);
    const { pongWithinMs } = this.#options.timings;
    this.#patience = setTimeout(() => this.#giveUp('the server has fallen silent'), pongWithinMs);
  }

  #giveUp(reason: string): void {
    this.#ended({ code: null, reason });
  }

  #ended(end: SessionEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#release(false);
    this.#options.onEnd(end);
  }

  #release(politely: boolean): void {
    clearTimeout(this.#patience);
    // It rejects where the socket never opened; that end has been told.
    Promise.resolve(this.#client.dispose()).catch(() => {});
    // A socket that is still opening, or answers no more, is not waited for.
    if (!politely) this.#client.terminate();
  }
}

interface SocketListener {
  opening(socket: WebSocket): void;
  failed(error: unknown): void;
}

/**
 * The same sockets, each told of. The `ws` of Node ends the process when a socket that is given up while it opens has nobody who
 * listens to its error: here somebody does. And one that can not even be made, because of its address or of a page that may
 * not, is told as one that has ended; graphql-ws would wait for it.
 */
function listened(webSocketImpl: typeof WebSocket, listener: SocketListener): typeof WebSocket {
  function open(url: string, protocols: string): WebSocket {
    try {
      const socket = new webSocketImpl(url, protocols);
      socket.addEventListener('error', () => {});
      listener.opening(socket);
      return socket;
    } catch (error) {
      listener.failed(error);
      return { readyState: 3, close: () => {} } as WebSocket;
    }
  }
  return Object.assign(open, {
    CONNECTING: 0,
    OPEN: 1,
    CLOSING: 2,
    CLOSED: 3,
  }) as unknown as typeof WebSocket;
}

function toEnd(cause: unknown): SessionEnd {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : null;
  return { code: typeof code === 'number' ? code : null, reason: textOf(cause) };
}
