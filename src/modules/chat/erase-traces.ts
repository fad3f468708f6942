// What is left in chat of somebody who is erased, when their messages say nothing any more: titles that they gave, ids that
// their clients made, and when they read what.
import { sql } from 'drizzle-orm';
import type { UserRef } from '../../schema/module.ts';
import type { Queries } from '../../store/store.ts';
import { conversationTopic } from './chat.topics.ts';

/**
 * In one transaction: the entries are found by the rows that it changes. How far they had read stays as a number, because
 * counts are told by it; that it was they who created a conversation stays too. Harmless to repeat.
 */
export async function eraseTraces(tx: Queries, { workspace, userId }: UserRef): Promise<void> {
  await tx.execute(sql`
    update stream_entries as entry
    set payload = jsonb_set(entry.payload::jsonb, '{message,clientMessageId}', 'null'::jsonb)::json
    from messages as message
    where message.workspace = ${workspace} and message.sender_id = ${userId} and message.client_message_id is not null
      and entry.topic = ${conversationTopic(workspace, '')} || message.conversation_id::text
      and entry.subject = message.id::text`);
  await tx.execute(sql`
    update messages set client_message_id = null, content_hash = null
    where workspace = ${workspace} and sender_id = ${userId}
      and (client_message_id is not null or content_hash is not null)`);
  await tx.execute(sql`
    update conversations set title = null, client_conversation_id = null, content_hash = ''
    where workspace = ${workspace} and created_by = ${userId}`);
  await tx.execute(sql`
    update conversation_participants set last_read_message_id = null, read_at = null
    where workspace = ${workspace} and user_id = ${userId}`);
}
