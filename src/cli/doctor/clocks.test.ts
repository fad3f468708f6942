import { expect, test } from 'vitest';
import { compareClock, judgeClocks, medianLatency } from './clocks.ts';

test('the quickest answer tells how far a clock is ahead, within half of its round trip', () => {
  const readings = [
    { askedAt: 1_000, answeredAt: 1_400, told: 9_999 },
    { askedAt: 2_000, answeredAt: 2_010, told: 5_005 },
  ];
  expect(compareClock(readings)).toEqual({ aheadMs: 3_000, uncertainMs: 5 });
  expect(compareClock([])).toBeNull();
});

test('the latency is the median of the round trips', () => {
  const readings = [30, 1, 2].map((ms) => ({ askedAt: 0, answeredAt: ms, told: 0 }));
  expect(medianLatency(readings)).toBe(2);
  expect(medianLatency([])).toBe(0);
});

test('clocks that are together are told in one line', () => {
  const clocks = [
    { name: 'the database', aheadMs: 400, uncertainMs: 1 },
    { name: 'Redis', aheadMs: -400, uncertainMs: 1 },
  ];
  expect(judgeClocks(clocks)).toEqual([
    expect.objectContaining({
      verdict: 'fine',
      what: 'this machine, the database, Redis: less than a second apart',
    }),
  ]);
  expect(judgeClocks([])).toEqual([]);
});

test('those that are apart are named in pairs, also where neither is this machine’s', () => {
  const found = judgeClocks([
    { name: 'the database', aheadMs: 700, uncertainMs: 1 },
    { name: 'Redis', aheadMs: -6_000, uncertainMs: 1 },
  ]);
  expect(found.map(({ verdict, what }) => [verdict, what])).toEqual([
    ['broken', expect.stringContaining('this machine is ahead of Redis by 6.0 s')],
    ['broken', expect.stringContaining('the database is ahead of Redis by 6.7 s')],
  ]);
});

test('a difference that the round trip may explain is none', () => {
  expect(judgeClocks([{ name: 'Redis', aheadMs: 3_000, uncertainMs: 2_500 }])).toMatchObject([
    { verdict: 'fine' },
  ]);
  expect(judgeClocks([{ name: 'Redis', aheadMs: 3_000, uncertainMs: 1_500 }])).toMatchObject([
    { verdict: 'notice' },
  ]);
});
