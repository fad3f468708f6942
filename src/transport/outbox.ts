// What is on its way to one WebSocket. The messages of one turn of the event loop leave in one write; while the socket has
// not taken enough of what it was given, nothing more is taken from whoever has something to say.
//
//   ready ──(so much is waiting)──▶ full ──(drained)──▶ ready
//                                    └──(no progress for too long)──▶ stuck: told once
import type { WebSocket } from 'ws';
import type { FrameSink } from './frame-sink.ts';
import { frameLength, wholeText, type Message } from './frames.ts';

/**
 * A reader that has so much waiting is given no more. Above what Node calls full (16 KiB, 64 KiB from Node 22 on), so that it
 * tells when it has drained.
 */
const lowWaterBytes = 64 * 1_024;

/** The pause behind a pass, in relation to how long that took, and at most. */
const restRatio = 2;
const longestRestMs = 20;

/**
 * Flushes outboxes once, when the turn of the event loop in which they were given something is over. A pass over thousands
 * takes milliseconds; behind it there is a pause of twice as long, in which what comes meanwhile is joined: under load a third
 * of the time goes into writing, and every write carries more. Where there is little to write there is no pause.
 */
export class TurnEnd {
  #outboxes: Outbox[] = [];
  #restUntil = 0;
  readonly #flush = (): void => {
    const startedAt = performance.now();
    const outboxes = this.#outboxes;
    this.#outboxes = [];
    for (const outbox of outboxes) outbox.flush();
    const now = performance.now();
    this.#restUntil = now + Math.min((now - startedAt) * restRatio, longestRestMs);
  };

  flushLater(outbox: Outbox): void {
    if (this.#outboxes.push(outbox) > 1) return;
    const restMs = this.#restUntil - performance.now();
    // A timer knows whole milliseconds only.
    if (restMs < 1) setImmediate(this.#flush);
    else setTimeout(this.#flush, restMs);
  }
}

export interface OutboxOptions {
  readonly socket: WebSocket;
  readonly sink: FrameSink;
  readonly turnEnd: TurnEnd;
  /** So long without any progress while it is full is stuck. */
  readonly stuckMs: number;
  readonly reader: OutboxReader;
}

export interface OutboxReader {
  /** It has stopped reading. Called once. Must not throw. */
  onStuck(): void;
  /** What it was to be told could not be written. Must not throw. */
  onBroken(error: unknown): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #messages: Message[] = [];
  #bytes = 0;
  #isFull = false;
  #waiting: (() => void)[] = [];
  #stuckTimer: NodeJS.Timeout | undefined;
  /** Everything that was ever handed to the sink. */
  #written = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return !this.#isFull && this.#bytes < lowWaterBytes;
  }

  /** Everything that the system has taken: grows while somebody reads. */
  get taken(): number {
    return this.#written - this.#options.sink.bufferedBytes;
  }

  /** Calls `resume` once, when there is room, or when it is closed. To be called while it is not ready. */
  onceReady(resume: () => void): void {
    this.#waiting.push(resume);
  }

  /** Resolves when more may be sent. */
  async sendText(text: string): Promise<void> {
    this.add(wholeText(text));
    if (!this.isReady) await new Promise<void>((resolve) => this.onceReady(resolve));
  }

  add(message: Message): void {
    if (this.#messages.push(message) === 1) this.#options.turnEnd.flushLater(this);
    this.#bytes += frameLength(message);
  }

  flush(): void {
    const { socket, sink, reader } = this.#options;
    const [messages, bytes] = [this.#messages, this.#bytes];
    if (messages.length === 0) return;
    this.#messages = [];
    this.#bytes = 0;
    // Behind a close frame nothing may come.
    if (socket.readyState !== socket.OPEN) return;
    try {
      sink.write(messages, bytes);
    } catch (error) {
      // Of this one only: the others of the pass are told all the same.
      return reader.onBroken(error);
    }
    this.#written += bytes;
    if (sink.bufferedBytes >= lowWaterBytes) this.#becomeFull();
    else if (!this.#isFull) this.#resume();
  }

  /** What was added leaves before. */
  close(code: number, reason: string): void {
    this.flush();
    this.#options.socket.close(code, reason);
  }

  /** The socket is gone: nobody waits any longer. */
  dispose(): void {
    clearTimeout(this.#stuckTimer);
    this.#messages = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  #becomeFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#watch(this.taken);
    this.#options.sink.onceDrained(() => {
      clearTimeout(this.#stuckTimer);
      this.#isFull = false;
      this.#resume();
    });
  }

  #watch(takenBefore: number): void {
    const { stuckMs, reader } = this.#options;
    this.#stuckTimer = setTimeout(() => {
      if (this.taken > takenBefore) this.#watch(this.taken);
      else reader.onStuck();
    }, stuckMs);
    this.#stuckTimer.unref();
  }

  /** In turn, while there is room: whoever fills it waits behind those who have not had theirs. */
  #resume(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    let resumed = 0;
    for (; resumed < waiting.length && this.isReady; resumed += 1) waiting[resumed]?.();
    if (resumed < waiting.length) this.#waiting = [...waiting.slice(resumed), ...this.#waiting];
  }
}
