// Chat in the schema: conversations, messages, read receipts.
import type { Builder } from '../../schema/builder.ts';
import { defineConversationFields } from './conversation-fields.schema.ts';
import { defineConversations } from './conversation.schema.ts';
import { defineMessages } from './message.schema.ts';
import { defineReceipts } from './receipt.schema.ts';

export function defineChat(builder: Builder): void {
  defineMessages(builder);
  defineReceipts(builder);
  defineConversations(builder);
  defineConversationFields(builder);
}
