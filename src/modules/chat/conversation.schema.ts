// The type Conversation: what it holds, and what it loads when asked.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { streamCursor } from '../../schema/stream-cursor.ts';
import { User } from '../users/users.schema.ts';
import { chatLoaders } from './chat.loaders.ts';
import type { ConversationView } from './conversation-view.ts';
import { toMessageSlice } from './message-pages.ts';
import type { SeenBy } from './still-seen.ts';
import { Message, MessageConnection } from './message.schema.ts';
import { ReadReceipt } from './receipt.schema.ts';

export const Conversation = objectRef<ConversationView>('Conversation');

const toSeen = ({ id, userId }: ConversationView): SeenBy => ({ conversationId: id, userId });

export function defineConversations(builder: Builder): void {
  builder.objectType(Conversation, {
    description: 'A conversation, as one of its participants sees it.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The conversation's id." }),
      title: t.exposeString('title', {
        nullable: true,
        description: 'What it is called; null where it has no title.',
      }),
      participants: t.field({
        type: [User],
        description: 'Who takes part, those who joined first in front. Empty for whoever has just left.',
        resolve: async (conversation, _args, context) =>
          (await chatLoaders(context).participants.load(toSeen(conversation))).map(({ user }) => user),
      }),
      messages: t.field({
        type: MessageConnection,
        description:
          'Newest page when neither `before` nor `after` is given; always oldest first within a page. Pages stand still ' +
          'while messages arrive. Empty for whoever has just left.',
        args: {
          first: t.arg.int({ description: 'How many, 1 to 100; 20 unless `first` or `last` is given.' }),
          after: t.arg.string({ description: 'The `endCursor` of a page: the page that follows it.' }),
          last: t.arg.int({
            description: 'How many, 1 to 100. Either `first` or `last`: both mean the size.',
          }),
          before: t.arg.string({
            description: 'The `startCursor` of a page: the page of older messages before it.',
          }),
        },
        resolve: (conversation, args, context) => {
          const slice = toMessageSlice(conversation.id, args);
          return chatLoaders(context).messagePage.load({ slice, userId: conversation.userId });
        },
      }),
      lastMessage: t.field({
        type: Message,
        nullable: true,
        description: 'The newest message, also where it has been deleted; null while nothing has been said.',
        resolve: (conversation, _args, context) =>
          chatLoaders(context).lastMessage.load(toSeen(conversation)),
      }),
      unreadCount: t.exposeInt('unreadCount', {
        perViewer: true,
        description: 'Messages of others that the viewer has not read.',
      }),
      readReceipts: t.field({
        type: [ReadReceipt],
        description: 'How far each participant has read; none of whoever has not marked anything as read.',
        resolve: async (conversation, _args, context) => {
          const participants = await chatLoaders(context).participants.load(toSeen(conversation));
          return participants.flatMap(({ receipt }) => (receipt === null ? [] : [receipt]));
        },
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        description: 'Its last change: a message sent, edited or deleted, participants added or removed.',
      }),
      cursor: t.field(
        streamCursor(
          "Where this conversation's message stream stands: subscribe `after` it and nothing falls between query and subscription.",
        ),
      ),
    }),
  });
}
