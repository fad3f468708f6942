// Conversations as their GraphQL type needs them, read for one user: a page of them or some by id, and their participants.
import { and, asc, desc, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { isUuid } from '../../schema/input.ts';
import type { UserRef } from '../../schema/module.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import { streamHeads } from '../../streams/log.tables.ts';
import type { Queries } from '../../store/store.ts';
import { toUserView, type UserView } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import { conversationParticipants, conversations } from './chat.tables.ts';
import { conversationTopic } from './chat.topics.ts';
import type { ReceiptView } from './newer-receipt.ts';

/** A conversation as one user sees it. What is large is loaded when it is asked for. */
export interface ConversationView {
  readonly id: string;
  /** Who sees it so: the viewer, or the user for whom a service acts. */
  readonly userId: string;
  readonly title: string | null;
  /** Whether the user takes part. Whoever has just left is told so once and sees no message any more. */
  readonly access: 'participant' | 'left';
  readonly unreadCount: number;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Where its stream stood, in the same moment: everything loaded later is at least as new. */
  readonly position: StreamPosition;
}

export interface ParticipantView {
  readonly user: UserView;
  /** null until the participant has marked something as read. */
  readonly receipt: ReceiptView | null;
}

/** The head in the same statement as the conversation, so that neither is newer than the other. */
const selectConversations = (queries: Queries, workspace: string, userId: string) =>
  queries
    .select({
      conversation: {
        id: conversations.id,
        title: conversations.title,
        createdAt: conversations.createdAt,
        updatedAt: conversations.updatedAt,
      },
      participant: { unreadCount: conversationParticipants.unreadCount },
      head: { number: streamHeads.number, eventId: streamHeads.eventId },
    })
    .from(conversations)
    .leftJoin(
      conversationParticipants,
      and(
        eq(conversationParticipants.workspace, conversations.workspace),
        eq(conversationParticipants.conversationId, conversations.id),
        eq(conversationParticipants.userId, userId),
      ),
    )
    .leftJoin(
      streamHeads,
      sql`${streamHeads.topic} = ${conversationTopic(workspace, '')}::text || ${conversations.id}::text`,
    )
    .$dynamic();

type ConversationRow = Awaited<ReturnType<typeof selectConversations>>[number];

const toView = (
  { workspace, userId }: UserRef,
  { conversation, participant, head }: ConversationRow,
): ConversationView => ({
  id: conversation.id,
  userId,
  title: conversation.title,
  access: participant === null ? 'left' : 'participant',
  unreadCount: participant?.unreadCount ?? 0,
  createdAt: conversation.createdAt.toISOString(),
  updatedAt: conversation.updatedAt.toISOString(),
  position: {
    topic: conversationTopic(workspace, conversation.id),
    number: head?.number ?? 0,
    eventId: head?.eventId ?? '',
  },
});

/** Those that exist, by id, also where the user takes no part: look at `access`. */
export async function readConversations(
  queries: Queries,
  { workspace, userId }: UserRef,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ConversationView>> {
  const possible = [...new Set(ids)].filter(isUuid);
  if (possible.length === 0) return new Map();
  const rows = await selectConversations(queries, workspace, userId).where(
    and(eq(conversations.workspace, workspace), inArray(conversations.id, possible)),
  );
  return new Map(rows.map((row) => [row.conversation.id, toView({ workspace, userId }, row)]));
}

/** The user's conversations, the last changed first. */
export async function readConversationsOf(
  queries: Queries,
  { workspace, userId }: UserRef,
  page: {
    readonly after: { readonly updatedAt: string; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<readonly ConversationView[]> {
  const rows = await selectConversations(queries, workspace, userId)
    .where(
      and(
        eq(conversations.workspace, workspace),
        eq(conversationParticipants.userId, userId),
        page.after === null
          ? undefined
          : sql`(${conversations.updatedAt}, ${conversations.id}) < (${page.after.updatedAt}::timestamptz, ${page.after.id}::uuid)`,
      ),
    )
    .orderBy(desc(conversations.updatedAt), desc(conversations.id))
    .limit(page.limit);
  return rows.map((row) => toView({ workspace, userId }, row));
}

/** The participants of each of the conversations, those who joined first in front. `ids` is a list or a subquery. */
export async function readParticipantViews(
  queries: Queries,
  workspace: string,
  ids: SQL,
): Promise<ReadonlyMap<string, readonly ParticipantView[]>> {
  const rows = await queries
    .select({ participant: conversationParticipants, user: { name: users.name, avatarUrl: users.avatarUrl } })
    .from(conversationParticipants)
    .leftJoin(
      users,
      and(
        eq(users.workspace, conversationParticipants.workspace),
        eq(users.id, conversationParticipants.userId),
      ),
    )
    .where(
      and(
        eq(conversationParticipants.workspace, workspace),
        sql`${conversationParticipants.conversationId} in ${ids}`,
      ),
    )
    .orderBy(asc(conversationParticipants.joinedAt), asc(conversationParticipants.userId));
  const found = new Map<string, ParticipantView[]>();
  for (const { participant, user } of rows) {
    const views = found.get(participant.conversationId) ?? [];
    found.set(participant.conversationId, views);
    const view = toUserView(participant.userId, user);
    views.push({ user: view, receipt: toReceipt(view, participant) });
  }
  return found;
}

export function toReceipt(
  user: UserView,
  row: Pick<typeof conversationParticipants.$inferSelect, 'lastReadMessageId' | 'lastReadNumber' | 'readAt'>,
): ReceiptView | null {
  const { lastReadMessageId, lastReadNumber, readAt } = row;
  if (lastReadMessageId === null || lastReadNumber === null || readAt === null) return null;
  return { user, lastReadMessageId, number: lastReadNumber, readAt: readAt.toISOString() };
}
