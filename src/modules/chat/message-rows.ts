// The rows that one change of a message touches, each change in one statement after the heads are taken: the message,
// the conversation's place in lists, and the unread counts.
import { and, eq, isNull, sql } from 'drizzle-orm';
import { revokedSessions } from '../../auth/token-error.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queries, Statement } from '../../store/store.ts';
import type { Topic } from '../../streams/topic.ts';
import { toUserView, type UserView } from '../users/users.service.ts';
import { messages } from './chat.tables.ts';
import type { Participant } from './conversation-write.ts';
import type { PlacedMessage } from './message-view.ts';

interface ParticipantRow {
  readonly user_id: string;
  readonly unread_count: number;
}

const toParticipant = (row: ParticipantRow): Participant => ({
  userId: row.user_id,
  unreadCount: row.unread_count,
});

interface InsertedRow extends ParticipantRow {
  readonly stored: boolean;
  readonly is_revoked: boolean;
  readonly name: string | null;
  readonly avatar_url: string | null;
}

/** A statement sees its own changes only by what they return: the count of whoever it has not counted is as it was. */
const insertStatement: Statement = {
  name: 'insert_message',
  text: `
    with stored as (
      insert into messages (workspace, conversation_id, id, number, sender_id, body, attachments, client_message_id,
        content_hash, sent_at)
      values ($1, $2::uuid, $3::uuid, $4::bigint, $5, $6, $7::json, $8, $9, $10::timestamptz)
      on conflict (workspace, conversation_id, sender_id, client_message_id) do nothing
      returning 1
    ), counted as (
      update conversation_participants set unread_count = unread_count + 1
      where workspace = $1 and conversation_id = $2::uuid and user_id <> $5 and exists (select 1 from stored)
      returning user_id, unread_count
    ), touched as (
      update conversations set updated_at = $10::timestamptz, last_message_number = $4::bigint
      where workspace = $1 and id = $2::uuid and exists (select 1 from stored)
    )
    select participant.user_id, coalesce(counted.unread_count, participant.unread_count) as unread_count,
      exists (select 1 from stored) as stored, known.name, known.avatar_url,
      exists (
        select 1 from session_revocations
        where workspace = $1 and user_id = $11 and revoked_at > $12::timestamptz
      ) as is_revoked
    from conversation_participants participant
    left join counted using (user_id)
    left join users known on known.workspace = $1 and known.id = $5
    where participant.workspace = $1 and participant.conversation_id = $2::uuid`,
};

export interface InsertedMessage {
  readonly participants: readonly Participant[];
  /** As they are called now: the head is taken, so that whoever erases them waits for this write. */
  readonly sender: UserView;
  /** false where its sender has used its client's id before: nothing was changed. */
  readonly stored: boolean;
}

/** Unread for everybody but the sender. Throws UNAUTHENTICATED where the token of who asks for it was revoked meanwhile. */
export async function insertMessage(
  tx: Queries,
  viewer: Pick<Viewer, 'workspace' | 'id' | 'issuedAt'>,
  { number, contentHash, view }: PlacedMessage,
): Promise<InsertedMessage> {
  const { workspace } = viewer;
  const rows = await tx.run<InsertedRow>(insertStatement, [
    workspace,
    view.conversationId,
    view.id,
    number,
    view.sender.id,
    view.body,
    JSON.stringify(view.attachments),
    view.clientMessageId,
    contentHash,
    view.sentAt,
    viewer.id,
    viewer.issuedAt.toISOString(),
  ]);
  const [row] = rows;
  if (row?.is_revoked === true) throw revokedSessions();
  const sender = toUserView(
    view.sender.id,
    row === undefined ? null : { name: row.name, avatarUrl: row.avatar_url },
  );
  return { participants: rows.map(toParticipant), sender, stored: row?.stored ?? false };
}

export async function updateMessageBody(
  tx: Queries,
  workspace: string,
  { id, conversationId, body, editedAt }: PlacedMessage['view'],
): Promise<void> {
  await tx.execute(sql`
    with edited as (
      update messages set body = ${body}, edited_at = ${editedAt}::timestamptz
      where workspace = ${workspace} and id = ${id}
    )
    update conversations set updated_at = ${editedAt}::timestamptz
    where workspace = ${workspace} and id = ${conversationId}`);
}

const scrubStatement: Statement = {
  name: 'scrub_message',
  text: `
    with stored as (
      update messages set body = '', attachments = '[]'::json, content_hash = $7, deleted_at = $6::timestamptz
      where workspace = $1 and id = $3::uuid
    ), counted as (
      update conversation_participants set unread_count = unread_count - 1
      where workspace = $1 and conversation_id = $2::uuid and user_id <> $5
        and greatest(joined_number, last_read_number) < $4::bigint
      returning user_id, unread_count
    ), touched as (
      update conversations set updated_at = $6::timestamptz where workspace = $1 and id = $2::uuid
    )
    select participant.user_id, coalesce(counted.unread_count, participant.unread_count) as unread_count
    from conversation_participants participant left join counted using (user_id)
    where participant.workspace = $1 and participant.conversation_id = $2::uuid`,
};

/** No longer unread for those for whom it was. What it said is gone from the row; its hash becomes the one given. */
export async function scrubMessage(
  tx: Queries,
  workspace: string,
  { number, contentHash, view: { id, conversationId, sender, deletedAt } }: PlacedMessage,
): Promise<readonly Participant[]> {
  const values = [workspace, conversationId, id, number, sender.id, deletedAt, contentHash];
  return (await tx.run<ParticipantRow>(scrubStatement, values)).map(toParticipant);
}

/**
 * Empties the message wherever the conversation's stream holds it, so that whoever reads it from there finds it deleted.
 * Inside of the write that holds the stream's head.
 */
export async function scrubLog(
  tx: Queries,
  topic: Topic,
  { id, deletedAt }: Pick<PlacedMessage['view'], 'id' | 'deletedAt'>,
): Promise<void> {
  const scrubbed = JSON.stringify({ body: '', attachments: [], deletedAt });
  await tx.execute(sql`
    update stream_entries
    set payload = jsonb_set(payload::jsonb, '{message}', (payload::jsonb -> 'message') || ${scrubbed}::jsonb)::json
    where topic = ${topic} and subject = ${id}`);
}

/** The ids of a user's messages that still say something, oldest first. */
export async function readUndeleted(
  queries: Queries,
  workspace: string,
  senderId: string,
): Promise<readonly string[]> {
  const rows = await queries
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(eq(messages.workspace, workspace), eq(messages.senderId, senderId), isNull(messages.deletedAt)),
    )
    .orderBy(messages.sentAt);
  return rows.map(({ id }) => id);
}
