import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Closers } from './closers.ts';
import { drain, toDrainPlan, type DrainOptions } from './drain.ts';
import { Readiness } from './readiness.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const logger = pino({ level: 'silent' });
const hanging = () => new Promise<void>(() => undefined);

/** A drain of 25 s, and what has happened by when. */
function setUp(options: Partial<DrainOptions> = {}) {
  const happened: string[] = [];
  const startedAt = performance.now();
  const note = (what: string) =>
    void happened.push(`${what} at ${Math.round((performance.now() - startedAt) / 100) / 10}`);
  const closers = new Closers(logger);
  closers.push(async () => note('closed'), 'HTTP');
  const readiness = new Readiness();
  const ended = drain({
    drainMs: 25_000,
    hasOthers: true,
    readiness,
    logger,
    onBegin: () => undefined,
    guests: () => [{ sendOff: () => note('sent off') }],
    answered: async () => note('answered'),
    lingered: async () => note('lingered'),
    closers,
    ...options,
  }).then((unfinished) => {
    note(`ended without [${unfinished.join()}]`);
  });
  return { happened, closers, readiness, ended };
}

test('balancers have a fifth of the time to notice; then it takes as long as it takes', async () => {
  const { happened, readiness, ended } = setUp();
  expect(readiness.isDraining).toBe(true);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(happened).toEqual([]);
  await vi.advanceTimersByTimeAsync(25_000);
  await ended;
  expect(happened).toEqual([
    'sent off at 5',
    'answered at 5',
    'lingered at 5',
    'closed at 5',
    'ended without [] at 5',
  ]);
});

test('a node that is alone gives no notice: nobody else could be found', async () => {
  const { happened, ended } = setUp({ hasOthers: false });
  await vi.advanceTimersByTimeAsync(100);
  await ended;
  expect(happened).toContain('closed at 0');
});

test('few leave at once, many within three fifths of the time', () => {
  expect(toDrainPlan(25_000, 10, true)).toEqual({ noticeMs: 5_000, sendOffMs: 50, answeredByMs: 22_500 });
  expect(toDrainPlan(25_000, 2_000, true).sendOffMs).toBe(10_000);
  expect(toDrainPlan(25_000, 100_000, true).sendOffMs).toBe(15_000);
});

test('what is not answered in time is cut off, and graces are not waited for then', async () => {
  const { happened, ended } = setUp({ answered: hanging });
  await vi.advanceTimersByTimeAsync(25_000);
  await ended;
  expect(happened).toEqual(['sent off at 5', 'closed at 22.5', 'ended without [] at 22.5']);
});

test('whatever hangs, it ends in time', async () => {
  const { happened, closers, ended } = setUp({ lingered: hanging });
  closers.push(hanging, 'modules');
  await vi.advanceTimersByTimeAsync(25_000);
  await ended;
  expect(happened.at(-1)).toBe('ended without [modules] at 24.8');
});

test('what could not be answered, or waited for, ends nothing before its time', async () => {
  const broken = () => Promise.reject(new Error('It broke.'));
  const { happened, ended } = setUp({ answered: broken, lingered: broken });
  await vi.advanceTimersByTimeAsync(25_000);
  await ended;
  expect(happened.at(-1)).toBe('ended without [] at 5');
});
