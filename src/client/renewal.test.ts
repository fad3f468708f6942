import { afterEach, expect, it, vi } from 'vitest';
import { Renewal, toRenewalWaitMs } from './renewal.ts';
import type { OperationResult } from './socket-session.ts';
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

const encode = (value: object) => btoa(JSON.stringify(value));

interface Renewed {
  readonly sentAt: readonly number[];
  stop(): void;
}

/** Renews tokens that live so long. `answer` is told how often it was sent. */
async function renew(lifeMs: number, answer: (sent: number) => OperationResult): Promise<Renewed> {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  const began = Date.now();
  let made = 0;
  const tokens = new TokenSource(() => {
    made += 1;
    const iat = Date.now() / 1_000;
    return `${encode({})}.${encode({ iat, exp: iat + lifeMs / 1_000, made })}.`;
  });
  const sentAt: number[] = [];
  const renewal = new Renewal({
    tokens,
    token: await tokens.current(),
    expiresAt: tokens.expiresAt,
    send: async () => answer(sentAt.push(Date.now() - began)),
    now: Date.now,
    log: () => undefined,
  });
  return { sentAt, stop: () => renewal.stop() };
}

it('tokens that live for less than a second are renewed at most once a second', async () => {
  const { sentAt, stop } = await renew(400, () => ({ data: {} }));
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  expect(sentAt.length).toBeGreaterThan(5);
  expect(sentAt.length).toBeLessThanOrEqual(10);
});

it('what was refused for now is tried again while the session lives, not while the newer token does', async () => {
  const busy = [{ message: 'Later.', extensions: { code: 'RATE_LIMITED', retryAfterMs: 5_000 } }];
  const { sentAt, stop } = await renew(3_600_000, (sent) => (sent < 3 ? { errors: busy } : { data: {} }));
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(sentAt).toEqual([3_540_000, 3_570_000, 3_585_000]);
  await vi.advanceTimersByTimeAsync(3_525_000);
  stop();
  expect(sentAt.at(-1)).toBe(3_585_000 + 3_540_000);
});
