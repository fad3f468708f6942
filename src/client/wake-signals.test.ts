import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pageSignals } from './wake-signals.ts';

let told: string[];
let page: EventTarget;
let document: EventTarget & { visibilityState: string };
let stop: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  page = new EventTarget();
  document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', document);
  stop = pageSignals({ woken: () => told.push('woken'), offline: () => told.push('offline') });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

it('a network that is there again or gone is told, and a page that comes back from the history', () => {
  for (const name of ['online', 'offline', 'pageshow']) page.dispatchEvent(new Event(name));
  expect(told).toEqual(['woken', 'offline', 'woken']);
});

it('a page that is shown again is told, one that is hidden is not', () => {
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toEqual([]);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toEqual(['woken']);
});

it('a machine that has slept is noticed by its clock, one that is awake is not', () => {
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
  // Asleep no timer runs, and the clock has gone on.
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(5_000);
  expect(told).toEqual(['woken']);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(1);
});

it('stopped, it tells nothing more', () => {
  stop();
  page.dispatchEvent(new Event('online'));
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});
