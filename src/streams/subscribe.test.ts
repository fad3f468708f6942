import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeLog, fakeEntry, fakeTopic } from '../../test/support/fake-log.ts';
import { openMemoryEngine } from '../engines/memory/memory-engine.ts';
import type { Engine } from '../engines/engine.ts';
import { Backlog } from './backlog.ts';
import { toCursorText } from './cursor.ts';
import type { EventIndex } from './event-filter.ts';
import type { Log } from './log.ts';
import type { HeardEntry } from './log-entry.ts';
import { subscribe, type StreamSubscription, type SubscribeOptions } from './subscribe.ts';
import { Tails } from './tails.ts';

const logger = pino({ level: 'silent' });

let log: FakeLog;
let engine: Engine;
let tails: Tails;
beforeEach(() => {
  log = new FakeLog();
  engine = openMemoryEngine({ logger, events: { onUserGone: () => undefined } });
  tails = new Tails({ log, broker: engine.broker, logger, checkMs: 60_000, checkWhileAwayMs: 60_000 });
});
afterEach(async () => {
  await tails.close();
  await engine.close();
  // Whoever was counted in is counted out.
  expect(tails.figures.catchingUp).toBe(0);
});

const open = (options: Partial<SubscribeOptions> = {}): Promise<StreamSubscription> =>
  subscribe(
    { log: log as unknown as Log, tails },
    { topic: fakeTopic, after: null, anewFrom: '`order`', authorize: async () => 'staff', ...options },
  );

const cursor = (number: number): string =>
  toCursorText({ topic: fakeTopic, number, eventId: number === 0 ? '' : `event-${number}` }, log.id);

/** Commits and tells it. Resolves when every tail has heard. */
async function write(...entries: HeardEntry[]): Promise<void> {
  log.entries.push(...entries);
  for (const entry of entries) tails.announce(entry);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

const writeUpTo = async (last: number): Promise<void> => {
  const from = (log.entries.at(-1)?.number ?? 0) + 1;
  await write(...Array.from({ length: last - from + 1 }, (_, index) => fakeEntry(from + index)));
};

async function pull(subscription: StreamSubscription, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) {
    const { value } = await subscription.next();
    if (value === undefined) break;
    numbers.push(value.number);
  }
  return numbers;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const until = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { interval: 1 });

describe('catching up', () => {
  test('is counted where there is something to read, with what is read', async () => {
    log.fill(5);
    const atTheTail = await open();
    expect(tails.figures).toMatchObject({ catchUps: 0, catchingUp: 0 });
    const behind = await open({ after: cursor(2) });
    expect(tails.figures).toMatchObject({ catchUps: 1, catchingUp: 1 });
    await pull(behind, 3);
    expect(tails.figures).toMatchObject({ catchUps: 1, catchingUp: 0, entriesCaughtUp: 3, leftForLog: 0 });
    await Promise.all([atTheTail.return(), behind.return()]);
  });

  test('joins live while entries arrive between the page and the joining', async () => {
    log.fill(5);
    const subscription = await open({ after: cursor(2) });
    const answer = log.hold();
    const pulled = pull(subscription, 6);
    await writeUpTo(8);
    answer();
    expect(await pulled).toEqual(range(3, 8));
    await writeUpTo(9);
    expect(await pull(subscription, 1)).toEqual([9]);
  });

  test('a page that is ahead of the tail is not delivered again by it', async () => {
    log.fill(2);
    const subscription = await open({ after: cursor(0) });
    log.fill(4);
    expect(await pull(subscription, 4)).toEqual(range(1, 4));
    for (const entry of log.entries) tails.announce(entry);
    await writeUpTo(5);
    expect(await pull(subscription, 1)).toEqual([5]);
  });

  test('serves everybody who waits, however little a page holds', async () => {
    log.fill(3);
    log.pageSize = 1;
    const subscription = await open({ after: cursor(0) });
    const asked = await Promise.all([subscription.next(), subscription.next(), subscription.next()]);
    expect(asked.map(({ value }) => value?.number)).toEqual([1, 2, 3]);
  });

  test('reads nothing more while its consumer does not pull', async () => {
    log.fill(20);
    log.pageSize = 10;
    const subscription = await open({ after: cursor(0) });
    expect(await pull(subscription, 9)).toEqual(range(1, 9));
    expect(log.reads).toEqual([0]);
    expect(await pull(subscription, 11)).toEqual(range(10, 20));
  });

  test('a log that cannot be read ends it with that error, and lets go of the tail', async () => {
    log.fill(2);
    const subscription = await open({ after: cursor(0) });
    log.failure = new Error('away');
    await expect(subscription.next()).rejects.toBe(log.failure);
    expect(tails.size).toBe(0);
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
  });

  test('closed while reading, it delivers nothing and lets go of the tail', async () => {
    log.fill(2);
    let released = 0;
    const subscription = await open({ after: cursor(0), onReleased: () => (released += 1) });
    const answer = log.hold();
    const waiting = subscription.next();
    await subscription.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(tails.size).toBe(0);
    answer();
    await subscription.return();
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(released).toBe(1);
  });

  test('retention that removes all that is left ends it with CURSOR_EXPIRED instead of a spin', async () => {
    log.fill(5);
    const subscription = await open({ after: cursor(2) });
    vi.spyOn(log, 'readOn').mockResolvedValue([]);
    await expect(subscription.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  test('the log was rewritten under a slow subscriber: CURSOR_EXPIRED', async () => {
    log.fill(20);
    log.pageSize = 5;
    const subscription = await open({ after: cursor(0) });
    expect(await pull(subscription, 5)).toEqual(range(1, 5));
    log.entries = log.entries.map((entry) => ({
      ...entry,
      eventId: `other-${entry.number}`,
      previousEventId: `other-${entry.number - 1}`,
    }));
    await expect(subscription.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });
});

test('the head is a valid cursor though retention has its entry and this node has not heard of it', async () => {
  await open();
  log.fill(1);
  vi.spyOn(log, 'eventIds').mockResolvedValue(new Map());
  const subscription = await open({ after: cursor(1) });
  await writeUpTo(2);
  expect(await pull(subscription, 1)).toEqual([2]);
});

test('1,000 that resume at once from 100 places share what they read, and each misses nothing', async () => {
  log.fill(150);
  const places = range(0, 999).map((index) => 1 + (index % 100));
  const subscriptions = await Promise.all(places.map((number) => open({ after: cursor(number) })));
  const received = await Promise.all(
    subscriptions.map((subscription, index) => pull(subscription, 150 - (places[index] ?? 0))),
  );
  for (const [index, numbers] of received.entries()) {
    expect(numbers).toEqual(range((places[index] ?? 0) + 1, 150));
  }
  expect(log.reads.length).toBeLessThan(10);
  expect(log.eventReads).toBeLessThan(10);
  await Promise.all(subscriptions.map((subscription) => subscription.return()));
});

describe('a consumer that does not pull', () => {
  test('is held at 256 entries; then they are dropped, and it gets everything from the log afterwards', async () => {
    const subscription = await open();
    await writeUpTo(3);
    expect(await pull(subscription, 2)).toEqual([1, 2]);
    await writeUpTo(258);
    expect(log.reads).toEqual([]);
    expect(tails.figures.leftForLog).toBe(0);
    expect(tails.figures.queuedBytes).toBeGreaterThan(256 * 100);
    await writeUpTo(300);
    expect(tails.figures).toMatchObject({ leftForLog: 1, catchUps: 1, queuedBytes: 0 });
    const rest = pull(subscription, 299);
    await until(() => expect(log.reads).toEqual([2, 202]));
    await writeUpTo(301);
    expect(await rest).toEqual(range(3, 301));
  });

  test('is held at the bytes of its connection, over all that it follows', async () => {
    const backlog = new Backlog(300_000);
    const large = (number: number) => fakeEntry(number, { payload: 'x'.repeat(65_536) });
    const [one, two] = [await open({ backlog }), await open({ backlog })];
    await write(...range(1, 5).map(large));
    // The first has three, the second two: each has left the stream with the next.
    expect(log.reads).toEqual([]);
    expect(await pull(one, 5)).toEqual(range(1, 5));
    expect(await pull(two, 5)).toEqual(range(1, 5));
    expect(log.reads.length).toBeGreaterThan(0);
    await Promise.all([one.return(), two.return()]);
    expect(backlog.isFull).toBe(false);
  });

  test('reads nothing while the others of its connection have all that may wait, and goes on when there is room', async () => {
    const backlog = new Backlog(1_000);
    log.fill(2);
    const subscription = await open({ after: cursor(0), backlog });
    backlog.add(1_000);
    const pulled = pull(subscription, 2);
    await writeUpTo(3);
    expect(log.reads).toEqual([]);
    backlog.remove(1);
    expect(await pulled).toEqual([1, 2]);
  });

  test('with a filter it resumes behind what it was not told of', async () => {
    const byRest: EventIndex = { keysOf: ({ number }) => [String(number % 400)] };
    const subscription = await open({ filter: { index: byRest, keys: range(300, 399).map(String) } });
    await writeUpTo(1_000);
    expect(log.reads).toEqual([]);
    await writeUpTo(1_500);
    const pulled = pull(subscription, 300);
    expect(await pulled).toEqual([...range(300, 399), ...range(700, 799), ...range(1_100, 1_199)]);
    // From where the stream stood before the first that waited, not from its beginning.
    expect(log.reads[0]).toBe(299);
  });

  test('an entry larger than the bound is delivered', async () => {
    const subscription = await open();
    await write(fakeEntry(1, { payload: 'x'.repeat(2_000_000) }), fakeEntry(2));
    expect(await pull(subscription, 2)).toEqual([1, 2]);
  });

  test('what it has pulled makes room again', async () => {
    const subscription = await open();
    for (let first = 1; first < 2_000; first += 200) {
      await writeUpTo(first + 199);
      expect(await pull(subscription, 200)).toEqual(range(first, first + 199));
    }
    expect(log.reads).toEqual([]);
  });
});

describe('the end of a subscription', () => {
  test('a filter that throws ends its own subscription; the others go on', async () => {
    const broken = await open({
      filter: {
        index: {
          keysOf() {
            throw new TypeError('an old payload');
          },
        },
        keys: ['any'],
      },
    });
    const other = await open();
    await writeUpTo(1);
    await expect(broken.next()).rejects.toThrow('an old payload');
    expect(await pull(other, 1)).toEqual([1]);
  });

  test('a tail that is lost while the viewer is being authorized ends it', async () => {
    log.fill(7);
    const subscription = await open({
      async authorize() {
        log.entries.length = 5;
        await tails.check();
        return 'staff';
      },
    });
    await expect(subscription.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect(tails.size).toBe(0);
  });

  test('what is queued when the tail is lost is delivered first', async () => {
    const subscription = await open();
    await writeUpTo(2);
    log.entries.length = 1;
    await tails.check();
    expect(await pull(subscription, 2)).toEqual([1, 2]);
    await expect(subscription.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  test('where authorize rejects nothing is kept', async () => {
    const refused = new Error('refused');
    await expect(open({ authorize: () => Promise.reject(refused) })).rejects.toBe(refused);
    expect(tails.size).toBe(0);
  });

  test('where the cursor is not honoured nothing is kept', async () => {
    await expect(open({ after: cursor(3) })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await expect(open({ after: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(tails.size).toBe(0);
  });
});
