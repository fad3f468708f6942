// Reading the log for subscribers that are behind. After a node's death thousands resume on the same streams at once:
// those of one stream share their reads, and all of them together have only so many under way, so that a backlog, however
// long, leaves the database's connections to whoever publishes and to the tails.
//
// A read begins after everybody that it serves has asked: nobody is given what was read before, and may have been
// scrubbed meanwhile.
import type { Position } from './cursor.ts';
import type { Log } from './log.ts';
import type { SizedEntry } from './log-entry.ts';
import { SharedWork, Turns, type Work } from './shared-work.ts';
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
  readonly #pages = new Map<Topic, SharedWork<Position, Page>>();
  readonly #events = new Map<Topic, SharedWork<number, string | null>>();

  constructor(log: CatchUpLog) {
    this.#log = log;
  }

  /** As `Log.readOn`, at most a page. */
  readOn(topic: Topic, after: Position): Promise<Page> {
    return this.#shared(this.#pages, topic, readPages(this.#log, topic)).ask(after);
  }

  /** The id of the event at this number ('' before the first), as `Log.eventIds` tells it; null where it can't. */
  eventAt(topic: Topic, number: number): Promise<string | null> {
    const find = async (numbers: readonly number[]) => {
      const eventIds = await this.#log.eventIds(topic, [...new Set(numbers)]);
      return numbers.map((asked) => eventIds.get(asked) ?? null);
    };
    return this.#shared(this.#events, topic, find).ask(number);
  }

  #shared<Asked, Answer>(
    all: Map<Topic, SharedWork<Asked, Answer>>,
    topic: Topic,
    work: Work<Asked, Answer>,
  ): SharedWork<Asked, Answer> {
    const known = all.get(topic);
    if (known !== undefined) return known;
    const shared = new SharedWork<Asked, Answer>(this.#turns, work, () => all.delete(topic));
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
