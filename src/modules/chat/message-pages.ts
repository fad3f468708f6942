// Pages of a conversation's messages: which slice is asked for (pure), reading slices of many conversations at once, and
// making pages of them (pure). A place is a message's number, so pages stand still while messages arrive.
import { and, asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { badInput } from '../../errors.ts';
import { parsePageCursor, toPageCursor, type Page } from '../../schema/page.ts';
import type { Queries } from '../../store/store.ts';
import { messages } from './chat.tables.ts';
import { stillSeen } from './still-seen.ts';
import { selectMessages, toPlacedMessage, type MessageView, type PlacedMessage } from './message-view.ts';

export interface MessagePageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface MessageSlice {
  readonly conversationId: string;
  readonly size: number;
  /** From which end of the range the page is cut; within a page the oldest message comes first in any case. */
  readonly from: 'oldest' | 'newest';
  /** The range: messages with a greater number, and with a smaller one. */
  readonly after: number | null;
  readonly before: number | null;
}

/** A slice of a conversation that this participant sees. */
export interface SeenSlice {
  readonly slice: MessageSlice;
  readonly userId: string;
}

const defaultSize = 20;
const maxSize = 100;

/** A message's number. */
const messagePlace = z.tuple([z.int().min(0)]);

const listOf = (conversationId: string) => `messages/${conversationId}`;

/**
 * With `after` alone the page that follows it, with `before` alone the one that ends there, whether its size came as
 * `first` or `last`; without either the newest page. With both, `first` cuts from the oldest and `last` from the newest.
 */
export function toMessageSlice(conversationId: string, args: MessagePageArguments): MessageSlice {
  const { first = null, last = null } = args;
  if (first !== null && last !== null) throw badInput('Give `first` or `last`, not both.');
  const size = first ?? last ?? defaultSize;
  if (size < 1 || size > maxSize) {
    throw badInput(`\`${last === null ? 'first' : 'last'}\` is ${size}: it takes 1 to ${maxSize}.`);
  }
  const after = parseNumber('after', conversationId, args.after);
  const before = parseNumber('before', conversationId, args.before);
  const forward = after !== null && (before === null || last === null);
  return { conversationId, size, from: forward ? 'oldest' : 'newest', after, before };
}

function parseNumber(
  argument: string,
  conversationId: string,
  text: string | null | undefined,
): number | null {
  return parsePageCursor(argument, listOf(conversationId), text, messagePlace)?.[0] ?? null;
}

/** `found` is the slice and, where there is more at the end it was cut from, one message of that. Oldest first. */
export function toMessagePage(slice: MessageSlice, found: readonly PlacedMessage[]): Page<MessageView> {
  const { size, from, after, before } = slice;
  const hasMore = found.length > size;
  const kept = from === 'oldest' ? found.slice(0, size) : found.slice(-size);
  const edges = kept.map(({ number, view }) => ({
    cursor: toPageCursor(listOf(slice.conversationId), [number]),
    node: view,
  }));
  return {
    edges,
    pageInfo: {
      // Messages never vanish from the list: the one that a cursor was taken from is still there.
      hasNextPage: before !== null || (from === 'oldest' && hasMore),
      hasPreviousPage: after !== null || (from === 'newest' && hasMore),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** One page for each slice, in their order; empty for whoever does not take part any more. One statement for all that are cut alike. */
export async function readMessagePages(
  queries: Queries,
  workspace: string,
  seen: readonly SeenSlice[],
): Promise<readonly Page<MessageView>[]> {
  const alike = new Map<string, SeenSlice[]>();
  for (const one of seen) {
    const { size, from, after, before } = one.slice;
    const key = JSON.stringify([size, from, after, before]);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  const pages = new Map<MessageSlice, Page<MessageView>>();
  for (const group of alike.values()) {
    const found = await readAlike(queries, workspace, group);
    for (const { slice } of group)
      pages.set(slice, toMessagePage(slice, found.get(slice.conversationId) ?? []));
  }
  return seen.map(({ slice }) => pages.get(slice) ?? toMessagePage(slice, []));
}

async function readAlike(
  queries: Queries,
  workspace: string,
  group: readonly SeenSlice[],
): Promise<ReadonlyMap<string, readonly PlacedMessage[]>> {
  const [alike] = group;
  if (alike === undefined) return new Map();
  const { size, from, after, before } = alike.slice;
  const seen = group.map(({ slice: { conversationId }, userId }) => ({ conversationId, userId }));
  const rows = await selectMessages(queries)
    .where(
      and(
        eq(messages.workspace, workspace),
        sql`${messages.id} in (
          select cut.id
          from ${stillSeen(workspace, seen)} as asked
          cross join lateral (
            select inside.id from messages inside
            where inside.workspace = ${workspace} and inside.conversation_id = asked.conversation_id
              and inside.number > ${after ?? 0} and inside.number < ${before ?? Number.MAX_SAFE_INTEGER}
            order by inside.number ${sql.raw(from === 'oldest' ? 'asc' : 'desc')}
            limit ${size + 1}
          ) cut
        )`,
      ),
    )
    .orderBy(asc(messages.number));
  const found = new Map<string, PlacedMessage[]>();
  for (const row of rows) {
    const { conversationId } = row.message;
    const placed = found.get(conversationId) ?? [];
    found.set(conversationId, placed);
    placed.push(toPlacedMessage(row));
  }
  return found;
}
