// All tails of this process: opens one per followed topic, shares it among its subscribers, closes it behind the last,
// and looks for silence (invariant 8): heads are compared every few seconds, and at once when the broker is back.
import type { Logger } from 'pino';
import type { Broker, Following } from '../engines/engine.ts';
import { TidingsError } from '../errors.ts';
import type { Log } from './log.ts';
import type { LogEntry } from './log-entry.ts';
import { Tail } from './tail.ts';
import type { Topic } from './topic.ts';

export interface TailsOptions {
  readonly log: Pick<Log, 'readOn' | 'head' | 'heads'>;
  readonly broker: Broker;
  readonly logger: Logger;
  /** Heads are compared so often, in milliseconds, while the broker is connected. */
  readonly checkMs: number;
  /** And so often while it is away. */
  readonly checkWhileAwayMs: number;
}

export interface TailHandle {
  readonly tail: Tail;
  /** May be called again. */
  leave(): void;
}

interface Followed {
  readonly tail: Tail;
  /** Resolves when the broker follows and the head is read. */
  readonly opened: Promise<Following>;
  users: number;
}

/** Topics asked for in one query of the head check. */
const checkBatch = 1_000;

const closing = () =>
  new TidingsError('UNAVAILABLE', 'This server is closing. Subscribe again after your last cursor.');

export class Tails {
  readonly #options: TailsOptions;
  readonly #followed = new Map<Topic, Followed>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** The comparison under way, or the last one. Never rejects. */
  #comparison: Promise<void> = Promise.resolve();
  #nextComparison: Promise<void> | null = null;
  #closed = false;

  constructor(options: TailsOptions) {
    this.#options = options;
    this.#stopListening = options.broker.onStateChange(() => this.#schedule());
    this.#schedule();
  }

  /** Topics followed at the moment. */
  get size(): number {
    return this.#followed.size;
  }

  /** Tells all nodes of an entry. A hint: what it does not reach, the head check does. Never throws. */
  announce(entry: LogEntry): void {
    this.#options.broker.publish(entry.topic, JSON.stringify(entry)).catch((error: unknown) => {
      this.#options.logger.debug({ err: error, topic: entry.topic }, 'an entry could not be announced');
    });
  }

  /** Resolves when the tail follows: nothing committed after that is missed. Rejects with UNAVAILABLE where it can't. */
  async join(topic: Topic): Promise<TailHandle> {
    if (this.#closed) throw closing();
    const followed = this.#followed.get(topic) ?? this.#follow(topic);
    followed.users += 1;
    try {
      await followed.opened;
    } catch (error) {
      this.#release(followed);
      throw error;
    }
    let left = false;
    return {
      tail: followed.tail,
      leave: () => {
        if (left) return;
        left = true;
        this.#release(followed);
      },
    };
  }

  /**
   * Compares every tail with its head as it is now: not with what a comparison under way has read already. Calls that
   * come while one is under way share the next.
   */
  check(): Promise<void> {
    this.#nextComparison ??= this.#comparison.then(() => {
      this.#nextComparison = null;
      this.#comparison = this.#compareAll().catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger.warn({ err: error }, 'the heads of the streams cannot be read');
      });
      return this.#comparison;
    });
    return this.#nextComparison;
  }

  /** Ends every subscription that is still there with UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    const all = [...this.#followed.values()];
    this.#followed.clear();
    for (const { tail } of all) tail.end(closing());
    await Promise.allSettled(all.map(async (followed) => (await followed.opened).unfollow()));
  }

  #follow(topic: Topic): Followed {
    const { log, broker, logger } = this.#options;
    const tail = new Tail({ topic, log, logger, onLost: () => this.#forget(followed) });
    const open = async (): Promise<Following> => {
      const following = await broker.follow(topic, {
        onMessage: (message) => tail.hear({ ...(JSON.parse(message) as LogEntry), bytes: message.length }),
        onRestored: () => void this.check(),
      });
      try {
        await tail.open();
      } catch (error) {
        await following.unfollow();
        throw error;
      }
      return following;
    };
    const followed: Followed = { tail, opened: open(), users: 0 };
    this.#followed.set(topic, followed);
    return followed;
  }

  #release(followed: Followed): void {
    followed.users -= 1;
    if (followed.users > 0) return;
    this.#forget(followed);
    followed.tail.end(closing());
    followed.opened.then(
      (following) => following.unfollow(),
      () => undefined, // told to whoever joined
    );
  }

  /** Whoever joins from now on gets another tail. */
  #forget(followed: Followed): void {
    const { topic } = followed.tail;
    if (this.#followed.get(topic) === followed) this.#followed.delete(topic);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { broker, checkMs, checkWhileAwayMs } = this.#options;
    const again = () => void this.check().finally(() => this.#schedule());
    this.#timer = setTimeout(again, broker.state === 'connected' ? checkMs : checkWhileAwayMs);
    this.#timer.unref();
  }

  async #compareAll(): Promise<void> {
    const tails = [...this.#followed.values()].map((followed) => followed.tail);
    for (let index = 0; index < tails.length && !this.#closed; index += checkBatch) {
      const batch = tails.slice(index, index + checkBatch);
      const before = new Map(batch.map((tail) => [tail, tail.position]));
      const heads = await this.#options.log.heads(batch.map((tail) => tail.topic));
      for (const [tail, position] of before) {
        tail.compare(heads.get(tail.topic) ?? { number: 0, eventId: '' }, position);
      }
    }
  }
}
