import { expect, test } from 'vitest';
import { LeaseWatch } from './lease-watch.ts';

const deadAfterMs = 6_000;

/** Looks every 500 ms from `fromMs` to `toMs` and answers who was dead at the last look. */
function lookOften(
  watch: LeaseWatch,
  leases: Record<string, string>,
  fromMs: number,
  toMs: number,
): string[] {
  let dead: string[] = [];
  for (let now = fromMs; now <= toMs; now += 500) dead = watch.look(leases, now).map(({ lease }) => lease);
  return dead;
}

test('a counter that stands still for the whole time is dead, and not a moment earlier', () => {
  const watch = new LeaseWatch(deadAfterMs);
  expect(lookOften(watch, { a: '7' }, 0, 5_500)).toEqual([]);
  expect(watch.look({ a: '7' }, 6_000)).toEqual([{ lease: 'a', counter: '7' }]);
});

test('a counter that moved begins its time anew', () => {
  const watch = new LeaseWatch(deadAfterMs);
  lookOften(watch, { a: '7', b: '1' }, 0, 5_500);
  expect(lookOften(watch, { a: '8', b: '1' }, 6_000, 11_500)).toEqual(['b']);
  expect(lookOften(watch, { a: '8' }, 12_000, 12_000)).toEqual(['a']);
});

test('an observer that could not look declares nobody dead for the whole time afterwards', () => {
  const watch = new LeaseWatch(deadAfterMs);
  lookOften(watch, { a: '7' }, 0, 5_000);
  expect(lookOften(watch, { a: '7' }, 9_000, 14_500)).toEqual([]);
  expect(lookOften(watch, { a: '7' }, 15_000, 15_000)).toEqual(['a']);
});

test('a lost connection forgets everything, however short it was', () => {
  const watch = new LeaseWatch(deadAfterMs);
  lookOften(watch, { a: '7' }, 0, 5_500);
  watch.forget();
  expect(lookOften(watch, { a: '7' }, 6_000, 11_500)).toEqual([]);
});

test('a lease that went and came back with its old counter is a new one', () => {
  const watch = new LeaseWatch(deadAfterMs);
  lookOften(watch, { a: '7' }, 0, 5_000);
  watch.look({}, 5_500);
  expect(lookOften(watch, { a: '7' }, 6_000, 11_500)).toEqual([]);
});
