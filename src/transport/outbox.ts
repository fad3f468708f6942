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
    for (const outbox of outboxes) {
      try {
        outbox.flush();
      } catch (error) {
        // Of whoever was given room. The others of the pass are told all the same.
        outbox.onBroken(error);
      }
    }
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

/** What all outboxes of a server share. */
export interface OutboxPolicy {
  readonly turnEnd: TurnEnd;
  /** So long without any progress while it is full is stuck. */
  readonly stuckMs: number;
}

export interface OutboxOptions {
  readonly socket: WebSocket;
  readonly sink: FrameSink;
  readonly policy: OutboxPolicy;
  readonly reader: OutboxReader;
}

export interface OutboxReader {
  /** It has stopped reading. Called once. Must not throw. */
  onStuck(): void;
  /** What it was to be told could not be written. Must not throw. */
  onBroken(error: unknown): void;
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #sink: FrameSink;
  readonly #policy: OutboxPolicy;
  readonly #reader: OutboxReader;
  /** null until there is one: a list of one is smaller than one that may grow. */
  #messages: Message[] | null = null;
  #bytes = 0;
  #isFull = false;
  #isDisposed = false;
  /** In the order in which they came. */
  #waiting: Set<() => void> | null = null;
  #stuckTimer: NodeJS.Timeout | undefined;

  constructor({ socket, sink, policy, reader }: OutboxOptions) {
    this.#socket = socket;
    this.#sink = sink;
    this.#policy = policy;
    this.#reader = reader;
  }

  /** Nobody waits for a socket that is gone: what is added to it then is dropped. */
  get isReady(): boolean {
    return this.#isDisposed || (!this.#isFull && this.#bytes < lowWaterBytes);
  }

  /** Whether there is something that the system has not taken: it has room again only where somebody reads. */
  get isBlocked(): boolean {
    return this.#sink.bufferedBytes > 0;
  }

  /** What was added and what the system has not taken yet. */
  get queuedBytes(): number {
    return this.#bytes + this.#sink.bufferedBytes;
  }

  /** Of all that was ever written, by whomever: grows while somebody reads. */
  get takenBytes(): number {
    return this.#sink.takenBytes;
  }

  /** Calls `resume` once, when there is room, or when it is closed. To be called while it is not ready. */
  onceReady(resume: () => void): void {
    this.#waiting ??= new Set();
    this.#waiting.add(resume);
  }

  /** It is not called any more. */
  forget(resume: () => void): void {
    this.#waiting?.delete(resume);
  }

  /** Resolves when there is room, or it is closed. */
  async ready(): Promise<void> {
    if (!this.isReady) await new Promise<void>((resolve) => this.onceReady(resolve));
  }

  /** Waits until there is room; resolves when it has been added, or will never be. */
  async sendText(text: string): Promise<void> {
    const message = wholeText(text);
    if (this.isReady) return this.add(message);
    await new Promise<void>((resolve) => {
      // Here and not behind it: the next of those who wait would find the room that this one takes.
      this.onceReady(() => {
        this.add(message);
        resolve();
      });
    });
  }

  add(message: Message): void {
    if (this.#isDisposed) return;
    if (this.#messages === null) {
      this.#messages = [message];
      this.#policy.turnEnd.flushLater(this);
    } else this.#messages.push(message);
    this.#bytes += frameLength(message);
  }

  flush(): void {
    const messages = this.#messages;
    const bytes = this.#bytes;
    if (messages === null) return;
    this.#messages = null;
    this.#bytes = 0;
    const sink = this.#sink;
    // Behind a close frame nothing may come.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      sink.write(messages, bytes);
    } catch (error) {
      // Of this one only: the others of the pass are told all the same.
      return this.#reader.onBroken(error);
    }
    if (sink.bufferedBytes >= lowWaterBytes) this.#becomeFull();
    else if (!this.#isFull) this.#resume();
  }

  /** Its client is told nothing more. */
  onBroken(error: unknown): void {
    this.#reader.onBroken(error);
  }

  /** What was added leaves before. */
  close(code: number, reason: string): void {
    this.flush();
    this.#socket.close(code, reason);
  }

  /** The socket is gone: nobody waits any longer. */
  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#stuckTimer);
    this.#messages = null;
    const waiting = [...(this.#waiting ?? [])];
    this.#waiting = null;
    for (const resume of waiting) resume();
  }

  #becomeFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#watch(this.takenBytes);
    this.#sink.onceDrained(() => {
      clearTimeout(this.#stuckTimer);
      this.#isFull = false;
      this.#resume();
    });
  }

  #watch(takenBefore: number): void {
    this.#stuckTimer = setTimeout(() => {
      const { takenBytes } = this;
      if (takenBytes > takenBefore) this.#watch(takenBytes);
      else this.#reader.onStuck();
    }, this.#policy.stuckMs);
    this.#stuckTimer.unref();
  }

  /** In turn, while there is room: whoever fills it waits behind those who have not had theirs. */
  #resume(): void {
    for (const resume of this.#waiting ?? []) {
      if (!this.isReady) return;
      this.#waiting?.delete(resume);
      resume();
    }
    this.#waiting = null;
  }
}
