// A tail: one process's follower of one topic. It puts entries in order, drops repeats and fills gaps from the log, so
// that every subscriber of the topic on this node hears the same unbroken sequence.
//
//   opening ──(broker follows, head read)──▶ following ──(last user left, or the sequence can't be continued:
//                                                         the database lost commits, retention passed it)──▶ ended
import type { Logger } from 'pino';
import { TidingsError } from '../errors.ts';
import type { Position } from './cursor.ts';
import type { Log } from './log.ts';
import type { HeardEntry, SizedEntry } from './log-entry.ts';
import type { StreamFigures } from './stream-figures.ts';
import { TailListeners, type TailListener } from './tail-listeners.ts';
import type { Topic } from './topic.ts';

export interface TailOptions {
  readonly topic: Topic;
  readonly log: Pick<Log, 'readOn' | 'head'>;
  readonly logger: Logger;
  readonly figures: StreamFigures;
  /** Called before the listeners are told, where the sequence can't be continued: another tail may take over. */
  onLost(): void;
}

const wentBack = 'the database went back to an earlier state';

/** Entries read from the log at a time while filling a gap. */
const healPageSize = 500;

export class Tail {
  readonly topic: Topic;
  readonly #options: TailOptions;
  readonly #listeners = new TailListeners();
  #phase: 'opening' | 'following' | 'ended' = 'opening';
  #endedWith: TidingsError | null = null;
  #position: Position = { number: 0, eventId: '' };
  /** The highest number that is known to exist. Behind it, the tail reads the log. */
  #target = 0;
  #healing = false;
  /** Counted as behind, over readings that fail. */
  #hasGap = false;
  /** The reading under way. */
  #reading: Promise<void> | null = null;

  constructor(options: TailOptions) {
    this.topic = options.topic;
    this.#options = options;
  }

  get position(): Position {
    return this.#position;
  }

  /** More is known to exist than has been passed on: it is being read, or could not be read. */
  get isBehind(): boolean {
    return this.#phase === 'following' && this.#target > this.#position.number;
  }

  /** Called once the broker follows: whatever is committed from here on is either in this head or will be heard. */
  async open(): Promise<void> {
    const head = await this.#options.log.head(this.topic);
    if (this.#phase !== 'opening') return;
    this.#position = head;
    this.#phase = 'following';
    void this.heal();
  }

  /** Tells a listener that comes too late, at once, that the tail has ended. */
  add(listener: TailListener): void {
    if (this.#endedWith === null) this.#listeners.add(listener);
    else listener.onEnded(this.#endedWith);
  }

  remove(listener: TailListener): void {
    this.#listeners.remove(listener);
  }

  /** Nothing is passed on any more. */
  end(error: TidingsError): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#closeGap();
    this.#endedWith = error;
    for (const listener of this.#listeners.clear()) listener.onEnded(error);
  }

  /**
   * An entry heard from the broker: 8 after 7 passes on, 7 again is dropped, 9 after 7 makes the tail read 8 first. An 8
   * that was written after another 7 than this tail's ends it: the database went back to an earlier state meanwhile.
   */
  hear(entry: HeardEntry): void {
    if (this.#phase === 'following' && entry.number === this.#position.number + 1) {
      if (entry.previousEventId === this.#position.eventId) return this.#pass(entry);
      return this.#lose(wentBack);
    }
    this.expect(entry);
  }

  /** This much is known to be in the database. Behind it the tail reads; another event at its own number ends it. */
  expect({ number, eventId }: Position): void {
    if (this.#phase === 'ended') return;
    this.#target = Math.max(this.#target, number);
    if (this.#phase === 'opening') return;
    if (number === this.#position.number && eventId !== this.#position.eventId) this.#lose(wentBack);
    else void this.heal();
  }

  /**
   * Compares with a head that was read from the database after `before` had been this tail's position. A head behind
   * means that the database lost commits.
   */
  compare(head: Position, before: Position): void {
    const isAnother = head.number === before.number && head.eventId !== before.eventId;
    if (this.#phase === 'following' && (head.number < before.number || isAnother)) this.#lose(wentBack);
    else this.expect(head);
  }

  /** Reads the log until nothing is known to be missing. One reading at a time: resolves with the one under way. Never rejects. */
  heal(): Promise<void> {
    if (this.#healing) return this.#reading ?? Promise.resolve();
    const reading = this.#readAll();
    if (this.#healing) this.#reading = reading;
    return reading;
  }

  /**
   * Resolves when everything that is known to exist by now has been passed on, or the tail has ended. Rejects with UNAVAILABLE
   * where the log can not be read.
   */
  async settled(): Promise<void> {
    const target = this.#target;
    const isThere = (): boolean => this.#phase === 'ended' || this.#position.number >= target;
    // The reading under way may fail with what has passed since: another one has to, too.
    for (let readings = 0; readings < 2 && !isThere(); readings += 1) await this.heal();
    if (!isThere()) throw new TidingsError('UNAVAILABLE', 'A stream is behind, and the log can not be read.');
  }

  async #readAll(): Promise<void> {
    this.#healing = true;
    try {
      // Here, not in a function of its own: between the last look and `finally` nobody may raise the target unnoticed.
      while (this.#phase === 'following' && this.#target > this.#position.number) {
        this.#openGap();
        await this.#readMissing();
      }
      if (this.#closeGap()) this.#options.figures.heals += 1;
    } catch (error) {
      // The next entry or the head check comes back to it.
      this.#options.logger.warn(
        { err: error, topic: this.topic },
        'a stream is behind and the log cannot be read',
      );
    } finally {
      this.#healing = false;
      this.#reading = null;
    }
  }

  async #readMissing(): Promise<void> {
    const from = this.#position;
    const target = this.#target;
    const page = await this.#options.log.readOn(this.topic, { after: from, limit: healPageSize });
    // Where the broker was quicker, what the page says of `from` no longer matters.
    if (page === null && this.#position === from) return this.#lose('the log does not continue it');
    for (const entry of page ?? []) {
      if (entry.number === this.#position.number + 1) this.#pass(entry);
    }
    if (page?.length === 0 && this.#position === from) await this.#explainAbsence(from, target);
  }

  /** Heard of, but not in the log: either retention was quicker, or the database no longer has it. */
  async #explainAbsence(from: Position, target: number): Promise<void> {
    const { log } = this.#options;
    const head = await log.head(this.topic);
    if (this.#position !== from) return;
    if (head.number > from.number) {
      // Read once more: it may have been written after the page was read and before the head was.
      const page = await log.readOn(this.topic, { after: from, limit: 1 });
      if (page?.length === 0 && this.#position === from) this.#lose('retention removed what it had not read');
      return;
    }
    if (this.#target === target) this.#target = from.number;
    this.compare(head, from);
  }

  #openGap(): void {
    if (this.#hasGap) return;
    this.#hasGap = true;
    this.#options.figures.gaps += 1;
    this.#options.figures.behind += 1;
  }

  /** Whether there was one. */
  #closeGap(): boolean {
    const hadGap = this.#hasGap;
    this.#hasGap = false;
    if (hadGap) this.#options.figures.behind -= 1;
    return hadGap;
  }

  #pass(entry: SizedEntry): void {
    if (this.#phase !== 'following') return;
    const before = this.#position;
    this.#position = { number: entry.number, eventId: entry.eventId };
    this.#listeners.tell(entry, before, this.#position);
  }

  #lose(reason: string): void {
    if (this.#phase === 'ended') return;
    const { logger, figures, onLost } = this.#options;
    figures.lost += 1;
    logger.error({ topic: this.topic, position: this.#position, reason }, 'a stream can not be continued');
    onLost();
    this.end(
      new TidingsError(
        'CURSOR_EXPIRED',
        'The stream can not go on from here. Query it anew and subscribe after the cursor of the result.',
      ),
    );
  }
}
