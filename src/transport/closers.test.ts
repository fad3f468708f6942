import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Closers } from './closers.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const hanging = () => new Promise<void>(() => undefined);

function setUp() {
  const lines: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const closed: string[] = [];
  const closers = new Closers(logger);
  const add = (what: string) => closers.push(async () => void closed.push(what), what);
  return { closers, closed, add, lines };
}

test('what was opened last is closed first, whatever becomes of it, and only once', async () => {
  const { closers, closed, add, lines } = setUp();
  add('store');
  closers.push(() => Promise.reject(new Error('It is stuck.')), 'engine');
  add('HTTP');
  await closers.close();
  expect(closed).toEqual(['HTTP', 'store']);
  expect(lines.join()).toMatch(/"what":"engine"/);
  await closers.close();
  expect(await closers.closeWithin(1_000)).toEqual([]);
  expect(closed).toEqual(['HTTP', 'store']);
});

test('what hangs keeps nothing else from being closed, and is named when the time is over', async () => {
  const { closers, closed, add } = setUp();
  add('store');
  closers.push(hanging, 'retention');
  add('engine');
  closers.push(hanging, 'modules');
  add('HTTP');
  let unfinished: readonly string[] | undefined;
  void closers.closeWithin(9_000).then((names) => (unfinished = names));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(closed).toEqual(['HTTP', 'engine']);
  await vi.advanceTimersByTimeAsync(5_999);
  expect(closed).toEqual(['HTTP', 'engine', 'store']);
  expect(unfinished).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(unfinished).toEqual(['modules', 'retention']);
});

test('what ends late, but in time, is not named', async () => {
  const { closers } = setUp();
  closers.push(() => new Promise<void>((resolve) => void setTimeout(resolve, 8_000)), 'store');
  const unfinished = closers.closeWithin(9_000);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await unfinished).toEqual([]);
});
