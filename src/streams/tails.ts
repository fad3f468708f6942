// All tails of this process: opens one per followed topic, shares it among its subscribers, closes it behind the last,
// and looks for silence (invariant 8): every few seconds, and at once when the broker is back, the database is asked how
// far the streams are. For a few topics that means all of their heads. For many it means what was written since the last
// look, which costs nothing where nothing happens, and in turns the heads of some, so that a stream that went back
// while its server went on is noticed too.
import type { Logger } from 'pino';
import type { Broker, Following } from '../engines/engine.ts';
import { TidingsError } from '../errors.ts';
import { CatchUp, type CatchUpLog } from './catch-up.ts';
import type { Log, LogMark } from './log.ts';
import type { Position } from './cursor.ts';
import type { CommittedEntry, HeardEntry } from './log-entry.ts';
import { SharedWork, Turns } from './shared-work.ts';
import { StreamFigures } from './stream-figures.ts';
import { Tail } from './tail.ts';
import type { Topic } from './topic.ts';

export interface TailsOptions {
  readonly log: CatchUpLog & Pick<Log, 'head' | 'heads' | 'changes'>;
  readonly broker: Broker;
  readonly logger: Logger;
  /** Heads are compared so often, in milliseconds, while the broker is connected. */
  readonly checkMs: number;
  /** And so often while it is away. */
  readonly checkWhileAwayMs: number;
  /**
   * Asked after something was heard or read and before it is passed on: null where it may be at once, else resolves when it
   * may. Where it isn't given nothing is asked.
   */
  readonly confirm?: () => Promise<void> | null;
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

class JoinedTail implements TailHandle {
  readonly tail: Tail;
  #followed: Followed | null;
  readonly #leave: (followed: Followed) => void;

  constructor(followed: Followed, leave: (followed: Followed) => void) {
    this.tail = followed.tail;
    this.#followed = followed;
    this.#leave = leave;
  }

  leave(): void {
    const followed = this.#followed;
    this.#followed = null;
    if (followed !== null) this.#leave(followed);
  }
}

/** Heads asked for in one query, and in one look at many topics. */
const headsPerQuery = 1_000;
/** Of the database at once, so that thousands of gaps leave connections to whoever publishes. */
const maxReads = 6;

const start: Position = { number: 0, eventId: '' };

const closing = () =>
  new TidingsError('UNAVAILABLE', 'This server is closing. Subscribe again after your last cursor.');

export class Tails {
  /** For subscribers that are behind their tail. */
  readonly catchUp: CatchUp;
  /** Told by the tails and their subscribers too. */
  readonly figures = new StreamFigures();
  readonly #options: TailsOptions;
  /** The log as tails read it: heads together, gaps in turn. */
  readonly #log: Pick<Log, 'readOn' | 'head'>;
  readonly #followed = new Map<Topic, Followed>();
  readonly #stopListening: () => void;
  readonly #leave = (followed: Followed): void => this.#release(followed);
  #timer: NodeJS.Timeout | undefined;
  /** The comparison under way, or the last one. Never rejects. */
  #comparison: Promise<void> = Promise.resolve();
  #nextComparison: Promise<void> | null = null;
  /** What was written before it is known. null while there are few topics: then all heads are asked for. */
  #mark: LogMark | null = null;
  /** Whose heads are still to be compared in this round. */
  #round: Followed[] = [];
  #closed = false;

  constructor(options: TailsOptions) {
    this.#options = options;
    const log = confirmed(options);
    this.catchUp = new CatchUp(log);
    this.#log = inTurns(log);
    this.#stopListening = options.broker.onStateChange(() => this.#schedule());
    this.#schedule();
  }

  /** Topics followed at the moment. */
  get size(): number {
    return this.#followed.size;
  }

  /** Tells all nodes of an entry. A hint: what it does not reach, the head check does. Never throws. */
  announce(entry: CommittedEntry): void {
    this.#options.broker
      .publish(entry.topic, JSON.stringify({ ...entry, announcedAt: Date.now() }))
      .catch((error: unknown) => {
        this.figures.announcementsFailed += 1;
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
    return new JoinedTail(followed, this.#leave);
  }

  /** Read from the database; those who ask at once share the reading. */
  head(topic: Topic): Promise<Position> {
    return this.#log.head(topic);
  }

  /**
   * Compares every tail with its head as it is now: not with what a comparison under way has read already. Calls that
   * come while one is under way share the next.
   */
  check(): Promise<void> {
    this.#nextComparison ??= this.#comparison.then(() => {
      this.#nextComparison = null;
      this.figures.headChecks += 1;
      this.#comparison = this.#look().catch((error: unknown) => {
        if (this.#closed) return;
        this.figures.headChecksFailed += 1;
        this.#options.logger.warn({ err: error }, 'the heads of the streams cannot be read');
      });
      return this.#comparison;
    });
    return this.#nextComparison;
  }

  /**
   * Resolves when every tail has passed on everything that was committed before the call. Rejects with UNAVAILABLE where that
   * can not be read.
   */
  async settled(): Promise<void> {
    const followed = [...this.#followed.values()];
    await Promise.allSettled(followed.map(({ opened }) => opened)); // told to whoever joined
    await this.#compare(followed);
    await Promise.all(followed.map(({ tail }) => tail.settled()));
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
    const { broker, logger } = this.#options;
    const { figures } = this;
    const tail = new Tail({ topic, log: this.#log, logger, figures, onLost: () => this.#forget(followed) });
    const open = async (): Promise<Following> => {
      const following = await broker.follow(topic, {
        onMessage: (message) => this.#hear(tail, toHeard(message)),
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

  /** What may not be passed on at once is read, which asks again. */
  #hear(tail: Tail, entry: HeardEntry): void {
    const confirming = this.#options.confirm?.() ?? null;
    if (confirming === null) return tail.hear(entry);
    confirming.catch(() => undefined); // told to whoever reads
    tail.expect(entry);
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

  async #look(): Promise<void> {
    if (this.#followed.size <= headsPerQuery) {
      this.#mark = null;
      this.#round = [];
      return this.#compare([...this.#followed.values()]);
    }
    // Each whatever becomes of the other.
    const looked = await Promise.allSettled([this.#lookForChanges(), this.#goOnInRound()]);
    // What could not be read after an earlier look is not written again.
    for (const { tail } of this.#followed.values()) if (tail.isBehind) void tail.heal();
    for (const look of looked) if (look.status === 'rejected') throw look.reason;
  }

  async #lookForChanges(): Promise<void> {
    const { mark, written } = await this.#options.log.changes(this.#mark);
    if (written === null) await this.#compare([...this.#followed.values()]);
    for (const [topic, position] of written ?? []) this.#followed.get(topic)?.tail.expect(position);
    this.#mark = mark;
  }

  async #goOnInRound(): Promise<void> {
    if (this.#round.length === 0) this.#round = [...this.#followed.values()];
    await this.#compare(this.#round.slice(0, headsPerQuery));
    this.#round = this.#round.slice(headsPerQuery);
  }

  async #compare(followed: readonly Followed[]): Promise<void> {
    for (let index = 0; index < followed.length && !this.#closed; index += headsPerQuery) {
      const batch = followed.slice(index, index + headsPerQuery).map(({ tail }) => tail);
      const before = new Map(batch.map((tail) => [tail, tail.position]));
      const heads = await this.#options.log.heads(batch.map((tail) => tail.topic));
      for (const [tail, position] of before) {
        tail.compare(heads.get(tail.topic) ?? start, position);
      }
    }
  }
}

function confirmed({ log, confirm }: TailsOptions): CatchUpLog & Pick<Log, 'heads'> {
  return {
    heads: (topics) => log.heads(topics),
    eventIds: (topic, numbers) => log.eventIds(topic, numbers),
    async readOn(topic, page) {
      const read = await log.readOn(topic, page);
      await confirm?.();
      return read;
    },
  };
}

function inTurns(log: Pick<Log, 'readOn' | 'heads'>): Pick<Log, 'readOn' | 'head'> {
  const turns = new Turns(maxReads);
  const heads = new SharedWork<Topic, Position>(turns, async (asked) => {
    const topics = [...new Set(asked.slice(0, headsPerQuery))];
    const found = await log.heads(topics);
    // Whoever is beyond what one query asks for is asked for with the next.
    return asked.map((topic, place) => (place < headsPerQuery ? (found.get(topic) ?? start) : undefined));
  });
  return {
    head: (topic) => heads.ask(topic),
    readOn: (topic, page) => turns.take(() => log.readOn(topic, page)),
  };
}

/** Written into what was parsed: a copy would be as much garbage again, for every message of every topic. */
function toHeard(message: string): HeardEntry {
  const entry = JSON.parse(message) as CommittedEntry & { announcedAt: number; bytes: number };
  entry.bytes = message.length;
  return entry;
}
