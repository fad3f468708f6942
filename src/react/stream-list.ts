import type { CombinedError } from '@urql/core';
import type { FeedStatus } from './stream-feed.ts';

/** What a stream told lately, the newest first. */
export interface StreamList<Item> {
  readonly status: FeedStatus;
  readonly items: readonly Item[];
  readonly error: CombinedError | null;
}

export const unknownList: StreamList<never> = { status: 'loading', items: [], error: null };

const kept = 100;

export const toReadList = <Item>(items: readonly Item[]): StreamList<Item> => ({
  status: 'live',
  items,
  error: null,
});

/** @param keyOf by what it is known: what is there already stays where it is */
export function withNewest<Item>(
  list: StreamList<Item>,
  item: Item,
  keyOf: (item: Item) => string,
): StreamList<Item> {
  if (list.items.some((known) => keyOf(known) === keyOf(item))) return list;
  return { ...list, items: [item, ...list.items].slice(0, kept) };
}

/** What was read stays. */
export const toFailedList = <Item>(list: StreamList<Item>, error: CombinedError): StreamList<Item> => ({
  ...list,
  status: 'failed',
  error,
});
