// Sending a message: read, take, store and count, append. Four statements and a commit.
import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound, TidingsError } from '../../errors.ts';
import { isUuid } from '../../schema/input.ts';
import { toContentHash } from '../../streams/idempotency.ts';
import type { Taken, Write } from '../../streams/log-write.ts';
import type { Queries, Statement } from '../../store/store.ts';
import { toUserView } from '../users/users.service.ts';
import { messages } from './chat.tables.ts';
import { conversationTopic } from './chat.topics.ts';
import { appendMessageChange, type ChangedMessage } from './message-change.ts';
import { requireSameParticipants, takeConversation, type ConversationRef } from './conversation-write.ts';
import type { MessageContent } from './message-content.ts';
import { insertMessage } from './message-rows.ts';
import type { MessageView } from './message-view.ts';
import { sealHash } from './sealed-hash.ts';

/** The sender has used the client's id before. */
export class Repeated {
  readonly messageId: string;
  constructor(messageId: string) {
    this.messageId = messageId;
  }
}

export interface Outgoing {
  /** Who asks for it. */
  readonly viewer: Viewer;
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
  const before = await readForSending(write.tx, ref, outgoing.senderId);
  const taken = await takeConversation(write, ref, before);
  const unnamed = toMessage(ref, outgoing, taken);
  const contentHash = toContentHash(outgoing.content);
  const { number } = taken.position(conversationTopic(workspace, conversationId));
  const placed = { number, contentHash, view: unnamed };
  const { participants, sender, stored } = await insertMessage(write.tx, outgoing.viewer, placed);
  const message = { ...unnamed, sender };
  requireSameParticipants(ref, before, participants);
  if (!stored) write.abandon(await findRepeated(write.tx, ref, message, contentHash));
  return appendMessageChange(write, ref, { kind: 'SENT', message }, participants);
}

const toMessage = (
  { conversationId }: ConversationRef,
  { senderId, content, clientMessageId }: Outgoing,
  { occurredAt }: Taken,
): MessageView => ({
  id: randomUUID(),
  conversationId,
  sender: toUserView(senderId),
  body: content.body,
  attachments: content.attachments,
  clientMessageId,
  sentAt: occurredAt.toISOString(),
  editedAt: null,
  deletedAt: null,
});

const readStatement: Statement = {
  name: 'read_for_sending',
  text: `
    select user_id from conversation_participants
    where workspace = $1 and conversation_id = $2::uuid`,
};

/** The participants. Throws NOT_FOUND where the sender is none of them. */
async function readForSending(tx: Queries, { workspace, conversationId }: ConversationRef, senderId: string) {
  const rows = isUuid(conversationId)
    ? await tx.run<{ user_id: string }>(readStatement, [workspace, conversationId])
    : [];
  if (!rows.some((row) => row.user_id === senderId)) throw notFound('conversation', conversationId);
  return rows.map((row) => ({ userId: row.user_id }));
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
