import { describe, expect, test } from 'vitest';
import { toPageCursor } from '../../schema/page.ts';
import { toMessagePage, toMessageSlice, type MessageSlice } from './message-pages.ts';
import type { MessageView } from './message-view.ts';

const cursor = (number: number) => toPageCursor('messages/c', [number]);
const slice = (args: Parameters<typeof toMessageSlice>[1]) => toMessageSlice('c', args);
const messages = (...numbers: number[]) =>
  numbers.map((number) => ({ number, contentHash: null, view: { id: `m${number}` } as MessageView }));

describe('which messages are asked for', () => {
  test.each([
    ['nothing said: the newest 20', {}, { size: 20, from: 'newest', after: null, before: null }],
    ['first alone: still the newest', { first: 5 }, { size: 5, from: 'newest' }],
    ['last alone', { last: 5 }, { size: 5, from: 'newest' }],
    ['after', { after: cursor(7) }, { size: 20, from: 'oldest', after: 7, before: null }],
    ['after, its size as `last`', { after: cursor(7), last: 3 }, { size: 3, from: 'oldest', after: 7 }],
    ['before', { before: cursor(7) }, { size: 20, from: 'newest', after: null, before: 7 }],
    ['before, its size as `first`', { before: cursor(7), first: 3 }, { size: 3, from: 'newest', before: 7 }],
    [
      'both, first',
      { after: cursor(2), before: cursor(9), first: 3 },
      { from: 'oldest', after: 2, before: 9 },
    ],
    ['both, last', { after: cursor(2), before: cursor(9), last: 3 }, { from: 'newest', after: 2, before: 9 }],
  ])('%s', (_what, args, expected) => {
    expect(slice(args)).toMatchObject(expected);
  });

  test.each([
    ['first and last', { first: 1, last: 1 }, /not both/],
    ['none', { first: 0 }, /`first` is 0/],
    ['too many', { last: 101 }, /`last` is 101/],
    ['no cursor', { after: 'x' }, /`after` is no cursor/],
    ["another conversation's cursor", { before: toPageCursor('messages/d', [1]) }, /`before` is no cursor/],
    ['a forged cursor', { after: toPageCursor('messages/c', ['1; drop']) }, /`after` is no cursor/],
    [
      'a number that no stream reaches',
      { after: toPageCursor('messages/c', [1e300]) },
      /`after` is no cursor/,
    ],
  ])('%s is refused', (_what, args, message) => {
    expect(() => slice(args)).toThrow(message);
  });
});

describe('the page that is made of them', () => {
  const page = (asked: MessageSlice, ...found: number[]) => {
    const { edges, pageInfo } = toMessagePage(asked, messages(...found));
    const { hasPreviousPage, hasNextPage } = pageInfo;
    return { ids: edges.map(({ node }) => node.id).join(' '), hasPreviousPage, hasNextPage };
  };

  test('the newest page has nothing after it, and more before it where one was left over', () => {
    expect(page(slice({ last: 2 }), 3, 4, 5)).toEqual({
      ids: 'm4 m5',
      hasPreviousPage: true,
      hasNextPage: false,
    });
    expect(page(slice({ last: 3 }), 3, 4, 5)).toMatchObject({ ids: 'm3 m4 m5', hasPreviousPage: false });
  });

  test('a page before a cursor is followed by it', () => {
    const asked = slice({ last: 2, before: cursor(6) });
    expect(page(asked, 4, 5)).toEqual({ ids: 'm4 m5', hasPreviousPage: false, hasNextPage: true });
  });

  test('a page after a cursor follows it', () => {
    const asked = slice({ first: 2, after: cursor(2) });
    expect(page(asked, 3, 4, 5)).toEqual({ ids: 'm3 m4', hasPreviousPage: true, hasNextPage: true });
    expect(page(asked)).toEqual({ ids: '', hasPreviousPage: true, hasNextPage: false });
  });

  test('its cursors lead to its neighbours', () => {
    const { pageInfo } = toMessagePage(slice({ last: 2 }), messages(3, 4, 5));
    expect(slice({ before: pageInfo.startCursor })).toMatchObject({ before: 4 });
    expect(slice({ after: pageInfo.endCursor })).toMatchObject({ after: 5 });
  });
});
