import { beforeEach, expect, test, vi } from 'vitest';
import { Backlog } from './backlog.ts';

let backlog: Backlog;
beforeEach(() => {
  backlog = new Backlog(100);
});
const microtasks = () => new Promise<void>((resolve) => void setImmediate(resolve));
const nobody = () => undefined;

test('a few read at a time, and whoever ends wakes the next, in their order', async () => {
  for (let reader = 0; reader < 4; reader += 1) expect(backlog.beginReading(nobody)).toBe(true);
  const woken: string[] = [];
  expect(backlog.beginReading(() => woken.push('a'))).toBe(false);
  expect(backlog.beginReading(() => woken.push('b'))).toBe(false);
  backlog.endReading();
  await microtasks();
  expect(woken).toEqual(['a']);
  backlog.endReading();
  await microtasks();
  expect(woken).toEqual(['a', 'b']);
});

test('nobody reads while as much is waiting as may be, and then one after the other', async () => {
  backlog.add(150);
  const woken: string[] = [];
  for (const name of ['a', 'b']) expect(backlog.beginReading(() => woken.push(name))).toBe(false);
  backlog.remove(40);
  await microtasks();
  expect(woken).toEqual([]);
  backlog.remove(40);
  await microtasks();
  expect(woken).toEqual(['a']);
  expect(backlog.beginReading(nobody)).toBe(true);
  backlog.endReading();
  await microtasks();
  expect(woken).toEqual(['a', 'b']);
});

test('whoever has gone lets the next one read', async () => {
  backlog.add(150);
  const [gone, next] = [vi.fn<() => void>(), vi.fn<() => void>()];
  backlog.beginReading(gone);
  backlog.beginReading(next);
  backlog.remove(150);
  await microtasks();
  expect(gone).toHaveBeenCalledOnce();
  expect(next).not.toHaveBeenCalled();
  backlog.forget(gone);
  await microtasks();
  expect(next).toHaveBeenCalledOnce();
});
