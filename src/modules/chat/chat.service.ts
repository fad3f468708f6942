// The service of chat, as its schema and other modules use it: conversations, messages and read receipts together.
import { serviceKey, type Runtime } from '../../schema/context.ts';
import { createConversationsService, type ConversationsService } from './conversations.service.ts';
import { createMessagesService, type MessagesService } from './messages.service.ts';
import { createReceiptsService, type ReceiptsService } from './receipts.service.ts';

export interface ChatService extends ConversationsService, MessagesService, ReceiptsService {}

export const chatService = serviceKey<ChatService>('chat');

export const createChatService = (runtime: Runtime): ChatService => ({
  ...createConversationsService(runtime),
  ...createMessagesService(runtime),
  ...createReceiptsService(runtime),
});
