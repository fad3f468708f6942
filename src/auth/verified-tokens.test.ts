import { expect, it } from 'vitest';
import { TokenError } from './tokens.ts';
import { rememberVerified } from './verified-tokens.ts';
import type { Viewer } from './viewer.ts';

const setUp = (lifetimeMs: number, maxTokens = 100) => {
  let time = 1_000_000;
  const asked: string[] = [];
  const verifier = rememberVerified(
    {
      async verify(token, workspace) {
        asked.push(`${token}@${workspace ?? '-'}`);
        if (token === 'bad' || time >= 1_000_000 + lifetimeMs) throw new TokenError('refused');
        const viewer = { id: token, workspace, expiresAt: new Date(1_000_000 + lifetimeMs) };
        return viewer as unknown as Viewer;
      },
    },
    { maxAgeMs: 30_000, maxTokens, now: () => time },
  );
  return { verifier, asked, pass: (ms: number) => (time += ms) };
};

it('asks once for a token that comes again and again, and anew after a while', async () => {
  const { verifier, asked, pass } = setUp(3_600_000);
  const first = await verifier.verify('a', null);
  expect(await verifier.verify('a', null)).toBe(first);
  expect(asked).toEqual(['a@-']);
  pass(30_000);
  await verifier.verify('a', null);
  expect(asked).toEqual(['a@-', 'a@-']);
});

it('never honours a token beyond its expiry', async () => {
  const { verifier, pass } = setUp(5_000);
  await verifier.verify('a', null);
  pass(5_000);
  await expect(verifier.verify('a', null)).rejects.toThrow(TokenError);
});

it('keeps apart what one token may do in two workspaces, and remembers no refusal', async () => {
  const { verifier, asked } = setUp(3_600_000);
  expect((await verifier.verify('a', 'one')).workspace).toBe('one');
  expect((await verifier.verify('a', 'two')).workspace).toBe('two');
  await expect(verifier.verify('bad', null)).rejects.toThrow('refused');
  await expect(verifier.verify('bad', null)).rejects.toThrow('refused');
  expect(asked).toEqual(['a@one', 'a@two', 'bad@-', 'bad@-']);
});

it('forgets the first of too many', async () => {
  const { verifier, asked } = setUp(3_600_000, 2);
  for (const token of ['a', 'b', 'c', 'a']) await verifier.verify(token, null);
  expect(asked).toEqual(['a@-', 'b@-', 'c@-', 'a@-']);
});
