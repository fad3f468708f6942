import { describe, expect, it } from 'vitest';
import { testViewer } from '../../test/support/runtime.ts';
import { defaultRates, type RateKind } from '../config.ts';
import { createRateLimits } from './rate-limits.ts';

const alice = testViewer('alice', { workspace: 'acme' });
const setUp = () => {
  const clock = { now: 0 };
  const limits = createRateLimits({ ...defaultRates, message: 10, publish: 1_000 }, () => clock.now);
  /** How many of so many pass. */
  const take = (count: number, viewer = alice, kind: RateKind = 'message') => {
    let passed = 0;
    for (let index = 0; index < count; index += 1) {
      try {
        limits.take(viewer, kind);
        passed += 1;
      } catch {
        // Counted by what passes.
      }
    }
    return passed;
  };
  return { clock, limits, take };
};

describe('rate limits', () => {
  it('let twice the rate pass at once, and the rate from then on', () => {
    const { clock, take } = setUp();
    expect(take(100)).toBe(20);
    clock.now += 500;
    expect(take(100)).toBe(5);
    clock.now += 1_000;
    expect(take(100)).toBe(10);
    clock.now += 3_600_000;
    expect(take(100)).toBe(20);
  });

  it('say when to try again, and then it passes', () => {
    const { clock, limits, take } = setUp();
    take(20);
    let told = 0;
    try {
      limits.take(alice, 'message');
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 100 });
      told = (error as { retryAfterMs: number }).retryAfterMs;
    }
    clock.now += told - 1;
    expect(take(1)).toBe(0);
    clock.now += 1;
    expect(take(2)).toBe(1);
  });

  it('count each user, workspace and kind by itself', () => {
    const { take } = setUp();
    expect(take(100)).toBe(20);
    expect(take(100, alice, 'typing')).toBe(40);
    expect(take(100, testViewer('bob', { workspace: 'acme' }))).toBe(20);
    expect(take(100, testViewer('alice', { workspace: 'other' }))).toBe(20);
  });

  it('a service that writes for many publishes', () => {
    const { take } = setUp();
    const service = testViewer('support', { workspace: 'acme', scopes: ['chat:write'] });
    expect(take(3_000, service)).toBe(2_000);
    // Scopes of other things make nobody a service.
    const person = testViewer('bob', { workspace: 'acme', scopes: ['openid', 'email'] });
    expect(take(100, person)).toBe(20);
  });

  it('crowds that have gone are forgotten, and nobody who is at it', () => {
    const { clock, take } = setUp();
    take(20);
    for (let index = 0; index < 30_000; index += 1) {
      clock.now += 0.2;
      take(1, testViewer(`user-${index}`, { workspace: 'acme' }));
      if (index % 500 === 0) take(1);
    }
    expect(take(100)).toBeLessThanOrEqual(2);
  });
});
