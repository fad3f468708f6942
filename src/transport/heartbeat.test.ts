import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

let heartbeat: Heartbeat;
beforeEach(() => {
  vi.useFakeTimers();
  heartbeat = new Heartbeat(15_000);
});
afterEach(() => {
  heartbeat.close();
  vi.useRealTimers();
});

const createBeating = (answers: boolean) => ({
  pings: 0,
  ended: 0,
  isAlive: true,
  ping() {
    this.pings += 1;
    this.isAlive = answers;
  },
  end() {
    this.ended += 1;
  },
});

test('whoever answers is asked once in each round', () => {
  const beatings = Array.from({ length: 20 }, () => createBeating(true));
  for (const beating of beatings) heartbeat.add(beating);
  vi.advanceTimersByTime(15_000);
  expect(beatings.map(({ pings }) => pings)).toEqual(beatings.map(() => 1));
  vi.advanceTimersByTime(30_000);
  expect(beatings.map(({ pings, ended }) => [pings, ended])).toEqual(beatings.map(() => [3, 0]));
});

test('whoever does not answer is ended within two rounds', () => {
  const silent = createBeating(false);
  heartbeat.add(silent);
  vi.advanceTimersByTime(30_000);
  expect(silent).toMatchObject({ pings: 1, ended: 1 });
});

test('not all are asked at once', () => {
  const beatings = Array.from({ length: 150 }, () => createBeating(true));
  for (const beating of beatings) heartbeat.add(beating);
  vi.advanceTimersByTime(1_000);
  expect(beatings.filter(({ pings }) => pings > 0)).toHaveLength(10);
});

test('whoever has left is not asked', () => {
  const beating = createBeating(true);
  heartbeat.add(beating);
  heartbeat.remove(beating);
  vi.advanceTimersByTime(60_000);
  expect(beating.pings).toBe(0);
});
