import { expect, it } from 'vitest';
import type { Claims } from './claims.ts';
import { TokenError } from './token-error.ts';
import { rememberVerified } from './verified-tokens.ts';

interface Setting {
  readonly lifetimeMs?: number;
  /** Unless given, what was verified counts until the token expires. */
  readonly countsMs?: number;
  readonly maxTokens?: number;
}

const begin = 1_000_000;

function setUp({ lifetimeMs = 3_600_000, countsMs, maxTokens = 100 }: Setting = {}) {
  let time = begin;
  const asked: { token: string; previously: string | null }[] = [];
  const verify = rememberVerified(
    async (token, previous) => {
      asked.push({ token, previously: previous?.sub ?? null });
      if (token === 'bad' || time >= begin + lifetimeMs) throw new TokenError('refused');
      const claims = { sub: token, exp: new Date(begin + lifetimeMs) } as Claims;
      return { claims, until: countsMs === undefined ? null : new Date(time + countsMs) };
    },
    { maxAgeMs: 30_000, maxTokens, now: () => time },
  );
  return { verify, asked, tokens: () => asked.map(({ token }) => token), pass: (ms: number) => (time += ms) };
}

it('asks once for a token that comes again and again, and anew after a while', async () => {
  const { verify, asked, pass } = setUp();
  const first = await verify('a');
  expect(await verify('a')).toBe(first);
  pass(30_000);
  await verify('a');
  expect(asked).toEqual([
    { token: 'a', previously: null },
    { token: 'a', previously: 'a' },
  ]);
});

it('asks once for those who come together', async () => {
  const { verify, tokens } = setUp();
  const [first, second] = await Promise.all([verify('a'), verify('a'), verify('b')]);
  expect(second).toBe(first);
  expect(tokens()).toEqual(['a', 'b']);
});

it('never honours a token beyond its expiry, or beyond what was verified', async () => {
  const short = setUp({ lifetimeMs: 5_000 });
  await short.verify('a');
  short.pass(5_000);
  await expect(short.verify('a')).rejects.toThrow(TokenError);
  const counting = setUp({ countsMs: 2_000 });
  await counting.verify('a');
  counting.pass(2_000);
  await counting.verify('a');
  expect(counting.tokens()).toEqual(['a', 'a']);
});

it('remembers no refusal', async () => {
  const { verify, tokens } = setUp();
  await expect(verify('bad')).rejects.toThrow('refused');
  await expect(verify('bad')).rejects.toThrow('refused');
  expect(tokens()).toEqual(['bad', 'bad']);
});

it('forgets the first of too many', async () => {
  const { verify, tokens } = setUp({ maxTokens: 2 });
  for (const token of ['a', 'b', 'c', 'a']) await verify(token);
  expect(tokens()).toEqual(['a', 'b', 'c', 'a']);
});
