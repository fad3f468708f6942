import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeLog, fakeTopic } from '../../test/support/fake-log.ts';
import { CatchUp, type Page } from './catch-up.ts';
import type { Position } from './cursor.ts';

let log: FakeLog;
let catchUp: CatchUp;
beforeEach(() => {
  log = new FakeLog();
  catchUp = new CatchUp(log);
});

const at = (number: number): Position => ({ number, eventId: number === 0 ? '' : `event-${number}` });
const read = (number: number): Promise<Page> => catchUp.readOn(fakeTopic, at(number));
const numbers = (page: Page): number[] | null => page?.map(({ number }) => number) ?? null;
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('pages', () => {
  test('10,000 that ask at once share two reads, wherever in the page they stand', async () => {
    log.fill(150);
    const pages = await Promise.all(range(0, 9_999).map((index) => read(index % 150)));
    for (const [index, page] of pages.entries()) expect(page?.at(0)?.number).toBe((index % 150) + 1);
    expect(log.reads).toEqual([0, 0]);
  });

  test('whoever asks while one is read is not given it, but shares the next', async () => {
    log.fill(1);
    const answer = log.hold();
    const first = read(0);
    const later = [read(0), read(0)];
    log.fill(2);
    answer();
    expect(numbers(await first)).toEqual([1]);
    for (const page of later) expect(numbers(await page)).toEqual([1, 2]);
    expect(log.reads).toEqual([0, 0]);
  });

  test('whoever stands beyond the page is read for next, in the order of asking', async () => {
    log.fill(700);
    const pages = await Promise.all([500, 10, 0, 200, 550].map(read));
    expect(pages.map((page) => page?.at(0)?.number)).toEqual([501, 11, 1, 201, 551]);
    expect(pages.map((page) => page?.at(-1)?.number)).toEqual([700, 200, 200, 400, 700]);
    expect(log.reads).toEqual([500, 0, 200, 550]);
  });

  test('whoever is not reached because entries are large is read for alone', async () => {
    log.fill(150);
    log.pageSize = 20;
    const pages = await Promise.all([0, 149, 100].map(read));
    expect(pages.map((page) => page?.at(0)?.number)).toEqual([1, 150, 101]);
    expect(log.reads).toEqual([0, 100, 149]);
  });

  test('at the end of the log there is nothing', async () => {
    log.fill(3);
    expect(numbers(await read(3))).toEqual([]);
  });

  test('a position that the log does not continue is told so; those that share its read are served', async () => {
    log.fill(9);
    const warmUp = read(0);
    const lost = catchUp.readOn(fakeTopic, { number: 4, eventId: 'other' });
    const before = catchUp.readOn(fakeTopic, { number: 2, eventId: 'other' });
    const [good, inside] = [read(4), read(6)];
    await warmUp;
    expect(await lost).toBeNull();
    expect(await before).toBeNull();
    expect(numbers(await good)).toEqual(range(5, 9));
    expect(numbers(await inside)).toEqual(range(7, 9));
  });

  test('a read that fails is told to those that waited for it; the next ones are read for', async () => {
    log.fill(2);
    log.failure = new Error('away');
    await expect(Promise.all([read(0), read(1)])).rejects.toThrow('away');
    log.failure = null;
    expect(numbers(await read(1))).toEqual([2]);
  });
});

describe('events', () => {
  test('are looked up together', async () => {
    log.fill(50);
    const found = await Promise.all(range(1, 60).map((number) => catchUp.eventAt(fakeTopic, number)));
    expect(found).toEqual(range(1, 60).map((number) => (number <= 50 ? `event-${number}` : null)));
    expect(log.eventReads).toBe(2);
  });
});

test('four reads are under way at most, in the order in which the streams asked', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  vi.spyOn(log, 'readOn').mockImplementation(async (topic) => {
    asked.push(topic);
    await new Promise<void>((resolve) => answers.push(resolve));
    return [];
  });
  const topics = range(1, 10).map((index) => `acme/order/${index}`);
  const pages = topics.map((topic) => catchUp.readOn(topic, at(0)));
  expect(asked).toEqual(topics.slice(0, 4));
  for (let count = 1; count <= topics.length; count += 1) {
    answers.shift()?.();
    await vi.waitFor(() => expect(asked).toEqual(topics.slice(0, Math.min(count + 4, 10))), { interval: 1 });
  }
  await Promise.all(pages);
});
