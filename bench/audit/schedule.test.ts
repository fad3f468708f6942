import { expect, test } from 'vitest';
import { createSchedule, faultKinds, type ScheduledFault } from './schedule.ts';

const begin = (seed: number, count: number): ScheduledFault[] => {
  const schedule = createSchedule(seed);
  return Array.from({ length: count }, () => schedule.next().value);
};

test('the same seed gives the same schedule, another one another', () => {
  expect(begin(7, 100)).toEqual(begin(7, 100));
  expect(begin(7, 100)).not.toEqual(begin(8, 100));
});

test('every kind comes once, one after the other, before any comes again', () => {
  const first = begin(7, faultKinds.length);
  expect(first.map(({ kind }) => kind).sort()).toEqual([...faultKinds].sort());
  expect(first.some(({ overlaps }) => overlaps)).toBe(false);
  expect(begin(7, 100).some(({ overlaps }) => overlaps)).toBe(true);
});
