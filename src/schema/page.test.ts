import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parsePageCursor, placeMoment, placeText, placeUuid, toPage, toPageCursor } from './page.ts';

const place = z.tuple([placeMoment, placeText]);
const now = '2026-07-01T12:34:56.789Z';
const refusal: unknown = expect.objectContaining({
  code: 'BAD_USER_INPUT',
  message: expect.stringContaining('`after` is no cursor of this list') as string,
});

describe('a page cursor', () => {
  test('comes back as the place that it was made of', () => {
    expect(parsePageCursor('after', 'orders', toPageCursor('orders', [now, 'a/ü']), place)).toEqual([
      now,
      'a/ü',
    ]);
    expect(parsePageCursor('after', 'orders', null, place)).toBeNull();
    expect(parsePageCursor('after', 'orders', undefined, place)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['no list', Buffer.from('{"0":"page"}').toString('base64url')],
    ['of another list', toPageCursor('bookings', [now, 'x'])],
    ['with too little', toPageCursor('orders', [now])],
    ['with too much', toPageCursor('orders', [now, 'x', 'y'])],
    ['with a number for a text', toPageCursor('orders', [now, 1])],
    ['with a NUL', toPageCursor('orders', [now, 'a\u0000'])],
    ['with half a surrogate pair', toPageCursor('orders', [now, '\ud800'])],
  ])('is refused: %s', (_what, text) => {
    expect(() => parsePageCursor('after', 'orders', text, place)).toThrow(refusal);
  });

  test.each([
    'yesterday',
    'infinity',
    '2026-07-01',
    '2026-02-31T00:00:00.000Z',
    '2026-07-01T25:00:00.000Z',
    '0000-01-01T00:00:00.000Z',
    '+012026-01-01T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
  ])('with the moment %s is refused before a database sees it', (moment) => {
    expect(() => parsePageCursor('after', 'orders', toPageCursor('orders', [moment, 'x']), place)).toThrow(
      refusal,
    );
  });

  test('with an id that is no uuid is refused where ids are', () => {
    const withUuid = z.tuple([placeUuid]);
    const id = crypto.randomUUID();
    expect(parsePageCursor('after', 'list', toPageCursor('list', [id]), withUuid)).toEqual([id]);
    expect(() => parsePageCursor('after', 'list', toPageCursor('list', ['x']), withUuid)).toThrow(refusal);
  });
});

test('a page knows from one item more whether there is a next one', () => {
  const options = { first: 2, after: null, placeOf: (item: number) => [item] };
  const full = toPage('list', [1, 2, 3], options);
  expect(full.edges.map(({ node }) => node)).toEqual([1, 2]);
  expect(full.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: toPageCursor('list', [1]),
    endCursor: toPageCursor('list', [2]),
  });
  expect(toPage('list', [1, 2], options).pageInfo.hasNextPage).toBe(false);
  expect(toPage('list', [], { ...options, after: [9] }).pageInfo).toEqual({
    hasNextPage: false,
    hasPreviousPage: true,
    startCursor: null,
    endCursor: null,
  });
});
