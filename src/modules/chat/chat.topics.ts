// The streams of chat: one for each conversation, and one for each user over all of their conversations. Read receipts
// are live state: their channel has the form of a topic, but nothing of it is in the log.
import { toTopic, type Topic } from '../../streams/topic.ts';

export const conversationTopic = (workspace: string, conversationId: string): Topic =>
  toTopic({ workspace, kind: 'conversation', key: conversationId });

export const conversationsOfTopic = (workspace: string, userId: string): Topic =>
  toTopic({ workspace, kind: 'conversations-of', key: userId });

export const receiptsChannel = (workspace: string, conversationId: string): string =>
  toTopic({ workspace, kind: 'receipts', key: conversationId });
