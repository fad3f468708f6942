import { describe, expect, it, vi } from 'vitest';
import { TokenSource } from './token-source.ts';

const noon = Date.UTC(2026, 0, 1, 12);
/** A token that says so of its time; relative to noon, in seconds. */
const jwt = ({ iat = 0, exp }: { iat?: number; exp: number }, name = 'alice') =>
  ['{}', JSON.stringify({ sub: name, iat: noon / 1000 + iat, exp: noon / 1000 + exp }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** Hands out one token after the other, and counts. */
function handingOut(...tokens: (string | null)[]) {
  let now = noon;
  let asked = 0;
  const source = new TokenSource(
    async () => tokens[Math.min(asked++, tokens.length - 1)] ?? null,
    () => now,
  );
  return {
    source,
    get asked() {
      return asked;
    },
    pass: (seconds: number) => (now += seconds * 1000),
  };
}

describe('a token of a function', () => {
  it('is asked for once, however many need it at once and until it is about to expire', async () => {
    const [first, second] = [jwt({ exp: 60 }), jwt({ exp: 120 })];
    const clerk = handingOut(first, second);
    expect(await Promise.all([clerk.source.current(), clerk.source.current()])).toEqual([first, first]);
    clerk.pass(50);
    expect(await clerk.source.current()).toBe(first);
    expect(clerk.asked).toBe(1);
    clerk.pass(6);
    expect(await clerk.source.current()).toBe(second);
    expect(clerk.source.expiresAt).toBe(noon + 120_000);
  });

  it('is asked for anew once it was refused, and not where an older one was', async () => {
    const [first, second] = [jwt({ exp: 60 }), jwt({ exp: 61 })];
    const clerk = handingOut(first, second);
    clerk.source.refuse(await clerk.source.current());
    expect(await clerk.source.current()).toBe(second);
    clerk.source.refuse(first);
    expect(await clerk.source.current()).toBe(second);
    expect(clerk.asked).toBe(2);
  });

  it('is asked for again after the function has failed', async () => {
    let fails = true;
    const source = new TokenSource(() => {
      if (fails) throw new Error('the login service is away');
      return 'opaque';
    });
    await expect(source.current()).rejects.toThrow('the login service is away');
    fails = false;
    expect(await source.current()).toBe('opaque');
  });

  it('lives as long as it says where this machine’s clock is wrong', async () => {
    const clerk = handingOut(jwt({ iat: -7_200, exp: -3_600 }));
    await clerk.source.current();
    expect(clerk.source.expiresAt).toBe(noon + 3_600_000);
    await clerk.source.current();
    expect(clerk.asked).toBe(1);
  });

  it('lives no longer than it says where this machine’s clock is behind', async () => {
    const clerk = handingOut(jwt({ iat: 7_200, exp: 10_800 }));
    await clerk.source.current();
    expect(clerk.source.expiresAt).toBe(noon + 3_600_000);
  });

  it('lives no longer because it is handed out again', async () => {
    const clerk = handingOut(jwt({ iat: -3_540, exp: 60 }));
    await clerk.source.current();
    for (const seconds of [56, 120]) {
      clerk.pass(seconds);
      await clerk.source.current();
      expect(clerk.source.expiresAt).toBe(noon + 60_000);
    }
    expect(clerk.asked).toBe(3);
  });

  it('is kept until it is refused where it does not say how long it lives', async () => {
    const clerk = handingOut('opaque');
    await clerk.source.current();
    clerk.pass(1e6);
    expect(await clerk.source.current()).toBe('opaque');
    expect(clerk.source.expiresAt).toBeNull();
    expect(clerk.asked).toBe(1);
  });
});

it('a function that does not answer is given up, and asked again', async () => {
  vi.useFakeTimers();
  let asked = 0;
  const source = new TokenSource(() => ((asked += 1) === 1 ? new Promise<string>(() => {}) : 'opaque'));
  const waiting = Promise.all([source.current(), source.current()]);
  const refusal = expect(waiting).rejects.toThrow('has not answered within 20 s');
  await vi.advanceTimersByTimeAsync(20_000);
  await refusal;
  expect(await source.current()).toBe('opaque');
  vi.useRealTimers();
});

it('a token that never lived is taken as one that says nothing of its time', async () => {
  const clerk = handingOut(jwt({ iat: -3_600, exp: -3_600 }));
  await clerk.source.current();
  expect(clerk.source.expiresAt).toBeNull();
});

it('a token that is a text is the only one there is', async () => {
  const source = new TokenSource(jwt({ exp: -60 }), () => noon);
  source.refuse(await source.current());
  expect(await source.current()).toBe(jwt({ exp: -60 }));
  expect(source.canRenew).toBe(false);
});

it('without a token there is none', async () => {
  expect(await new TokenSource(undefined).current()).toBeNull();
});
