// Pages of lists: their cursors hold the place of an item in its list's order. They are not cursors of event streams,
// and each refuses the other.
import { z } from 'zod';
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

/** A part of a place: a moment as events and views write it, which every database takes for a timestamp. */
export const placeMoment = z.string().refine(isMoment);
/** A part of a place: any text that the database can compare with. */
export const placeText = z.string().refine((text) => text.isWellFormed() && !text.includes('\u0000'));
/** A part of a place: the id of a row whose ids are made here. */
export const placeUuid = z.uuid();

/**
 * Answers null for null. Throws BAD_USER_INPUT for what `toPageCursor` has not made for this list. Cursors are opaque,
 * not signed: `place` checks each part, so that a forged one never reaches the database as a date that is none.
 *
 *     parsePageCursor('after', 'orders', args.after, z.tuple([placeMoment, placeText]))
 */
export function parsePageCursor<Parts extends Place>(
  argument: string,
  list: string,
  text: string | null | undefined,
  place: z.ZodType<Parts>,
): Parts | null {
  if (text === null || text === undefined) return null;
  const parts = decode(text);
  if (parts[0] === mark && parts[1] === list) {
    const parsed = place.safeParse(parts.slice(2));
    if (parsed.success) return parsed.data;
  }
  throw badInput(
    `\`${argument}\` is no cursor of this list. Pass the \`endCursor\` of one of its pages, unchanged ` +
      '(the `cursor` of an event stream belongs into a subscription).',
  );
}

function decode(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** Exactly what `toISOString` writes, in the years 1 to 9999: 2026-02-31 and the year 0 are no dates to PostgreSQL. */
function isMoment(text: string): boolean {
  const date = new Date(text);
  return (
    /^\d{4}-/.test(text) && text >= '0001' && !Number.isNaN(date.getTime()) && date.toISOString() === text
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
