import { describe, expect, it } from 'vitest';
import { testViewer } from '../../test/support/runtime.ts';
import type { Viewer } from '../auth/viewer.ts';
import { defaultRates, type RateKind } from '../config.ts';
import type { Rates } from '../engines/engine.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';

const alice = testViewer('alice', { workspace: 'acme' });

/** Windows of the time that the test tells. */
function countingRates(clock: { now: number }): Rates & { asked: number } {
  const windows = new Map<string, { left: number; endsAt: number }>();
  return {
    asked: 0,
    async take(key, wanted, { points, windowSeconds }) {
      this.asked += 1;
      let window = windows.get(key);
      if (window === undefined || window.endsAt <= clock.now) {
        window = { left: points, endsAt: clock.now + windowSeconds * 1_000 };
        windows.set(key, window);
      }
      const granted = Math.min(wanted, window.left);
      window.left -= granted;
      return { granted, resetsInMs: window.endsAt - clock.now };
    },
  };
}

interface Taking {
  readonly viewer?: Viewer;
  readonly kind?: RateKind;
  readonly field?: string;
  readonly node?: RateLimits;
}

const setUp = (mutationRates: ReadonlyMap<string, number> = new Map()) => {
  const clock = { now: 0 };
  const rates = countingRates(clock);
  const refused: RateKind[] = [];
  const createNode = () =>
    createRateLimits({
      onRefused: (kind) => refused.push(kind),
      ratesPerSecond: { ...defaultRates, message: 10, publish: 1_000 },
      mutationRates,
      rates,
      now: () => clock.now,
    });
  const limits = createNode();
  /** How many of so many pass, all asked for at once. */
  const take = async (
    count: number,
    { viewer = alice, kind = 'message', field = 'sendMessage', node = limits }: Taking = {},
  ) => {
    const asked = Array.from({ length: count }, async () => node.take(viewer, { kind, field }));
    const settled = await Promise.allSettled(asked);
    return settled.filter(({ status }) => status === 'fulfilled').length;
  };
  return { clock, rates, refused, limits, createNode, take };
};

describe('rate limits', () => {
  it('let twice the rate pass at once, and again two seconds later', async () => {
    const { clock, take } = setUp();
    expect(await take(100)).toBe(20);
    clock.now += 1_999;
    expect(await take(100)).toBe(0);
    clock.now += 1;
    expect(await take(100)).toBe(20);
  });

  it('say when to try again, and then it passes', async () => {
    const { clock, limits, take } = setUp();
    await take(20);
    clock.now += 500;
    await expect(async () =>
      limits.take(alice, { kind: 'message', field: 'sendMessage' }),
    ).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_500 });
    clock.now += 1_499;
    expect(await take(1)).toBe(0);
    clock.now += 1;
    expect(await take(1)).toBe(1);
  });

  it('count each user, workspace and kind by itself', async () => {
    const { take } = setUp();
    expect(await take(100)).toBe(20);
    expect(await take(100, { kind: 'typing' })).toBe(40);
    expect(await take(100, { viewer: testViewer('bob', { workspace: 'acme' }) })).toBe(20);
    expect(await take(100, { viewer: testViewer('alice', { workspace: 'other' }) })).toBe(20);
  });

  it('count a mutation with a rate of its own by itself', async () => {
    const { take } = setUp(new Map([['eraseUser', 1]]));
    expect(await take(100, { field: 'eraseUser', kind: 'publish' })).toBe(2);
    expect(await take(100)).toBe(20);
  });

  it('a service that writes for many publishes', async () => {
    const { take } = setUp();
    const viewer = testViewer('support', { workspace: 'acme', scopes: ['chat:write'] });
    expect(await take(3_000, { viewer })).toBe(2_000);
    // Scopes of other things make nobody a service.
    const person = testViewer('bob', { workspace: 'acme', scopes: ['openid', 'email'] });
    expect(await take(100, { viewer: person })).toBe(20);
  });

  it('each refusal is told, by its kind', async () => {
    const { refused, take } = setUp(new Map([['eraseUser', 1]]));
    await take(22);
    await take(3, { field: 'eraseUser', kind: 'publish' });
    expect(refused).toEqual(['message', 'message', 'publish']);
  });

  it('nodes share what there is, and ask for a hundredth of it at a time', async () => {
    const { rates, createNode, take } = setUp();
    const [one, other] = [createNode(), createNode()];
    const inTurn = async (node: typeof one) => {
      let passed = 0;
      for (let index = 0; index < 1_500; index += 1) passed += await take(1, { kind: 'publish', node });
      return passed;
    };
    const [byOne, byOther] = await Promise.all([inTurn(one), inTurn(other)]);
    expect(byOne + byOther).toBe(2_000);
    expect(Math.min(byOne, byOther)).toBeGreaterThan(500);
    expect(rates.asked).toBeLessThan(110);
  });

  it('whoever is refused does not ask the engine again before the window ends', async () => {
    const { rates, take } = setUp();
    await take(30);
    const asked = rates.asked;
    await take(1_000);
    expect(rates.asked).toBe(asked);
  });

  it('crowds that have gone are forgotten, and nobody who is at it', async () => {
    const { clock, take } = setUp();
    await take(20);
    for (let index = 0; index < 15_000; index += 1) {
      clock.now += 0.1;
      await take(1, { viewer: testViewer(`user-${index}`, { workspace: 'acme' }) });
    }
    expect(await take(100)).toBe(0);
  });
});
