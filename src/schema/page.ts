// Pages of lists: their cursors hold the place of an item in its list's order. They are not cursors of event streams,
// and each refuses the other.
import { badInput } from '../errors.ts';
import type { PageInfoView } from './scalars.ts';

export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: PageInfoView;
}

/** The parts of an item's place, in the order of the list: strings and numbers. */
export type Place = readonly (string | number)[];

const mark = 'page';

export const toPageCursor = (list: string, place: Place): string =>
  Buffer.from(JSON.stringify([mark, list, ...place]), 'utf8').toString('base64url');

/** Answers null for null. Throws BAD_USER_INPUT for what `toPageCursor` has not made for this list. */
export function parsePageCursor(
  argument: string,
  list: string,
  text: string | null | undefined,
): Place | null {
  if (text === null || text === undefined) return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts[0] === mark && parts[1] === list) return parts.slice(2) as Place;
  } catch {
    // Not ours; said below.
  }
  throw badInput(
    `\`${argument}\` is no cursor of this list. Pass the \`endCursor\` of one of its pages, unchanged ` +
      '(the `cursor` of an event stream belongs into a subscription).',
  );
}

/** From one more item than the page holds, so that it is known whether there is more. */
export function toPage<T>(
  list: string,
  items: readonly T[],
  { first, after, placeOf }: { first: number; after: Place | null; placeOf(item: T): Place },
): Page<T> {
  const edges = items.slice(0, first).map((node) => ({ cursor: toPageCursor(list, placeOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: items.length > first,
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
