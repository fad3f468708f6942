// Reading the log for subscribers that are behind. After a node's death thousands resume on the same streams at once:
// those of one stream share their reads, and all of them together have only so many under way, so that a backlog, however
// long, leaves the database's connections to whoever publishes and to the tails.
//
// A read begins after everybody that it serves has asked: nobody is given what was read before, and may have been
// scrubbed meanwhile.
import type { Position } from './cursor.ts';
import type { Log } from './log.ts';
import type { SizedEntry } from './log-entry.ts';
import type { Topic } from './topic.ts';

export type CatchUpLog = Pick<Log, 'readOn' | 'eventIds'>;

/** What `Log.readOn` answers. */
export type Page = readonly SizedEntry[] | null;

/** Entries read from the log at a time. */
const pageSize = 200;
/** A fifth of the connections to the database. */
const maxReads = 4;

export class CatchUp {
  readonly #log: CatchUpLog;
  readonly #turns = new Turns(maxReads);
  readonly #pages = new Map<Topic, Shared<Position, Page>>();
  readonly #events = new Map<Topic, Shared<number, string | null>>();

  constructor(log: CatchUpLog) {
    this.#log = log;
  }

  /** As `Log.readOn`, at most a page. */
  readOn(topic: Topic, after: Position): Promise<Page> {
    return this.#shared(this.#pages, topic, readPages(this.#log, topic)).ask(after);
  }

  /** The id of the event that a stream holds at this number; null where there is none. */
  eventAt(topic: Topic, number: number): Promise<string | null> {
    const find = async (numbers: readonly number[]) => {
      const eventIds = await this.#log.eventIds(topic, [...new Set(numbers)]);
      return numbers.map((asked) => eventIds.get(asked) ?? null);
    };
    return this.#shared(this.#events, topic, find).ask(number);
  }

  #shared<Asked, Answer>(
    all: Map<Topic, Shared<Asked, Answer>>,
    topic: Topic,
    work: Work<Asked, Answer>,
  ): Shared<Asked, Answer> {
    const known = all.get(topic);
    if (known !== undefined) return known;
    const shared = new Shared<Asked, Answer>(this.#turns, work, () => all.delete(topic));
    all.set(topic, shared);
    return shared;
  }
}

/**
 * Reads for whoever has waited longest, from the lowest place that is at most half a page before theirs, and serves
 * everybody whose place the page covers. Whoever was not reached, because entries are large, is read for alone.
 */
function readPages(log: CatchUpLog, topic: Topic): Work<Position, Page> {
  let passedOver: Position | undefined;
  return async (asked) => {
    const [longest] = asked;
    if (longest === undefined) return [];
    const isNear = ({ number }: Position) =>
      number < longest.number && number >= longest.number - pageSize / 2;
    const near = longest === passedOver ? [] : asked.filter(isNear);
    const first = near.reduce((lowest, place) => (place.number < lowest.number ? place : lowest), longest);
    passedOver = longest;
    const page = await log.readOn(topic, { after: first, limit: pageSize });
    return asked.map((after) => partAfter(page, first, after));
  };
}

/** undefined where the page, read after `first`, says nothing of what comes after another position. */
function partAfter(page: Page, first: Position, after: Position): Page | undefined {
  if (after.number === first.number && after.eventId === first.eventId) return page;
  const index = after.number - first.number - 1; // a page has no holes
  const before = page?.[index];
  if (page === null || before === undefined || index === page.length - 1) return undefined;
  return before.eventId === after.eventId ? page.slice(index + 1) : null;
}

/** Answers in the order of what was asked; undefined for whom it has none: they are asked for again. */
type Work<Asked, Answer> = (asked: readonly Asked[]) => Promise<readonly (Answer | undefined)[]>;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** One work at a time for all who wait when it begins. */
class Shared<Asked, Answer> {
  readonly #turns: Turns;
  readonly #work: Work<Asked, Answer>;
  readonly #onIdle: () => void;
  #waiting: Waiting<Asked, Answer>[] = [];
  #running = false;

  constructor(turns: Turns, work: Work<Asked, Answer>, onIdle: () => void) {
    this.#turns = turns;
    this.#work = work;
    this.#onIdle = onIdle;
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#turns.take(() => this.#serve());
    this.#running = false;
    this.#onIdle();
  }

  /** Never rejects: what fails is told to whoever waits. */
  async #serve(): Promise<void> {
    const served = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#work(served.map(({ asked }) => asked));
      const left = served.filter(({ resolve }, index) => {
        const answer = answers[index];
        if (answer === undefined) return true;
        resolve(answer);
        return false;
      });
      this.#waiting = [...left, ...this.#waiting];
    } catch (error) {
      for (const { reject } of served) reject(error);
    }
  }
}

/** So many at a time, in the order in which they came. */
class Turns {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#queue.push(begin));
    try {
      await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
