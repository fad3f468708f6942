// Conversations, who takes part in them and what has been said, as they stand; what happened is in the log.
import {
  bigint,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { jsonColumn } from '../../store/json-column.ts';

/** A file kept elsewhere. */
export interface Attachment {
  readonly url: string;
  readonly name: string;
  readonly contentType: string;
  /** In bytes. */
  readonly size: number | null;
}

export const conversations = pgTable(
  'conversations',
  {
    workspace: text('workspace').notNull(),
    id: uuid('id').notNull(),
    title: text('title'),
    createdBy: text('created_by').notNull(),
    /** The creator's own id for it: the same one with the same content creates it once. */
    clientConversationId: text('client_conversation_id'),
    contentHash: text('content_hash').notNull(),
    /** The number of the newest message; null while nothing has been said. */
    lastMessageNumber: bigint('last_message_number', { mode: 'number' }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    /** Its last change; reading it is none. */
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    uniqueIndex('conversations_client_id').on(table.workspace, table.createdBy, table.clientConversationId),
  ],
);

/** A row changes only while the head of its user's `conversations-of` stream is held. */
export const conversationParticipants = pgTable(
  'conversation_participants',
  {
    workspace: text('workspace').notNull(),
    conversationId: uuid('conversation_id').notNull(),
    userId: text('user_id').notNull(),
    joinedAt: timestamp('joined_at', { withTimezone: true }).notNull(),
    /** Where the conversation's stream stood then: what was said before can be read, but doesn't count as unread. */
    joinedNumber: bigint('joined_number', { mode: 'number' }).notNull(),
    /** null, like the two below, until the participant has marked something as read. Never moves backwards. */
    lastReadMessageId: uuid('last_read_message_id'),
    lastReadNumber: bigint('last_read_number', { mode: 'number' }),
    readAt: timestamp('read_at', { withTimezone: true }),
    /** Messages of others after `joinedNumber` and `lastReadNumber` that are not deleted. */
    unreadCount: integer('unread_count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.conversationId, table.userId] }),
    index('conversations_of_user').on(table.workspace, table.userId),
  ],
);

export const messages = pgTable(
  'messages',
  {
    workspace: text('workspace').notNull(),
    conversationId: uuid('conversation_id').notNull(),
    id: uuid('id').notNull(),
    /** Of its SENT event in the conversation's stream: the order of messages. Other entries have numbers in between. */
    number: bigint('number', { mode: 'number' }).notNull(),
    senderId: text('sender_id').notNull(),
    /** Empty once deleted. */
    body: text('body').notNull(),
    attachments: jsonColumn('attachments').$type<readonly Attachment[]>().notNull(),
    /** The sender's own id for it: the same one with the same content stores it once. */
    clientMessageId: text('client_message_id'),
    /** Of what was sent at first. Once deleted: sealed where there is a client's id, else null. */
    contentHash: text('content_hash'),
    sentAt: timestamp('sent_at', { withTimezone: true }).notNull(),
    editedAt: timestamp('edited_at', { withTimezone: true }),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    uniqueIndex('messages_number').on(table.workspace, table.conversationId, table.number),
    uniqueIndex('messages_client_id').on(
      table.workspace,
      table.conversationId,
      table.senderId,
      table.clientMessageId,
    ),
  ],
);
