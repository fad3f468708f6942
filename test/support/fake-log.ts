// One stream in memory, in place of the log: its answers can be held back, made to fail, and its past rewritten.
import type { Position } from '../../src/streams/cursor.ts';
import type { Log, LogChanges, LogMark } from '../../src/streams/log.ts';
import type { HeardEntry, SizedEntry } from '../../src/streams/log-entry.ts';

export const fakeTopic = 'acme/order/42';

export const fakeEntry = (number: number, rest: Partial<HeardEntry> = {}): HeardEntry => ({
  topic: fakeTopic,
  number,
  eventId: `event-${number}`,
  previousEventId: number === 1 ? '' : `event-${number - 1}`,
  kind: 'event',
  occurredAt: '2026-11-21T09:30:00.000Z',
  payload: { number },
  bytes: 16,
  ...rest,
});

export class FakeLog implements Pick<Log, 'id' | 'readOn' | 'eventIds' | 'head' | 'heads' | 'changes'> {
  readonly id = 'log-1';
  entries: HeardEntry[] = [];
  /** After which number each page was read. */
  readonly reads: number[] = [];
  headReads = 0;
  eventReads = 0;
  /** Every answer is this error, while there is one. */
  failure: Error | null = null;
  /** Entries of a page, at most. */
  pageSize = Number.POSITIVE_INFINITY;
  #held: Promise<void> = Promise.resolve();

  /** Appends entries up to this number. */
  fill(last: number): void {
    for (let number = (this.entries.at(-1)?.number ?? 0) + 1; number <= last; number++) {
      const previousEventId = this.entries.at(-1)?.eventId ?? '';
      this.entries.push(fakeEntry(number, { previousEventId }));
    }
  }

  /** What is asked from now on sees what is there when it asks, and is answered when the function is called. */
  hold(): () => void {
    let answer = (): void => undefined;
    this.#held = new Promise((resolve) => (answer = resolve));
    return () => {
      this.#held = Promise.resolve();
      answer();
    };
  }

  async readOn(
    _topic: string,
    { after, limit }: { after: Position; limit: number },
  ): Promise<readonly SizedEntry[] | null> {
    this.reads.push(after.number);
    const following = this.entries.filter(({ number }) => number > after.number);
    const [first] = following;
    const continues =
      first === undefined || (first.number === after.number + 1 && first.previousEventId === after.eventId);
    return this.#answer(continues ? following.slice(0, Math.min(limit, this.pageSize)) : null);
  }

  async eventIds(_topic: string, numbers: readonly number[]): Promise<ReadonlyMap<number, string>> {
    this.eventReads += 1;
    const known = this.entries.flatMap(({ number, eventId, previousEventId }) => [
      [number, eventId] as const,
      [number - 1, previousEventId] as const,
    ]);
    return this.#answer(new Map(known.filter(([number]) => numbers.includes(number))));
  }

  async head(): Promise<Position> {
    this.headReads += 1;
    const last = this.entries.at(-1);
    return this.#answer({ number: last?.number ?? 0, eventId: last?.eventId ?? '' });
  }

  async heads(topics: readonly string[]): Promise<ReadonlyMap<string, Position>> {
    const head = await this.head();
    return new Map(
      topics.filter((topic) => topic === fakeTopic && head.number > 0).map((topic) => [topic, head]),
    );
  }

  /** What `changes` tells. */
  written: LogChanges['written'] = null;

  async changes(_since: LogMark | null): Promise<LogChanges> {
    return this.#answer({ mark: { transaction: '1', serverStartedAt: 'never' }, written: this.written });
  }

  async #answer<T>(answer: T): Promise<T> {
    await this.#held;
    if (this.failure !== null) throw this.failure;
    return answer;
  }
}
