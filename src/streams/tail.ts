// A tail: one process's follower of one topic. It puts entries in order, drops repeats and fills gaps from the log, so
// that every subscriber of the topic on this node hears the same unbroken sequence.
//
//   opening ──(broker follows, head read)──▶ following ──(last listener left)──▶ closed
//                                                │
//                                                └──(database lost commits, retention passed it)──▶ lost
import type { Logger } from 'pino';
import { TidingsError } from '../errors.ts';
import type { Position } from './cursor.ts';
import type { Log, LogEntry } from './log.ts';
import type { Topic } from './topic.ts';

export interface TailListener {
  /** In order, without holes, control entries included. Must not throw. */
  onEntry(entry: LogEntry): void;
  /** The sequence can not be continued; nothing follows. */
  onLost(error: TidingsError): void;
}

/** Entries read from the log at a time while filling a gap. */
const healPageSize = 500;

export class Tail {
  readonly topic: Topic;
  readonly #log: Pick<Log, 'read' | 'head'>;
  readonly #logger: Logger;
  readonly #listeners = new Set<TailListener>();
  #position: Position = { number: 0, eventId: '' };
  #phase: 'opening' | 'following' | 'lost' = 'opening';
  /** The highest number that is known to exist. Behind it, the tail reads the log. */
  #target = 0;
  #healing: Promise<void> | null = null;

  constructor(topic: Topic, log: Pick<Log, 'read' | 'head'>, logger: Logger) {
    this.topic = topic;
    this.#log = log;
    this.#logger = logger;
  }

  get position(): Position {
    return this.#position;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Called once the broker follows: whatever is committed from here on is either in this head or will be heard. */
  async open(): Promise<void> {
    this.#position = await this.#log.head(this.topic);
    this.#phase = 'following';
    if (this.#target > this.#position.number) void this.heal();
  }

  add(listener: TailListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: TailListener): void {
    this.#listeners.delete(listener);
  }

  /** An entry heard from the broker: 8 after 7 passes on, 7 again is dropped, 9 after 7 makes the tail read 8 first. */
  hear(entry: LogEntry): void {
    this.#target = Math.max(this.#target, entry.number);
    if (this.#phase !== 'following' || entry.number <= this.#position.number) return;
    if (entry.number === this.#position.number + 1) this.#pass(entry);
    else void this.heal();
  }

  /**
   * Compares with a head that was read from the database after `before` had been this tail's position. A head ahead
   * heals; a head behind, or another event at the same number, means that the database lost commits.
   */
  compare(head: Position, before: Position): void {
    if (this.#phase !== 'following') return;
    const lostCommits =
      head.number < before.number || (head.number === before.number && head.eventId !== before.eventId);
    if (lostCommits) return this.#lose('the database went back to an earlier state');
    this.#target = Math.max(this.#target, head.number);
    if (head.number > this.#position.number) void this.heal();
  }

  /** Reads the log from the position on until nothing is known to be missing. One reading at a time. Never rejects. */
  heal(): Promise<void> {
    this.#healing ??= this.#readMissing()
      .catch((error: unknown) => {
        // The head check comes back to it.
        this.#logger.warn({ err: error, topic: this.topic }, 'a stream is behind and the log cannot be read');
      })
      .finally(() => {
        this.#healing = null;
      });
    return this.#healing;
  }

  async #readMissing(): Promise<void> {
    while (this.#phase === 'following' && this.#target > this.#position.number && this.#listeners.size > 0) {
      const from = this.#position.number;
      const page = await this.#log.read(this.topic, { after: from, limit: healPageSize });
      for (const entry of page) {
        if (entry.number <= this.#position.number) continue;
        if (entry.number !== this.#position.number + 1)
          return this.#lose('retention removed entries not yet read');
        this.#pass(entry);
      }
      if (page.length === 0 && from === this.#position.number) await this.#explainAbsence(from);
    }
  }

  /** Heard of, but not in the log: either retention was quicker, or the database no longer has it. */
  async #explainAbsence(from: number): Promise<void> {
    const head = await this.#log.head(this.topic);
    if (this.#position.number !== from) return;
    if (head.number > from) this.#lose('retention removed entries not yet read');
    else this.#target = from;
  }

  #pass(entry: LogEntry): void {
    if (this.#phase !== 'following') return;
    this.#position = { number: entry.number, eventId: entry.eventId };
    for (const listener of this.#listeners) listener.onEntry(entry);
  }

  #lose(reason: string): void {
    this.#phase = 'lost';
    this.#logger.error(
      { topic: this.topic, position: this.#position, reason },
      'a stream can not be continued',
    );
    const error = new TidingsError(
      'CURSOR_EXPIRED',
      'The stream can not go on from here. Query it anew and subscribe after the cursor of the result.',
    );
    for (const listener of [...this.#listeners]) listener.onLost(error);
    this.#listeners.clear();
  }
}
