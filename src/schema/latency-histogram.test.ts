import { expect, test } from 'vitest';
import { latencyBoundsMs, LatencyHistogram } from './latency-histogram.ts';

const countsOf = (histogram: LatencyHistogram) =>
  Object.fromEntries(
    histogram.counts.flatMap((count, index) =>
      count === 0 ? [] : [[latencyBoundsMs[index] ?? 'beyond', count]],
    ),
  );

test('a bound is within itself, and what is beyond all of them is counted', () => {
  const histogram = new LatencyHistogram();
  for (const ms of [0, 1, 1.01, 2, 10_000, 10_001]) histogram.add(ms);
  expect(countsOf(histogram)).toEqual({ 1: 2, 2: 2, 10000: 1, beyond: 1 });
  expect(histogram.sumMs).toBeCloseTo(20_005.01);
});

test('many that were alike are counted at once', () => {
  const histogram = new LatencyHistogram();
  histogram.add(30, 5_000);
  expect(countsOf(histogram)).toEqual({ 50: 5_000 });
  expect(histogram.sumMs).toBe(150_000);
});

test('what a clock that is ahead has told took no time', () => {
  const histogram = new LatencyHistogram();
  histogram.add(-7);
  expect(countsOf(histogram)).toEqual({ 1: 1 });
  expect(histogram.sumMs).toBe(0);
});
