import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendOff } from './send-off.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(count: number) {
  const told: { readonly guest: number; readonly at: number }[] = [];
  const startedAt = performance.now();
  const guests = Array.from({ length: count }, (_, guest) => ({
    sendOff: () => void told.push({ guest, at: performance.now() - startedAt }),
  }));
  return { guests, told };
}

test('everybody is told once, spread over the time, in an order that nobody could foretell', async () => {
  const { guests, told } = setUp(100);
  const done = sendOff({ guests, overMs: 10_000, random: Math.random });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told.length).toBeGreaterThanOrEqual(49);
  expect(told.length).toBeLessThanOrEqual(51);
  await vi.advanceTimersByTimeAsync(5_000);
  await done;
  expect(told.map(({ guest }) => guest).sort((one, other) => one - other)).toEqual(
    guests.map((_, guest) => guest),
  );
  expect(told.map(({ guest }) => guest)).not.toEqual(guests.map((_, guest) => guest));
  // A tenth of them in each tenth of the time.
  for (const tenth of [0, 1_000, 4_000, 9_000]) {
    const within = told.filter(({ at }) => at >= tenth && at < tenth + 1_000);
    expect(within.length).toBeGreaterThanOrEqual(9);
    expect(within.length).toBeLessThanOrEqual(11);
  }
});

test('where there are more than milliseconds they leave together, and in time', async () => {
  const { guests, told } = setUp(10_000);
  const done = sendOff({ guests, overMs: 100, random: Math.random });
  await vi.advanceTimersByTimeAsync(101);
  await done;
  expect(told).toHaveLength(10_000);
});

test('where nobody is, nothing is waited for', async () => {
  await sendOff({ guests: [], overMs: 10_000, random: Math.random });
});
