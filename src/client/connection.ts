// The one WebSocket of a client: opened at the first need, opened again after whatever ends it, and told apart from it the
// operations that live on it: each begins anew on every new socket. What an operation begins with then (its cursor) is
// its own business (live-subscription.ts).
import type { SubscribePayload } from 'graphql-ws/client';
import { toWaitMs } from './backoff.ts';
import { callSafely } from './call-safely.ts';
import { ConnectionClosedError, textOf } from './client-errors.ts';
import { toVerdict } from './close-verdict.ts';
import type { CloseReason, ConnectionState } from './connection-state.ts';
import { Renewal } from './renewal.ts';
import {
  SocketSession,
  type OperationResult,
  type OperationSink,
  type SessionEnd,
  type SessionTimings,
} from './socket-session.ts';
import type { TokenSource } from './token-source.ts';
import type { WakeSignals } from './wake-signals.ts';

export interface ConnectionOptions {
  /** `wss://…/graphql` */
  readonly url: string;
  readonly tokens: TokenSource;
  /** undefined: the global one, looked up when it is needed. */
  readonly webSocketImpl: unknown;
  readonly timings: SessionTimings;
  readonly signals: WakeSignals;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: (what: string, detail?: unknown) => void;
}

export interface ConnectedOperation extends OperationSink {
  /** What to begin with, asked for on every socket that the operation is sent on. */
  payload(): SubscribePayload;
  /** It was sent on a socket. */
  sent?(): void;
  /**
   * What it does not outlast, beside the end for good: `socket`, the one that it was sent on, or waits for while there is none;
   * `disconnect`, the application's own. Otherwise it is sent again on the next socket.
   */
  readonly endsWith?: 'socket' | 'disconnect';
  /** It has ended with the connection. */
  closed(error: ConnectionClosedError): void;
}

/** On which socket an operation runs, and what ends it there. */
interface Sent {
  readonly session: SocketSession;
  readonly stop: () => void;
}

/** So many different tokens in a row that the server does not want: no other one will do. */
const maxRefusals = 5;

/** So often in a row the server says that it does not understand us: it is not by chance, nor by one message. */
const maxMisunderstandings = 3;

/** The close code of a message that the server finds too large. */
const tooLarge = 1009;
/** In bytes: less no server refuses. */
const leastTooLarge = 1_000;

/** A connection that held this long was a good one: the next failure counts as the first. */
const provenMs = 10_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #operations = new Map<ConnectedOperation, Sent | null>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #untold: ConnectionState[] = [];
  #state: ConnectionState = { status: 'idle' };
  /** From `connect()` to `disconnect()` or a final end. What is awaited for an older life comes to nothing. */
  #life: object | null = null;
  #session: SocketSession | null = null;
  #connectedAt: number | null = null;
  /** The session that is there, or has just ended; null where the last one never got so far. */
  #lastConnected: SocketSession | null = null;
  #renewal: Renewal | null = null;
  #stopSignals: () => void = () => {};
  /** Ends a wait before its time. */
  #hurry: () => void = () => {};

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Returns what takes the listener away. It hears changes only. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Opens, and keeps open. Where it waits for its next try, that begins now. */
  connect(): void {
    if (this.#life !== null) {
      this.#hurry();
      return;
    }
    const life = {};
    this.#life = life;
    this.#stopSignals = this.#options.signals({
      woken: () => {
        this.#hurry();
        this.#session?.probe();
      },
      offline: () => this.#session?.probe(),
    });
    void this.#live(life);
  }

  /** Closes, and stays closed until `connect()`. Operations wait. */
  disconnect(): void {
    this.#close('disconnected', 'disconnect() was called');
  }

  /** Sends the operation now or as soon as there is a connection, and again on each new one. Returns what ends it. */
  start(operation: ConnectedOperation): () => void {
    this.#operations.set(operation, null);
    const { status } = this.#state;
    const isDisconnected = status === 'closed' && this.#state.reason === 'disconnected';
    // Where the next try is waited for it is not brought forward: pages come and go, and the server has its reasons.
    if (!isDisconnected && this.#life === null) this.connect();
    if (status === 'connected') this.#send(operation);
    else if (isDisconnected) this.#endThose(['socket', 'disconnect'], 'disconnect() was called');
    else if (this.#state.status === 'reconnecting') this.#endThose(['socket'], this.#state.reason);
    return () => this.#stop(operation);
  }

  /**
   * A query or mutation; sent again where the connection was lost before its answer, unless it is for this socket alone. Rejects
   * with ConnectionClosedError; errors of the operation are in the result.
   */
  request(
    payload: SubscribePayload,
    endsWith: ConnectedOperation['endsWith'] = 'disconnect',
  ): Promise<OperationResult> {
    return new Promise((resolve, reject) => {
      const stop = this.start({
        endsWith,
        payload: () => payload,
        next: (result) => {
          stop();
          resolve(result);
        },
        error: (errors) => resolve({ errors } as OperationResult),
        complete: () => reject(new Error('The server has completed the operation without a result.')),
        closed: reject,
      });
    });
  }

  /** Opens one socket after the other until the life is over. */
  async #live(life: object): Promise<void> {
    const { tokens, now, random, log } = this.#options;
    let failures = 0;
    let refusals = 0;
    let misunderstood = 0;
    let reason: string | null = null;
    let refused = null as { readonly token: string | null; readonly code: number | null } | null;
    const webSocketImpl = (this.#options.webSocketImpl ?? globalThis.WebSocket) as
      typeof WebSocket | undefined;
    if (webSocketImpl === undefined) {
      return this.#close('refused', 'there is no WebSocket here: give one as `webSocketImpl`');
    }
    for (;;) {
      this.#tell(
        reason === null ? { status: 'connecting' } : { status: 'reconnecting', nextTryAt: null, reason },
      );
      this.#connectedAt = null;
      let end: SessionEnd;
      try {
        const token = await tokens.current();
        const { expiresAt } = tokens;
        if (this.#life !== life) return;
        if (refused?.token === token && (refused.code === 4401 || !tokens.canRenew)) {
          return this.#close('unauthenticated', reason ?? 'the token was refused');
        }
        end = await this.#openSession({ token, expiresAt }, webSocketImpl);
        if (this.#life !== life) return;
        const verdict = toVerdict(end);
        const isExplained = end.code === tooLarge && this.#endLargest();
        if (!isExplained) misunderstood = verdict === 'final' ? misunderstood + 1 : 0;
        if (misunderstood === maxMisunderstandings) return this.#close('refused', end.reason);
        refused = verdict === 'another-token' ? { token, code: end.code } : null;
        if (refused !== null) tokens.refuse(token);
        refusals = end.code === 4401 ? refusals + 1 : 0;
        if (refusals === maxRefusals) return this.#close('unauthenticated', end.reason);
      } catch (error) {
        if (this.#life !== life) return;
        end = { code: null, reason: `no token: ${textOf(error)}` };
      }
      const isProven = this.#isProven;
      failures = isProven ? 1 : failures + 1;
      if (isProven) misunderstood = Math.min(misunderstood, 1);
      reason = end.reason;
      // A refused token is not waited for: another one may be at hand, and where it is not that shows at once.
      const waitMs = refused !== null && failures === 1 ? 0 : toWaitMs(failures, random());
      log(`the connection has ended (${reason}); trying again in ${waitMs} ms`);
      this.#endThose(['socket'], reason);
      this.#tell({ status: 'reconnecting', nextTryAt: new Date(now() + waitMs), reason });
      await this.#wait(waitMs);
      if (this.#life !== life) return;
    }
  }

  /** Whether the last connection was one, and held. */
  get #isProven(): boolean {
    return this.#connectedAt !== null && this.#options.now() - this.#connectedAt > provenMs;
  }

  /** Resolves with its end, and never where `#close` has ended it. */
  async #openSession(
    { token, expiresAt }: { readonly token: string | null; readonly expiresAt: number | null },
    webSocketImpl: typeof WebSocket,
  ): Promise<SessionEnd> {
    const { url, timings, tokens, now, log } = this.#options;
    this.#lastConnected = null;
    const end = await new Promise<SessionEnd>((resolve) => {
      const session = new SocketSession({
        url,
        token,
        webSocketImpl,
        timings,
        onConnected: () => {
          log('connected');
          this.#connectedAt = this.#options.now();
          this.#lastConnected = session;
          const send = (payload: SubscribePayload) => requestOn(session, payload);
          this.#renewal = new Renewal({ tokens, token, expiresAt, now, log, send });
          this.#tell({ status: 'connected' });
          for (const operation of this.#operations.keys()) this.#send(operation);
        },
        onEnd: resolve,
      });
      this.#session = session;
    });
    this.#letGo();
    return end;
  }

  #letGo(): void {
    this.#renewal?.stop();
    this.#renewal = null;
    this.#session = null;
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #send(operation: ConnectedOperation): void {
    const session = this.#session;
    const sent = this.#operations.get(operation);
    if (session === null || sent === undefined || sent?.session === session) return;
    const ended = (tell: () => void) => {
      if (this.#operations.delete(operation)) tell();
    };
    const stop = session.start(operation.payload(), {
      next: (result) => operation.next(result),
      error: (errors) => ended(() => operation.error(errors)),
      complete: () => ended(() => operation.complete()),
    });
    this.#operations.set(operation, { session, stop });
    operation.sent?.();
  }

  #endThose(kinds: readonly ConnectedOperation['endsWith'][], reason: string): void {
    const ended = [...this.#operations.keys()].filter(({ endsWith }) => kinds.includes(endsWith));
    const error = new ConnectionClosedError(`The connection is not there: ${reason}.`);
    for (const operation of ended) this.#operations.delete(operation);
    for (const operation of ended) operation.closed(error);
  }

  /**
   * The server takes no message as large as one of these was: sent again, it would end the next socket too. Answers whether there
   * was one that may have been it.
   */
  #endLargest(): boolean {
    let largest: ConnectedOperation | null = null;
    let largestBytes = leastTooLarge;
    for (const [operation, sent] of this.#operations) {
      if (sent === null || sent.session !== this.#lastConnected) continue;
      const { length } = new TextEncoder().encode(JSON.stringify(operation.payload()));
      if (length < largestBytes) continue;
      largest = operation;
      largestBytes = length;
    }
    if (largest === null) return false;
    this.#operations.delete(largest);
    const message = `The operation is too large for the server: its text and variables have ${largestBytes} bytes.`;
    largest.error([{ message, extensions: { code: 'PAYLOAD_TOO_LARGE' } }]);
    return true;
  }

  #stop(operation: ConnectedOperation): void {
    const sent = this.#operations.get(operation);
    if (this.#operations.delete(operation)) sent?.stop();
  }

  #close(reason: CloseReason, message: string): void {
    this.#life = null;
    this.#hurry();
    this.#stopSignals();
    this.#session?.close();
    this.#letGo();
    this.#options.log(`closed: ${message}`);
    this.#tell({ status: 'closed', reason, message });
    if (reason === 'disconnected') return this.#endThose(['socket', 'disconnect'], message);
    const error = new ConnectionClosedError(`The connection is closed: ${message.replace(/\.$/, '')}.`);
    const ended = [...this.#operations.keys()];
    this.#operations.clear();
    for (const operation of ended) operation.closed(error);
  }

  /** A listener that changes the state hears of that behind all others' hearing of this. */
  #tell(state: ConnectionState): void {
    this.#state = state;
    this.#untold.push(state);
    if (this.#untold.length > 1) return;
    for (let next = state; next !== undefined; next = this.#untold[0] as ConnectionState) {
      for (const listener of [...this.#listeners]) callSafely(() => listener(next));
      this.#untold.shift();
    }
  }
}

function requestOn(session: SocketSession, payload: SubscribePayload): Promise<OperationResult> {
  return new Promise((resolve, reject) => {
    session.start(payload, {
      next: resolve,
      error: (errors) => resolve({ errors } as OperationResult),
      complete: () => reject(new Error('The server has completed the operation without a result.')),
    });
  });
}
