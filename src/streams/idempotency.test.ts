import { expect, test } from 'vitest';
import { toContentHash } from './idempotency.ts';

test('content that is equal as JSON has one hash, whatever the order of its keys', () => {
  const hash = toContentHash({ a: 1, b: { c: [1, { d: 2 }], e: 'x' } });
  expect(toContentHash({ b: { e: 'x', c: [1, { d: 2 }] }, a: 1 })).toBe(hash);
  expect(toContentHash({ a: 1, b: { c: [1, { d: 2 }], e: 'x' }, g: undefined })).toBe(hash);
  expect(hash).toMatch(/^[\w-]{43}$/);
});

test.each([
  ['a value', { a: 1 }, { a: 2 }],
  ['a type', { a: 1 }, { a: '1' }],
  ['an order of a list', { a: [1, 2] }, { a: [2, 1] }],
  ['a null in a list', { a: [1, null] }, { a: [1] }],
  ['a null', { a: 1, b: null }, { a: 1 }],
  ['a null inside', { a: { b: null } }, { a: {} }],
  ['nesting', { a: { b: 1 } }, { a: 1, b: 1 }],
  ['a date', { at: new Date('2026-01-01') }, { at: new Date('2026-01-02') }],
])('another hash for another content: %s', (_name, one, other) => {
  expect(toContentHash(one)).not.toBe(toContentHash(other));
});
