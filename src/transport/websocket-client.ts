// What belongs to one WebSocket connection: who stands behind it, what it has open, and what is on its way to it.
import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Session, SessionWatcher } from '../auth/session.ts';
import { TokenError } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import type { Connection } from '../schema/context.ts';
import { Backlog } from '../streams/backlog.ts';
import { Turns } from '../streams/shared-work.ts';
import { closeCodes, protocolReasons } from './close-codes.ts';
import type { OpenConnection } from './connection-book.ts';
import { ConnectionRefused } from './connection-refused.ts';
import { createFrameSink } from './frame-sink.ts';
import type { Beating } from './heartbeat.ts';
import { Intake } from './intake.ts';
import { LiveOperation } from './live-operation.ts';
import type { Arriving, Lobby } from './lobby.ts';
import { OperationTurns } from './operation-turns.ts';
import { Outbox, type OutboxPolicy } from './outbox.ts';
import type { Guest } from './send-off.ts';
import { heardBytesOf } from './taken-bytes.ts';
import type { Refusal, TransportFigures } from './transport-figures.ts';

export interface ClientOptions {
  readonly webSocket: WebSocket;
  /** Beneath it. */
  readonly socket: Duplex;
  readonly request: IncomingMessage;
  /** What came with the request, behind it. */
  readonly head: Buffer;
  readonly maxInitBytes: number;
  readonly requestId: string;
  readonly outboxPolicy: OutboxPolicy;
  readonly backlogBytes: number;
  readonly lobby: Lobby;
  readonly figures: TransportFigures;
  readonly logger: Logger;
}

/** What may be under way for one connection, of which each kind takes its part: see Intake. */
const maxUnderWay = 1_024;
/** Queries and mutations that are carried out at a time for one connection. */
const maxAnswers = 32;
const answerWeight = maxUnderWay / maxAnswers;
/** 512 at a time: who follows a thousand streams begins them all at once, and may. */
const openingWeight = 2;
/** Pings without an answer after which it does not count any more that the system takes what is sent, see `isAlive`. */
const maxUnansweredPings = 3;
/** One that is told to leave, and may not be reading, is given so long. */
const closeMs = 2_000;

/** One object for all that there is of a connection: there are thousands of them, and most do nothing most of the time. */
export class WebSocketClient
  implements Arriving, Connection, Beating, Guest, OpenConnection, ProtocolSocket, SessionWatcher
{
  readonly id = randomBytes(16).toString('base64url');
  /** Of the upgrade: two connections may have the same, where a proxy has given it. */
  readonly requestId: string;
  readonly webSocket: WebSocket;
  readonly outbox: Outbox;
  readonly backlog: Backlog;
  /** Of the upgrade; null once the connection was acknowledged: nobody needs them any more. */
  headers: IncomingHttpHeaders | null;
  session: Session | null = null;
  readonly #socket: Duplex;
  /** Where graphql-ws keeps what is open, by id; null while it is being opened, or carried out. */
  operations: { readonly subscriptions: Readonly<Record<string, object | null>> } | null = null;
  readonly #logger: Logger;
  readonly #figures: TransportFigures;
  readonly #lobby: Lobby;
  readonly #intake: Intake;
  readonly #turns: OperationTurns;
  /** null once it is closed. */
  #onClosed: (() => void)[] | null = [];
  /** Those that are counted, by the ids of their operations. */
  #subscriptions: Set<string> | null = null;
  #answers: Turns | null = null;
  /** Since there was a sign of life. */
  #unansweredPings = 0;
  /** Harmless to repeat. */
  readonly #endArrival: () => void;
  #heardAtPing = 0;
  #takenAtPing = 0;
  #blockedAtPing = false;
  /** It is to be closed when what is under way is answered; nothing more is begun. */
  #isSentOff = false;

  constructor(options: ClientOptions) {
    const { webSocket, socket, head, outboxPolicy, backlogBytes, lobby } = options;
    this.webSocket = webSocket;
    this.#socket = socket;
    this.#endArrival = this.#watchArrival(heardBytesOf(socket) - head.length + options.maxInitBytes);
    this.headers = options.request.headers;
    this.requestId = options.requestId;
    this.#logger = options.logger;
    this.#figures = options.figures;
    this.backlog = new Backlog(backlogBytes);
    const sink = createFrameSink(webSocket, socket);
    this.outbox = new Outbox({ socket: webSocket, sink, policy: outboxPolicy, reader: this });
    this.#intake = new Intake(webSocket, maxUnderWay);
    this.#turns = new OperationTurns({
      intake: this.#intake,
      refuse: () => this.close(closeCodes.idInUse),
    });
    this.#lobby = lobby;
    lobby.enter(this);
    webSocket.on('pong', () => (this.#unansweredPings = 0));
  }

  get protocol(): string {
    return this.webSocket.protocol;
  }

  get isOpen(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN;
  }

  get isClosed(): boolean {
    return this.#onClosed === null;
  }

  /** Whether every operation has been opened, and told all that there is. */
  get isAtRest(): boolean {
    const operations = Object.values(this.operations?.subscriptions ?? {});
    return operations.every((open) => open !== null && (!(open instanceof LiveOperation) || open.isAtRest));
  }

  onClosed(listener: () => void): () => void {
    if (this.#onClosed === null) queueMicrotask(listener);
    else this.#onClosed.push(listener);
    return () => {
      const place = this.#onClosed?.indexOf(listener) ?? -1;
      if (place >= 0) this.#onClosed?.splice(place, 1);
    };
  }

  /** connection_init has come. */
  introduced(): void {
    this.#lobby.leave(this);
    this.#endArrival();
  }

  /** Before it: whoever it is may not fill the memory. */
  #watchArrival(maxHeardBytes: number): () => void {
    const look = (): void => {
      if (heardBytesOf(this.#socket) <= maxHeardBytes) return;
      this.#endArrival();
      this.dismiss(closeCodes.badRequest, 'Too much came before connection_init was taken: send only that.');
      this.#endLater();
    };
    this.#socket.on('data', look);
    return () => void this.#socket.off('data', look);
  }

  onLate(): void {
    this.#refuse('late');
    this.close(closeCodes.initTimeout);
    this.#endLater();
  }

  /** The socket is gone. Called once. */
  tellClosed(): void {
    this.#lobby.leave(this);
    const listeners = this.#onClosed ?? [];
    this.#onClosed = null;
    for (const listener of listeners) listener();
    this.session?.unwatch(this);
    this.outbox.dispose();
  }

  count(subscription: string): void {
    this.#subscriptions ??= new Set();
    this.#subscriptions.add(subscription);
  }

  isCounted(subscription: string): boolean {
    return this.#subscriptions?.has(subscription) ?? false;
  }

  /** How many were counted. */
  stopCountingAll(): number {
    const count = this.#subscriptions?.size ?? 0;
    this.#subscriptions = null;
    return count;
  }

  /** Whether it was counted. */
  stopCounting(subscription: string): boolean {
    return this.#subscriptions?.delete(subscription) ?? false;
  }

  /**
   * Carries out what is answered once: some at a time, and only while answers are read. Whoever asks for more is not
   * listened to meanwhile, so that neither what they ask nor what they are told can pile up.
   */
  answer<T>(work: () => T | Promise<T>): Promise<T> {
    this.#answers ??= new Turns(maxAnswers);
    this.#intake.entered(answerWeight);
    const answers = this.#answers;
    return new Promise((resolve) => {
      void answers.take(async () => {
        await this.outbox.ready();
        const answered = (async () => await work())();
        resolve(answered);
        await Promise.allSettled([answered]);
        // By then the answer is among what is waiting, and the next finds the room that it has left.
        await new Promise<void>((next) => void setImmediate(next));
        this.#intake.left(answerWeight);
      });
    });
  }

  /** Opens a subscription. One that is completed meanwhile is opened all the same: it counts until that is done. */
  async opening<T>(work: () => T | Promise<T>): Promise<T> {
    this.#intake.entered(openingWeight);
    try {
      return await work();
    } finally {
      this.#intake.left(openingWeight);
    }
  }

  /** Of graphql-ws. */
  async send(text: string): Promise<void> {
    if (result.test(text)) {
      await this.outbox.sendText(text);
      // The next of the same operation waits for the room of this one.
      return this.outbox.ready();
    }
    if (this.outbox.isReady) return this.outbox.sendText(text);
    // Pongs, errors: each answers something, and whoever asks without reading would fill the memory with answers. Of results
    // no more wait than there are operations. Behind the last word of one its id is free: the client may have read it.
    this.#intake.entered(maxUnderWay);
    await this.outbox.sendText(text);
    this.#intake.left(maxUnderWay);
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    // Whoever is told to leave, for example for an expired token, may go on sending: nothing more is done.
    // graphql-ws takes what is parsed as it takes a text, and keeps what it was given while a subscription lives.
    const handleWhileOpen = (said: object | string): Promise<void> =>
      this.isOpen && !(this.#isSentOff && begins(said)) ? handle(said as string) : Promise.resolve();
    const handled = (): void => this.#leaveWhenAnswered();
    const endUnhandled = (error: unknown): void => this.#endUnhandled(error);
    this.webSocket.on('message', (bytes: Buffer, isBinary) => {
      // `ws` has checked the text of text frames; of binary ones half a character would become another one.
      if (isBinary && !isUtf8(bytes)) {
        return this.dismiss(closeCodes.badRequest, 'Send messages as UTF-8 text.');
      }
      this.#turns.handle(bytes.toString('utf8'), handleWhileOpen).then(handled, endUnhandled);
    });
  }

  /** What is under way is answered before. What is asked for from now on is carried out by whoever it connects to next. */
  sendOff(): void {
    this.#isSentOff = true;
    this.#leaveWhenAnswered();
  }

  /** A subscription is open; graphql-ws writes it down in this turn. Nothing else may ever tell that it is not under way any more. */
  subscribed(): void {
    if (this.#isSentOff) setImmediate(() => this.#leaveWhenAnswered());
  }

  leaveNow(): void {
    if (!this.isOpen) return;
    this.dismiss(closeCodes.serviceRestart, 'The server is going away.');
    this.#endLater();
  }

  #leaveWhenAnswered(): void {
    if (!this.#isSentOff) return;
    const operations = Object.values(this.operations?.subscriptions ?? {});
    if (operations.every((open) => open !== null)) this.leaveNow();
  }

  /** Whether or not the close is answered. */
  #endLater(): void {
    setTimeout(() => this.webSocket.terminate(), closeMs).unref();
  }

  /** As the protocol closes: with our sentences. */
  close(code: number = closeCodes.internalError, reason = ''): void {
    this.dismiss(code, protocolReasons[code] ?? reason);
  }

  /** What is on its way leaves before. */
  dismiss(code: number, reason = ''): void {
    this.outbox.close(code, toCloseReason(reason));
    this.#intake.stopPausing();
  }

  /** The token does not count any more. */
  onEnded(error: TidingsError): void {
    this.closeWith(error);
  }

  onRevoked(error: TokenError): void {
    this.closeWith(error);
  }

  /** Closed here and not by the protocol, whose only answer would be 4403: standard clients retry that one for ever. */
  closeWith(error: unknown): void {
    if (this.session === null) this.#refuse(refusalFor(error));
    if (error instanceof TokenError) {
      return this.dismiss(error.expired ? closeCodes.tokenExpired : closeCodes.unauthorized, error.message);
    }
    if (error instanceof TidingsError) {
      const isForNow = error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED';
      const code = isForNow ? closeCodes.tryAgainLater : closeCodes.badRequest;
      return this.dismiss(code, error.message);
    }
    const { requestId } = this;
    this.#logger.error({ err: error, requestId }, 'a connection could not be authenticated');
    this.dismiss(closeCodes.internalError);
  }

  /**
   * Whoever sends anything is there: the answer may stand behind much that they send. Whoever reads what was sent before is there,
   * though the answer has to wait its turn; while nothing is read here, so it has.
   * What the system takes into its own buffer may be read by nobody: that counts where the buffer was full, and else for some
   * rounds, in which whoever reads it has come to a ping.
   */
  get isAlive(): boolean {
    if (this.#unansweredPings === 0 || this.webSocket.isPaused || this.#isHeard) return true;
    const isTaken = this.outbox.takenBytes > this.#takenAtPing;
    return isTaken && (this.#blockedAtPing || this.#unansweredPings < maxUnansweredPings);
  }

  /** Since the last ping. */
  get #isHeard(): boolean {
    return heardBytesOf(this.#socket) > this.#heardAtPing;
  }

  ping(): void {
    if (this.#isHeard) this.#unansweredPings = 0;
    this.#unansweredPings += 1;
    this.#heardAtPing = heardBytesOf(this.#socket);
    this.#blockedAtPing = this.outbox.isBlocked;
    this.webSocket.ping();
    // Behind the ping: that it was taken is no sign of anybody.
    this.#takenAtPing = this.outbox.takenBytes;
  }

  end(): void {
    this.webSocket.terminate();
  }

  #refuse(reason: Refusal): void {
    this.#figures.refused[reason] += 1;
    this.#logger.info({ requestId: this.requestId, reason }, 'a WebSocket is refused');
  }

  #endUnhandled(error: unknown): void {
    const isClientsFault = error instanceof Error && error.message.startsWith('Unexpected message');
    const { requestId } = this;
    if (!isClientsFault)
      this.#logger.error({ err: error, requestId }, 'a WebSocket message could not be handled');
    this.close(isClientsFault ? closeCodes.badRequest : closeCodes.internalError);
  }

  onBroken(error: unknown): void {
    const { requestId } = this;
    this.#logger.error({ err: error, requestId }, 'a connection could not be written to');
    this.webSocket.terminate();
  }

  onStuck(): void {
    const { requestId } = this;
    this.#figures.stuck.websocket += 1;
    this.#logger.info({ requestId }, 'a connection is closed: its client has stopped reading');
    this.dismiss(
      closeCodes.tryAgainLater,
      'You have stopped reading. Connect again and go on after your last cursors.',
    );
    this.#endLater();
  }
}

/** Why one that is not acknowledged yet is closed. */
function refusalFor(error: unknown): Refusal {
  if (error instanceof TokenError) return 'token';
  if (!(error instanceof TidingsError)) return 'error';
  if (error instanceof ConnectionRefused) return error.reason;
  return error.code === 'UNAVAILABLE' ? 'unavailable' : 'error';
}

/** Whether the message asks for something. */
const begins = (said: object | string): boolean =>
  typeof said === 'object' && 'type' in said && said.type === 'subscribe';

/** As graphql-ws writes it. */
const result = /^\{"id":"(?:[^"\\]|\\.)*","type":"next"/;

/** `ws` throws where it is longer than a close frame may hold: 123 bytes. */
const toCloseReason = (reason: string): string =>
  Buffer.byteLength(reason) <= 123 ? reason : Buffer.from(reason).subarray(0, 120).toString('utf8');
