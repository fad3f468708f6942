// Sending a message: read, take, store and count, append. Four statements and a commit.
import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { notFound, TidingsError } from '../../errors.ts';
import { toContentHash } from '../../streams/idempotency.ts';
import type { Taken, Write } from '../../streams/log-write.ts';
import type { Queries, Statement } from '../../store/store.ts';
import { toUserView, type UserView } from '../users/users.service.ts';
import { messages } from './chat.tables.ts';
import { conversationTopic } from './chat.topics.ts';
import { appendMessageChange, type ChangedMessage } from './message-change.ts';
import { requireSameParticipants, takeConversation, type ConversationRef } from './conversation-write.ts';
import type { MessageContent } from './message-content.ts';
import { insertMessage } from './message-rows.ts';
import type { MessageView } from './message-view.ts';
import { sealHash } from './sealed-hash.ts';
import { isUuid } from './uuid.ts';

/** The sender has used the client's id before. */
export class Repeated {
  readonly messageId: string;
  constructor(messageId: string) {
    this.messageId = messageId;
  }
}

export interface Outgoing {
  readonly senderId: string;
  readonly clientMessageId: string | null;
  readonly content: MessageContent;
}

/** Inside of `writeConversation`, which it may make start over. Abandons it with `Repeated`. */
export async function sendMessage(
  write: Write,
  ref: ConversationRef,
  outgoing: Outgoing,
): Promise<ChangedMessage> {
  const { workspace, conversationId } = ref;
  const { sender, before } = await readForSending(write.tx, ref, outgoing.senderId);
  const taken = await takeConversation(write, ref, before);
  const message = toMessage(ref, sender, outgoing, taken);
  const contentHash = toContentHash(outgoing.content);
  const { number } = taken.position(conversationTopic(workspace, conversationId));
  const placed = { number, contentHash, view: message };
  const { participants, stored } = await insertMessage(write.tx, workspace, placed);
  requireSameParticipants(ref, before, participants);
  if (!stored) write.abandon(await findRepeated(write.tx, ref, message, contentHash));
  return appendMessageChange(write, ref, { kind: 'SENT', message }, participants);
}

const toMessage = (
  { conversationId }: ConversationRef,
  sender: UserView,
  { content, clientMessageId }: Outgoing,
  { occurredAt }: Taken,
): MessageView => ({
  id: randomUUID(),
  conversationId,
  sender,
  body: content.body,
  attachments: content.attachments,
  clientMessageId,
  sentAt: occurredAt.toISOString(),
  editedAt: null,
  deletedAt: null,
});

interface RecipientRow {
  readonly user_id: string;
  /** Only the sender's. */
  readonly name: string | null;
  readonly avatar_url: string | null;
}

const readStatement: Statement = {
  name: 'read_for_sending',
  text: `
    select participant.user_id, known.name, known.avatar_url
    from conversation_participants participant
    left join users known on known.workspace = $1 and known.id = $3 and participant.user_id = $3
    where participant.workspace = $1 and participant.conversation_id = $2::uuid`,
};

/** The participants and the sender's name in one statement. Throws NOT_FOUND where the sender is none of them. */
async function readForSending(tx: Queries, { workspace, conversationId }: ConversationRef, senderId: string) {
  const rows = isUuid(conversationId)
    ? await tx.run<RecipientRow>(readStatement, [workspace, conversationId, senderId])
    : [];
  const own = rows.find((row) => row.user_id === senderId);
  if (own === undefined) throw notFound('conversation', conversationId);
  const sender = toUserView(senderId, { name: own.name, avatarUrl: own.avatar_url });
  return { sender, before: rows.map((row) => ({ userId: row.user_id })) };
}

async function findRepeated(
  tx: Queries,
  { workspace, conversationId }: ConversationRef,
  { sender, clientMessageId }: MessageView,
  contentHash: string,
): Promise<Repeated> {
  const [row] = await tx
    .select({ id: messages.id, contentHash: messages.contentHash, deletedAt: messages.deletedAt })
    .from(messages)
    .where(
      and(
        eq(messages.workspace, workspace),
        eq(messages.conversationId, conversationId),
        eq(messages.senderId, sender.id),
        eq(messages.clientMessageId, clientMessageId ?? ''),
      ),
    );
  if (row === undefined) throw new Error('A message was refused as repeated, but there is no first one.');
  const hash = row.deletedAt === null ? contentHash : await sealHash(contentHash, row.id);
  if (row.contentHash === hash) return new Repeated(row.id);
  throw new TidingsError(
    'CONFLICT',
    `The clientMessageId "${clientMessageId}" was used before with other content. Use a new one for a new message.`,
  );
}
