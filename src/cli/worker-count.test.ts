import { expect, test } from 'vitest';
import { parseWorkerCount } from './worker-count.ts';
import { toRestartWaitMs } from './workers.ts';

test('auto is one for each core, a number is a number', () => {
  expect(parseWorkerCount('auto', 8)).toBe(8);
  expect(parseWorkerCount('1', 8)).toBe(1);
  expect(parseWorkerCount('16', 8)).toBe(16);
});

test.each(['', '0', '-1', '1.5', 'two', '257', '1e2', ' 4'])(
  '%o is no number of workers, and told',
  (text) => {
    expect(parseWorkerCount(text, 8)).toBe(
      `--workers is "${text}", but it must be auto, for one on each core, or a whole number from 1 to 256.`,
    );
  },
);

test('a worker that dies is replaced soon, and ever later while it goes on dying', () => {
  expect([1, 2, 3].map(toRestartWaitMs)).toEqual([200, 400, 800]);
  expect(toRestartWaitMs(1_000)).toBe(30_000);
});
