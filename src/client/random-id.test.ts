import { expect, it, vi } from 'vitest';
import { randomId } from './random-id.ts';

const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('is a UUID, each time another one', () => {
  const ids = Array.from({ length: 100 }, randomId);
  for (const id of ids) expect(id).toMatch(version4);
  expect(new Set(ids).size).toBe(100);
});

it('is one also where a page is not allowed to ask for one', () => {
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const ids = Array.from({ length: 100 }, randomId);
  for (const id of ids) expect(id).toMatch(version4);
  expect(new Set(ids).size).toBe(100);
});
