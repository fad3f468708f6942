import { afterEach, expect, it, vi } from 'vitest';
import { Renewal, toRenewalWaitMs } from './renewal.ts';
import { TokenSource } from './token-source.ts';

afterEach(() => vi.useRealTimers());

it.each([
  [3_600_000, 3_540_000],
  [240_000, 180_000],
  [60_000, 45_000],
  [4_000, 3_000],
  [0, 0],
  [-5_000, 0],
])('a token that lives %i ms more is renewed after %i ms', (remainingMs, waitMs) => {
  expect(toRenewalWaitMs(remainingMs)).toBe(waitMs);
});

it('tokens that live for less than a second are renewed at most once a second', async () => {
  vi.useFakeTimers();
  const encode = (value: object) => btoa(JSON.stringify(value));
  let made = 0;
  const tokens = new TokenSource(() => {
    made += 1;
    const exp = Math.floor(Date.now() / 1_000);
    return `${encode({})}.${encode({ iat: exp - 0.4, exp, made })}.`;
  });
  const sent: string[] = [];
  const renewal = new Renewal({
    tokens,
    token: await tokens.current(),
    send: async ({ variables }) => {
      sent.push(variables.token);
      return { data: {} };
    },
    now: Date.now,
    log: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(10_000);
  renewal.stop();
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.length).toBeLessThanOrEqual(10);
});
