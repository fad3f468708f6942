import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeldBack } from './held-back.ts';

let told: string[];
let held: HeldBack;
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  held = new HeldBack((sentence) => told.push(sentence));
});
afterEach(() => vi.useRealTimers());

test('what nothing contradicts is told after a moment, once', () => {
  held.hold('it is so');
  expect(told).toEqual([]);
  vi.runAllTimers();
  held.confirm();
  expect(told).toEqual(['it is so']);
});

test('what is confirmed is told at once, once', () => {
  held.hold('it is so');
  held.confirm();
  held.confirm();
  vi.runAllTimers();
  expect(told).toEqual(['it is so']);
});

test('what is contradicted is not told', () => {
  held.hold('it is so');
  held.drop();
  held.confirm();
  vi.runAllTimers();
  expect(told).toEqual([]);
});
