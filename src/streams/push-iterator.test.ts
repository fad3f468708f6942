import { expect, test } from 'vitest';
import { ConflatingQueue } from './conflating-queue.ts';
import { PushIterator } from './push-iterator.ts';

class Numbers extends PushIterator<number> {
  readonly queue: number[] = [];
  released = 0;
  starved = 0;

  push(...values: number[]): void {
    this.queue.push(...values);
    this.wake();
  }

  protected take(): number | undefined {
    return this.queue.shift();
  }

  protected release(): void {
    this.released += 1;
  }

  protected override onStarved(): void {
    this.starved += 1;
  }
}

const value = (value: number) => ({ done: false, value });
const done = { done: true, value: undefined };
const gone = new Error('gone');

test('values are delivered in order, whether they come before or after somebody waits', async () => {
  const numbers = new Numbers();
  numbers.push(1);
  const asked = [numbers.next(), numbers.next(), numbers.next()];
  numbers.push(2, 3, 4);
  expect(await Promise.all(asked)).toEqual([value(1), value(2), value(3)]);
  expect(await numbers.next()).toEqual(value(4));
});

test('return settles at once while next waits, and everything asked before or after is done', async () => {
  const numbers = new Numbers();
  const waiting = [numbers.next(), numbers.next()];
  expect(await numbers.return()).toEqual(done);
  expect(await Promise.all(waiting)).toEqual([done, done]);
  numbers.push(1);
  expect(await numbers.next()).toEqual(done);
  expect(await numbers.return()).toEqual(done);
  expect(numbers.released).toBe(1);
});

test('return drops what is queued, and an error that waits behind it', async () => {
  const numbers = new Numbers();
  numbers.push(1);
  numbers.fail(gone, 'after-queue');
  await numbers.return();
  expect(await numbers.next()).toEqual(done);
});

test('return drops an error that was to come at once and has not been told', async () => {
  const numbers = new Numbers();
  numbers.fail(gone, 'at-once');
  await numbers.return();
  expect(await numbers.next()).toEqual(done);
});

test('an error after the queue is told once, behind everything queued', async () => {
  const numbers = new Numbers();
  numbers.push(1, 2);
  numbers.fail(gone, 'after-queue');
  expect(numbers.closed).toBe(true);
  expect(numbers.released).toBe(1);
  expect(await numbers.next()).toEqual(value(1));
  expect(await numbers.next()).toEqual(value(2));
  await expect(numbers.next()).rejects.toBe(gone);
  expect(await numbers.next()).toEqual(done);
  expect(numbers.released).toBe(1);
});

test('an error at once overtakes the queue and the error behind it', async () => {
  const numbers = new Numbers();
  numbers.push(1);
  numbers.fail(gone, 'after-queue');
  const sooner = new Error('sooner');
  numbers.fail(sooner, 'at-once');
  await expect(numbers.next()).rejects.toBe(sooner);
  expect(await numbers.next()).toEqual(done);
  expect(numbers.released).toBe(1);
});

test('of several that wait, one is told the error and the others that it is over', async () => {
  const numbers = new Numbers();
  const waiting = [numbers.next(), numbers.next()];
  numbers.fail(gone, 'at-once');
  expect(await Promise.allSettled(waiting)).toEqual([
    { status: 'rejected', reason: gone },
    { status: 'fulfilled', value: done },
  ]);
});

test.each(['at-once', 'after-queue'] as const)('nothing is told after the end: %s', async (when) => {
  const returned = new Numbers();
  await returned.return();
  returned.fail(gone, when);
  expect(await returned.next()).toEqual(done);

  const failed = new Numbers();
  failed.fail(gone, when);
  failed.fail(new Error('second'), 'after-queue');
  await expect(failed.next()).rejects.toBe(gone);
  failed.fail(new Error('third'), when);
  expect(await failed.next()).toEqual(done);
  expect(failed.released).toBe(1);
});

test('whoever still waits after others were served starves too', async () => {
  const numbers = new Numbers();
  const asked = [numbers.next(), numbers.next()];
  const before = numbers.starved;
  numbers.push(1);
  expect(numbers.starved).toBeGreaterThan(before);
  numbers.push(2);
  expect(await Promise.all(asked)).toEqual([value(1), value(2)]);
});

test('for await ends with the loop and releases', async () => {
  const numbers = new Numbers();
  numbers.push(1, 2, 3);
  for await (const number of numbers) if (number === 2) break;
  expect(numbers.released).toBe(1);
  expect(numbers.queue).toEqual([3]);
});

test('a conflating queue holds the newest value of each key, in the order in which the keys came', async () => {
  let released = 0;
  const queue = new ConflatingQueue<string, { status: string }>(() => (released += 1));
  queue.push('alice', { status: 'online' });
  queue.push('bob', { status: 'online' });
  queue.push('alice', { status: 'away' });
  expect(await queue.next()).toEqual({ done: false, value: { status: 'away' } });
  queue.push('alice', { status: 'busy' });
  expect(await queue.next()).toEqual({ done: false, value: { status: 'online' } });
  expect(await queue.next()).toEqual({ done: false, value: { status: 'busy' } });
  const waiting = queue.next();
  await queue.return();
  queue.push('bob', { status: 'away' });
  expect(await waiting).toEqual(done);
  expect(await queue.next()).toEqual(done);
  expect(released).toBe(1);
});
