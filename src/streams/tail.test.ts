import { pino } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeLog, fakeEntry, fakeTopic } from '../../test/support/fake-log.ts';
import { TidingsError } from '../errors.ts';
import { StreamFigures } from './stream-figures.ts';
import { Tail } from './tail.ts';

let log: FakeLog;
let lost: number;
let figures: StreamFigures;
beforeEach(() => {
  log = new FakeLog();
  lost = 0;
  figures = new StreamFigures();
});

const createTail = (): Tail =>
  new Tail({
    topic: fakeTopic,
    log,
    logger: pino({ level: 'silent' }),
    figures,
    onLost: () => (lost += 1),
  });

function createListener() {
  const numbers: number[] = [];
  const errors: TidingsError[] = [];
  return {
    numbers,
    errors,
    onEntry: ({ number }: { number: number }) => void numbers.push(number),
    onEnded: (error: TidingsError) => void errors.push(error),
  };
}

/** A tail that follows from the head, `last`, with one listener. */
async function openTail(last: number) {
  log.fill(last);
  const tail = createTail();
  await tail.open();
  const listener = createListener();
  tail.add(listener);
  return { tail, listener };
}

const until = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { interval: 1 });
const expired = expect.objectContaining({ code: 'CURSOR_EXPIRED' }) as unknown;
const position = (number: number) => ({ number, eventId: number === 0 ? '' : `event-${number}` });

describe('hearing', () => {
  test('in order passes on without asking the log, and a repeat is dropped', async () => {
    const { tail, listener } = await openTail(7);
    for (const number of [7, 8, 8, 9, 3, 10]) tail.hear(fakeEntry(number));
    expect(listener.numbers).toEqual([8, 9, 10]);
    expect(log.reads).toEqual([]);
    expect(tail.position).toEqual(position(10));
  });

  test('9 after 7 reads 8 first, and is not passed on twice', async () => {
    const { tail, listener } = await openTail(7);
    log.fill(9);
    tail.hear(fakeEntry(9));
    expect(listener.numbers).toEqual([]);
    await until(() => expect(listener.numbers).toEqual([8, 9]));
    tail.hear(fakeEntry(8));
    tail.hear(fakeEntry(10));
    expect(listener.numbers).toEqual([8, 9, 10]);
  });

  test('a gap is counted once however often reading it fails, and so is its healing', async () => {
    const { tail } = await openTail(7);
    log.fill(9);
    log.failure = new Error('away');
    tail.hear(fakeEntry(9));
    await tail.heal();
    await tail.heal();
    expect(figures).toMatchObject({ gaps: 1, heals: 0, behind: 1 });
    log.failure = null;
    await tail.heal();
    expect(figures).toMatchObject({ gaps: 1, heals: 1, behind: 0 });
    tail.hear(fakeEntry(10));
    await tail.heal();
    expect(figures).toMatchObject({ gaps: 1, heals: 1, behind: 0 });
  });

  test('a tail that ends with a gap is behind no more, and healed nothing', async () => {
    const { tail } = await openTail(7);
    log.failure = new Error('away');
    tail.hear(fakeEntry(9));
    await tail.heal();
    tail.end(new TidingsError('UNAVAILABLE', 'This server is closing.'));
    expect(figures).toMatchObject({ gaps: 1, heals: 0, behind: 0 });
  });

  test('one gap is read once however much is heard meanwhile, and what was heard behind it is read too', async () => {
    const { tail, listener } = await openTail(0);
    log.fill(9);
    const answer = log.hold();
    for (const number of [3, 9, 5]) tail.hear(fakeEntry(number));
    log.fill(12);
    tail.hear(fakeEntry(12));
    expect(log.reads).toEqual([0]);
    answer();
    await until(() => expect(listener.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
    expect(log.reads).toEqual([0, 9]);
  });

  test('what is heard in order while a gap is read is neither lost nor repeated', async () => {
    const { tail, listener } = await openTail(0);
    log.fill(3);
    const answer = log.hold();
    tail.hear(fakeEntry(3));
    tail.hear(fakeEntry(1));
    tail.hear(fakeEntry(2));
    expect(listener.numbers).toEqual([1, 2]);
    answer();
    await until(() => expect(listener.numbers).toEqual([1, 2, 3]));
  });

  test('a gap longer than a page is read page by page', async () => {
    const { tail, listener } = await openTail(0);
    log.fill(25);
    log.pageSize = 10;
    tail.hear(fakeEntry(25));
    await until(() => expect(listener.numbers).toHaveLength(25));
    expect(log.reads).toEqual([0, 10, 20]);
  });

  test('while the log cannot be read the tail waits; the next entry brings everything', async () => {
    const { tail, listener } = await openTail(0);
    log.fill(2);
    log.failure = new Error('away');
    tail.hear(fakeEntry(2));
    await tail.heal();
    await until(() => expect(log.reads).toEqual([0]));
    log.failure = null;
    log.fill(3);
    // The first reading may still be ending.
    await until(() => {
      tail.hear(fakeEntry(3));
      expect(listener.numbers).toEqual([1, 2, 3]);
    });
  });

  test('while the log cannot be read the tail waits; the next comparison brings everything', async () => {
    const { tail, listener } = await openTail(0);
    log.fill(2);
    log.failure = new Error('away');
    tail.hear(fakeEntry(2));
    await until(() => expect(log.reads).toEqual([0]));
    log.failure = null;
    await until(() => {
      tail.compare(position(2), tail.position);
      expect(listener.numbers).toEqual([1, 2]);
    });
  });

  test('what no log holds is forgotten: the tail neither spins nor waits for it', async () => {
    const { tail, listener } = await openTail(7);
    tail.hear(fakeEntry(9));
    await until(() => expect(log.headReads).toBe(2));
    log.fill(8);
    tail.hear(fakeEntry(8));
    await until(() => expect(listener.numbers).toEqual([8]));
    expect(log.reads).toEqual([7]);
    expect(listener.errors).toEqual([]);
  });

  test('what is committed between an empty page and the head read after it is no sign of retention', async () => {
    const { tail, listener } = await openTail(7);
    const answerPage = log.hold();
    tail.hear(fakeEntry(9));
    log.fill(8);
    answerPage();
    await until(() => expect(listener.numbers).toEqual([8]));
    expect(listener.errors).toEqual([]);
  });
});

describe('opening', () => {
  test('what is heard before the head is known is read once it follows, though nobody listens yet', async () => {
    log.fill(7);
    const tail = createTail();
    const answer = log.hold();
    const opened = tail.open();
    log.fill(9);
    tail.hear(fakeEntry(9));
    answer();
    await opened;
    const listener = createListener();
    tail.add(listener);
    await until(() => expect(tail.position).toEqual(position(9)));
    expect(listener.numbers).toEqual([8, 9]);
  });

  test('a head compared before its own is known counts', async () => {
    log.fill(7);
    const tail = createTail();
    const answer = log.hold();
    const opened = tail.open();
    log.fill(8);
    tail.compare(position(8), position(0));
    answer();
    await opened;
    await until(() => expect(tail.position).toEqual(position(8)));
  });

  test('a tail that has ended meanwhile stays ended', async () => {
    const tail = createTail();
    const answer = log.hold();
    const opened = tail.open();
    tail.end(new Error('closing') as TidingsError);
    answer();
    await opened;
    log.fill(1);
    tail.hear(fakeEntry(1));
    expect(tail.position).toEqual(position(0));
  });
});

describe('comparing', () => {
  test('a head ahead reads the log', async () => {
    const { tail, listener } = await openTail(1);
    log.fill(3);
    tail.compare(position(3), tail.position);
    await until(() => expect(listener.numbers).toEqual([2, 3]));
  });

  test('a head that the tail has passed meanwhile says nothing', async () => {
    const { tail, listener } = await openTail(1);
    const before = tail.position;
    tail.hear(fakeEntry(2));
    tail.hear(fakeEntry(3));
    tail.compare(position(2), before);
    expect(log.reads).toEqual([]);
    expect(listener.errors).toEqual([]);
  });

  test.each([
    ['a head behind', position(5)],
    ['a stream that is gone', position(0)],
    ['another event at the same number', { number: 7, eventId: 'other' }],
  ])('%s ends everybody with CURSOR_EXPIRED, once', async (_name, head) => {
    const { tail, listener } = await openTail(7);
    const other = createListener();
    tail.add(other);
    tail.compare(head, tail.position);
    tail.compare(head, tail.position);
    tail.hear(fakeEntry(8));
    expect([listener.errors, other.errors, listener.numbers]).toEqual([[expired], [expired], []]);
    expect(lost).toBe(1);
  });
});

describe('what can not be continued ends with CURSOR_EXPIRED', () => {
  test('the log holds another event where the tail stands', async () => {
    const { tail, listener } = await openTail(7);
    log.entries = log.entries.slice(0, 6);
    log.entries.push(fakeEntry(7, { eventId: 'other' }));
    log.fill(9);
    tail.hear(fakeEntry(9));
    await until(() => expect(listener.errors).toEqual([expired]));
    expect(listener.numbers).toEqual([]);
  });

  test('another event is heard with the number of the last one', async () => {
    const { tail, listener } = await openTail(7);
    tail.hear(fakeEntry(6, { eventId: 'other' }));
    expect(listener.errors).toEqual([]);
    tail.hear(fakeEntry(7, { eventId: 'other' }));
    expect(listener.errors).toEqual([expired]);
  });

  test('the next number is heard, written after another event than the last one', async () => {
    const { tail, listener } = await openTail(7);
    tail.hear(fakeEntry(8, { previousEventId: 'other' }));
    expect(listener.errors).toEqual([expired]);
    expect(listener.numbers).toEqual([]);
  });

  test('retention has removed a part of the gap', async () => {
    const { tail, listener } = await openTail(1);
    log.fill(5);
    log.entries = log.entries.filter(({ number }) => number > 3);
    tail.hear(fakeEntry(5));
    await until(() => expect(listener.errors).toEqual([expired]));
  });

  test('retention has removed all of the gap', async () => {
    const { tail, listener } = await openTail(1);
    log.fill(5);
    vi.spyOn(log, 'readOn').mockResolvedValue([]);
    tail.hear(fakeEntry(5));
    await until(() => expect(listener.errors).toEqual([expired]));
  });

  test('whoever comes to a tail that has ended is told at once', async () => {
    const { tail } = await openTail(7);
    tail.compare(position(5), tail.position);
    const late = createListener();
    tail.add(late);
    expect(late.errors).toEqual([expired]);
  });
});

test('a listener that leaves while it is told does not keep the others from hearing', async () => {
  const { tail, listener } = await openTail(0);
  const leaving = { ...createListener(), onEntry: () => tail.remove(leaving) };
  const last = createListener();
  tail.add(leaving);
  tail.add(last);
  tail.hear(fakeEntry(1));
  tail.hear(fakeEntry(2));
  expect([listener.numbers, last.numbers]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('no more is read once the tail has ended', async () => {
  const { tail, listener } = await openTail(0);
  log.fill(20);
  log.pageSize = 5;
  const answer = log.hold();
  tail.hear(fakeEntry(20));
  tail.end(new Error('closing') as TidingsError);
  answer();
  await tail.heal();
  expect(listener.numbers).toEqual([]);
  expect(log.reads).toEqual([0]);
});
