// The rows of a conversation and its participants, written inside of a write that holds their heads; and, for every subscription,
// with all that begin in the same moment, who takes part.
import { and, eq, inArray } from 'drizzle-orm';
import { notFound, TidingsError } from '../../errors.ts';
import { isUuid } from '../../schema/input.ts';
import type { Queries, Statement } from '../../store/store.ts';
import { conversationParticipants, conversations } from './chat.tables.ts';
import type { ConversationDraft } from './conversation-draft.ts';
import { readParticipants, type ConversationRef, type Participant } from './conversation-write.ts';

/** The conversation that was created before with the same client's id. Throws CONFLICT where it had other content. */
export async function findCreated(
  tx: Queries,
  workspace: string,
  createdBy: string,
  { clientConversationId, contentHash }: ConversationDraft,
): Promise<{ readonly id: string } | null> {
  if (clientConversationId === null) return null;
  const [row] = await tx
    .select({ id: conversations.id, contentHash: conversations.contentHash })
    .from(conversations)
    .where(
      and(
        eq(conversations.workspace, workspace),
        eq(conversations.createdBy, createdBy),
        eq(conversations.clientConversationId, clientConversationId),
      ),
    );
  if (row === undefined) return null;
  if (row.contentHash === contentHash) return { id: row.id };
  throw new TidingsError(
    'CONFLICT',
    `The clientConversationId "${clientConversationId}" was used before with other content. Use a new one for a new conversation.`,
  );
}

export async function insertConversation(
  tx: Queries,
  { workspace, conversationId }: ConversationRef,
  createdBy: string,
  { title, clientConversationId, contentHash }: ConversationDraft,
  createdAt: Date,
): Promise<void> {
  const row = { title, createdBy, clientConversationId, contentHash, createdAt, updatedAt: createdAt };
  await tx.insert(conversations).values({ workspace, id: conversationId, ...row });
}

/** Its change is the conversation's last one. */
export async function touchConversation(
  tx: Queries,
  { workspace, conversationId }: ConversationRef,
  updatedAt: Date,
): Promise<void> {
  await tx
    .update(conversations)
    .set({ updatedAt })
    .where(and(eq(conversations.workspace, workspace), eq(conversations.id, conversationId)));
}

/** Throws NOT_FOUND where the user is none of them. */
export async function requireParticipants(
  tx: Queries,
  ref: ConversationRef,
  userId: string,
): Promise<readonly Participant[]> {
  const participants = isUuid(ref.conversationId) ? await readParticipants(tx, ref) : [];
  if (!participants.some((participant) => participant.userId === userId)) {
    throw notFound('conversation', ref.conversationId);
  }
  return participants;
}

export async function deleteParticipants(
  tx: Queries,
  { workspace, conversationId }: ConversationRef,
  userIds: readonly string[],
): Promise<void> {
  await tx
    .delete(conversationParticipants)
    .where(
      and(
        eq(conversationParticipants.workspace, workspace),
        eq(conversationParticipants.conversationId, conversationId),
        inArray(conversationParticipants.userId, [...userIds]),
      ),
    );
}

/** What was said up to `joinedNumber` can be read, but doesn't count as unread. */
export async function insertParticipants(
  tx: Queries,
  ref: ConversationRef,
  userIds: readonly string[],
  joinedAt: Date,
  joinedNumber: number,
): Promise<readonly Participant[]> {
  const joined = userIds.map((userId) => ({ userId, unreadCount: 0 }));
  await tx
    .insert(conversationParticipants)
    .values(joined.map((participant) => ({ ...ref, ...participant, joinedAt, joinedNumber })));
  return joined;
}

/** Somebody in a conversation; its id is a UUID. */
export interface Participation extends ConversationRef {
  readonly userId: string;
}

/** Read in one statement. */
const maxParticipationsAtOnce = 1_000;

const participationsStatement: Statement = {
  name: 'read_participations',
  text: `
    select participant.user_id is not null as takes_part
    from unnest($1::text[], $2::uuid[], $3::text[]) with ordinality as asked(workspace, conversation_id, user_id, place)
    left join conversation_participants as participant
      on participant.workspace = asked.workspace and participant.conversation_id = asked.conversation_id
        and participant.user_id = asked.user_id
    order by asked.place`,
};

/** For each of the first thousand, in order: whether they take part. */
export async function readParticipations(
  queries: Queries,
  participations: readonly Participation[],
): Promise<readonly boolean[]> {
  const asked = participations.slice(0, maxParticipationsAtOnce);
  const rows = await queries.run<{ readonly takes_part: boolean }>(participationsStatement, [
    asked.map(({ workspace }) => workspace),
    asked.map(({ conversationId }) => conversationId),
    asked.map(({ userId }) => userId),
  ]);
  return rows.map((row) => row.takes_part);
}
