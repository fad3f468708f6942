// All tails of this process: opens one per followed topic, shares it among its subscribers, closes it behind the last,
// and looks for silence (invariant 8): heads are compared every few seconds, and at once when the broker is back.
import type { Logger } from 'pino';
import type { Broker, Following } from '../engines/engine.ts';
import type { Log, LogEntry } from './log.ts';
import { Tail, type TailListener } from './tail.ts';
import type { Topic } from './topic.ts';

export interface TailsOptions {
  readonly log: Log;
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

export class Tails {
  readonly #options: TailsOptions;
  readonly #followed = new Map<Topic, Followed>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | null = null;
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

  /** Compares every tail with its head now. Shares a comparison under way. */
  check(): Promise<void> {
    this.#checking ??= this.#compareAll()
      .catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'the heads of the streams cannot be read');
      })
      .finally(() => {
        this.#checking = null;
      });
    return this.#checking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    const all = [...this.#followed.values()];
    this.#followed.clear();
    await Promise.allSettled(all.map(async (followed) => (await followed.opened).unfollow()));
  }

  #follow(topic: Topic): Followed {
    const { log, broker, logger } = this.#options;
    const tail = new Tail(topic, log, logger);
    const open = async (): Promise<Following> => {
      const following = await broker.follow(topic, {
        onMessage: (message) => tail.hear(JSON.parse(message) as LogEntry),
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
    if (this.#followed.get(followed.tail.topic) === followed) this.#followed.delete(followed.tail.topic);
    followed.opened.then(
      (following) => following.unfollow(),
      () => undefined, // told to whoever joined
    );
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
    for (let index = 0; index < tails.length; index += checkBatch) {
      const batch = tails.slice(index, index + checkBatch);
      const before = new Map(batch.map((tail) => [tail, tail.position]));
      const heads = await this.#options.log.heads(batch.map((tail) => tail.topic));
      for (const [tail, position] of before) {
        tail.compare(heads.get(tail.topic) ?? { number: 0, eventId: '' }, position);
      }
    }
  }
}

export type { TailListener };
