// A workspace of a test's own in which people chat, on the services themselves.
import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { ChatMessagePayload, ConversationUpdatePayload } from '../../src/modules/chat/chat.events.ts';
import { chatService, type ChatService } from '../../src/modules/chat/chat.service.ts';
import { conversationsOfTopic, conversationTopic } from '../../src/modules/chat/chat.topics.ts';
import type { SendMessage } from '../../src/modules/chat/messages.service.ts';
import type { Runtime } from '../../src/schema/context.ts';
import { streamEntries } from '../../src/streams/log.tables.ts';
import type { Topic } from '../../src/streams/topic.ts';
import { testViewer } from './runtime.ts';

export type StoredEntry = Pick<typeof streamEntries.$inferSelect, 'number' | 'kind' | 'payload'>;

export interface ChatStage {
  readonly workspace: string;
  readonly chat: ChatService;
  viewer(id: string, rest?: { roles?: readonly string[]; scopes?: readonly string[] }): Viewer;
  /** Made by the first of them. Answers its id. */
  begin(...userIds: [string, ...string[]]): Promise<string>;
  send(
    userId: string,
    conversationId: string,
    input?: string | Partial<SendMessage>,
  ): ReturnType<ChatService['sendMessage']>;
  /** Everything in the conversation's stream, control entries included. */
  entries(conversationId: string): Promise<readonly StoredEntry[]>;
  messageEvents(conversationId: string): Promise<readonly ChatMessagePayload[]>;
  /** Everything in the stream over the user's conversations. */
  updates(userId: string): Promise<readonly ConversationUpdatePayload[]>;
  /** null where the user takes no part. */
  unread(userId: string, conversationId: string): Promise<number | null>;
}

export function createChatStage(runtime: Runtime): ChatStage {
  const workspace = `w-${randomUUID()}`;
  const chat = runtime.use(chatService);
  const viewer: ChatStage['viewer'] = (id, rest = {}) => testViewer(id, { workspace, ...rest });
  const read = async (topic: Topic): Promise<readonly StoredEntry[]> =>
    runtime.store.queries
      .select({ number: streamEntries.number, kind: streamEntries.kind, payload: streamEntries.payload })
      .from(streamEntries)
      .where(eq(streamEntries.topic, topic))
      .orderBy(asc(streamEntries.number));
  const entries: ChatStage['entries'] = (id) => read(conversationTopic(workspace, id));
  return {
    workspace,
    chat,
    viewer,
    entries,
    async begin(creator, ...others) {
      return (await chat.createConversation(viewer(creator), { participantIds: others })).id;
    },
    send: (userId, conversationId, input = 'Hello') =>
      chat.sendMessage(viewer(userId), {
        conversationId,
        body: 'Hello',
        ...(typeof input === 'string' ? { body: input } : input),
      }),
    messageEvents: async (id) =>
      (await entries(id))
        .filter(({ kind }) => kind === 'event')
        .map(({ payload }) => payload as ChatMessagePayload),
    updates: async (userId) =>
      (await read(conversationsOfTopic(workspace, userId))).map(
        ({ payload }) => payload as ConversationUpdatePayload,
      ),
    unread: async (userId, id) =>
      (await chat.findConversations(viewer(userId), [id]))[0]?.unreadCount ?? null,
  };
}
