import { expect, it } from 'vitest';
import { createTokenSource, readExpiry } from './token.ts';

const jwt = (exp: number) =>
  `e30.${Buffer.from(JSON.stringify({ exp, name: 'Zoë' })).toString('base64url')}.x`;

it('reads when a JWT expires, and nothing else', () => {
  expect(readExpiry(jwt(1_700_000_000))).toBe(1_700_000_000_000);
  for (const token of ['opaque', 'a.b.c', '', 'e30.e30.x']) expect(readExpiry(token)).toBeNull();
});

it('asks once for all who need one together, and again half a minute before it expires', async () => {
  let [now, asked] = [1_000_000_000_000, 0];
  const ask = async () => {
    asked += 1;
    return jwt(now / 1_000 + 60);
  };
  const tokens = createTokenSource(ask, () => now);
  await Promise.all([tokens.get(), tokens.get(), tokens.get()]);
  now += 29_000;
  await tokens.get();
  expect(asked).toBe(1);
  now += 2_000;
  await tokens.get();
  expect(asked).toBe(2);
});

it('one that was refused is not given again; what replaced it stays', async () => {
  let asked = 0;
  const tokens = createTokenSource(
    () => `t-${(asked += 1)}`,
    () => 0,
  );
  expect(await tokens.get()).toBe('t-1');
  expect(tokens.refused('t-1')).toBe(true);
  expect(await tokens.get()).toBe('t-2');
  tokens.refused('t-1');
  expect(await tokens.get()).toBe('t-2');
});

it('a token that was given as it is can not be replaced', async () => {
  const tokens = createTokenSource(' t \n', () => 0);
  expect(await tokens.get()).toBe('t');
  expect(tokens.refused('t')).toBe(false);
});

it('asks again behind a failure', async () => {
  let asked = 0;
  const ask = () => {
    asked += 1;
    if (asked === 1) throw new Error('away');
    return asked === 2 ? '' : 'here';
  };
  const tokens = createTokenSource(ask, () => 0);
  await expect(tokens.get()).rejects.toThrow('away');
  await expect(tokens.get()).rejects.toThrow('no token');
  expect(await tokens.get()).toBe('here');
});
