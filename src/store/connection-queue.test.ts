import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConnectionQueue, type Lane, type QueueGivenUp } from './connection-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const patienceMs = 5_000;

/** Everybody who takes tells so here: their name when it is their turn, and why where they are given up. */
function begin(options: { size?: number; maxWaiting?: number } = {}) {
  const queue = new ConnectionQueue({ size: 1, patienceMs, ...options });
  const told: string[] = [];
  const take = (name: string, lane: Lane = 'query') =>
    queue.take(lane).then(
      () => told.push(name),
      (error: unknown) => told.push(`${name}: ${(error as QueueGivenUp).reason}`),
    );
  return { queue, told, take };
}

/** Steps of a second, so that a timer that waits for a silence sees each answer in its own time. */
async function pass(seconds: number, eachSecond: () => void = () => undefined): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    eachSecond();
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

it('as many as there are connections begin at once, the others in their order', async () => {
  const { queue, told, take } = begin({ size: 2 });
  for (const name of ['one', 'two', 'three', 'four']) void take(name);
  await pass(0);
  await Promise.resolve();
  expect(told).toEqual(['one', 'two']);
  expect(queue.waiting).toBe(2);
  queue.give();
  queue.give();
  await pass(1);
  expect(queue.waiting).toBe(0);
  expect(told).toEqual(['one', 'two', 'three', 'four']);
});

it('transactions and queries take turns, however many wait in one lane', async () => {
  const { queue, told, take } = begin();
  void take('first');
  for (const name of ['a', 'b', 'c']) void take(name, 'query');
  for (const name of ['x', 'y']) void take(name, 'transaction');
  for (let turn = 0; turn < 5; turn += 1) queue.give();
  await pass(1);
  expect(told).toEqual(['first', 'x', 'a', 'y', 'b', 'c']);
});

it('whoever only looks comes before everybody, and takes nobody’s turn', async () => {
  const { queue, told, take } = begin();
  void take('first');
  for (const name of ['a', 'b']) void take(name, 'query');
  for (const name of ['x', 'y']) void take(name, 'transaction');
  void take('look', 'look');
  for (let turn = 0; turn < 5; turn += 1) queue.give();
  await pass(1);
  expect(told).toEqual(['first', 'look', 'x', 'a', 'y', 'b']);
});

it('whoever waits is not given up while anything is answered', async () => {
  const { queue, told, take } = begin();
  void take('first');
  void take('patient');
  await pass(60, () => queue.answered());
  expect(told).toEqual(['first']);
  queue.give();
  await pass(1);
  expect(told).toEqual(['first', 'patient']);
});

it('where nothing is answered, whoever has waited for so long is given up, and nobody else', async () => {
  const { told, take } = begin();
  void take('first');
  void take('patient');
  await pass(4);
  void take('late');
  await pass(3);
  expect(told).toEqual(['first', 'patient: silence']);
  await pass(4);
  expect(told).toEqual(['first', 'patient: silence', 'late: silence']);
});

it('whoever was given up has no turn any more', async () => {
  const { queue, told, take } = begin();
  void take('first');
  void take('gone');
  await pass(7);
  void take('next');
  queue.give();
  await pass(1);
  expect(told).toEqual(['first', 'gone: silence', 'next']);
});

it('a process that was busy for long judges by what it has not read yet', async () => {
  const { queue, told, take } = begin();
  void take('first');
  void take('patient');
  // One turn of the event loop that took twenty seconds: one tick, with the answers behind it.
  vi.setSystemTime(Date.now() + 20_000);
  await pass(1);
  queue.answered();
  await pass(4);
  expect(told).toEqual(['first']);
});

it('beyond its bound a lane takes nobody; the other one does', async () => {
  const { queue, told, take } = begin({ maxWaiting: 1 });
  void take('first');
  void take('second');
  void take('third');
  void take('other', 'transaction');
  queue.give();
  queue.give();
  await pass(1);
  expect(told.toSorted()).toEqual(['first', 'other', 'second', 'third: full']);
});

it('nothing is left behind when nobody waits', async () => {
  const { queue, take } = begin();
  void take('first');
  void take('second');
  expect(vi.getTimerCount()).toBe(1);
  queue.give();
  await pass(0);
  expect(vi.getTimerCount()).toBe(0);
});
