// Conversations in the schema: reading, changing and following them. Authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { connectionFields } from '../../schema/connection.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import type { Page } from '../../schema/page.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { afterDescription, streamCursor } from '../../schema/stream-cursor.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import type { ConversationChangeKind, ConversationUpdateEntry } from './chat.events.ts';
import { chatLoaders } from './chat.loaders.ts';
import { chatService } from './chat.service.ts';
import { conversationsOfTopic } from './chat.topics.ts';
import type { ConversationView } from './conversation-view.ts';
import { Conversation } from './conversation.schema.ts';

const ConversationUpdate = objectRef<ConversationUpdateEntry>('ConversationUpdate');

export function defineConversationFields(builder: Builder): void {
  defineQueries(builder);
  defineMutations(builder);
  defineSubscription(builder);
}

function defineQueries(builder: Builder): void {
  type ConversationPage = Page<ConversationView> & { readonly position: StreamPosition };
  const words = { one: 'conversation', many: 'conversations' };
  const pageFields = connectionFields<ConversationView, ConversationPage>(
    builder,
    'Conversation',
    Conversation,
    words,
  );
  const ConversationConnection = builder.objectRef<ConversationPage>('ConversationConnection').implement({
    description: 'A page of conversations, the last changed first.',
    fields: (t) => ({
      ...pageFields(t),
      cursor: t.field(
        streamCursor(
          "Where the stream over all of the viewer's conversations stands: subscribe to conversationUpdated `after` it.",
        ),
      ),
    }),
  });

  builder.queryFields((t) => ({
    conversation: t.field({
      type: Conversation,
      nullable: true,
      description: 'One conversation, for its participants; null where there is none for the viewer.',
      args: { id: t.arg.id({ required: true, description: "The conversation's id." }) },
      resolve: (_root, { id }, context) => chatLoaders(context).conversation.load(id),
    }),
    conversations: t.field({
      type: ConversationConnection,
      description: "The viewer's own conversations, the last changed first.",
      args: {
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        after: t.arg.string({ description: 'The `endCursor` of the page before.' }),
      },
      resolve: (_root, args, context) => context.use(chatService).listConversations(context.viewer, args),
    }),
  }));
}

function defineMutations(builder: Builder): void {
  const CreateConversationInput = builder.inputType('CreateConversationInput', {
    description: 'A conversation to begin.',
    fields: (t) => ({
      title: t.string({ description: 'What to call it, 1 to 256 characters.' }),
      participantIds: t.idList({
        required: true,
        description: 'Who takes part, at most 500. The viewer is a participant in any case.',
      }),
      clientConversationId: t.string({
        description:
          "The creator's own id, at most 256 characters. The same id with the same content returns the first conversation; " +
          'with other content it is CONFLICT. Retry with it freely.',
      }),
      asUserId: t.id({ description: 'Services with the scope chat:write act as this user.' }),
    }),
  });
  const ConversationPayload = builder
    .objectRef<{ readonly conversation: ConversationView }>('ConversationPayload')
    .implement({
      description: 'The conversation after the change.',
      fields: (t) => ({
        conversation: t.expose('conversation', {
          type: Conversation,
          description: 'The conversation as it stands now. Without its messages for whoever has just left.',
        }),
      }),
    });
  const participantArgs = (t: ParticipantArguments, who: string) => ({
    conversationId: t.arg.id({
      required: true,
      description: 'A conversation that the viewer takes part in.',
    }),
    userIds: t.arg.idList({ required: true, description: `${who}, at most 500 at a time.` }),
  });

  builder.mutationFields((t) => ({
    createConversation: t.field({
      rate: 'message',
      type: ConversationPayload,
      description: 'Begins a conversation.',
      args: {
        input: t.arg({ type: CreateConversationInput, required: true, description: 'The conversation.' }),
      },
      resolve: async (_root, { input }, context) => ({
        conversation: await context.use(chatService).createConversation(context.viewer, input),
      }),
    }),
    addParticipants: t.field({
      rate: 'message',
      type: ConversationPayload,
      description:
        'Lets others take part, up to 500 in all. They can read everything that was said before; it does not count as ' +
        'unread. Adding somebody again is harmless.',
      args: participantArgs(t, 'Who is to take part'),
      resolve: async (_root, { conversationId, userIds }, context) => ({
        conversation: await context.use(chatService).addParticipants(context.viewer, conversationId, userIds),
      }),
    }),
    removeParticipants: t.field({
      rate: 'message',
      type: ConversationPayload,
      description:
        'A participant removes others or leaves. Their live subscriptions to the conversation end with FORBIDDEN. ' +
        'Removing somebody who takes no part is harmless.',
      args: participantArgs(t, 'Who is to take part no more'),
      resolve: async (_root, { conversationId, userIds }, context) => ({
        conversation: await context
          .use(chatService)
          .removeParticipants(context.viewer, conversationId, userIds),
      }),
    }),
  }));
}

type ParticipantArguments = Parameters<Parameters<Builder['mutationField']>[1]>[0];

function defineSubscription(builder: Builder): void {
  const ConversationChangeKind = builder.enumType('ConversationChangeKind', {
    description: 'What happened to a conversation.',
    values: {
      CREATED: { description: 'It is new.' },
      MESSAGE_SENT: { description: 'Somebody said something.' },
      MESSAGE_EDITED: { description: 'The text of a message was changed.' },
      MESSAGE_DELETED: { description: 'A message was deleted.' },
      READ: { description: 'The viewer has read it, perhaps on another device.' },
      PARTICIPANTS_CHANGED: {
        description: 'Others were added or removed; also the first that somebody hears who was added.',
      },
      LEFT: { description: 'The viewer has left or was removed.' },
    } satisfies Record<ConversationChangeKind, { description: string }>,
  });
  builder.objectType(ConversationUpdate, {
    description: 'Keeps a list of conversations live: one stream per user over all of their conversations.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({
        type: ConversationChangeKind,
        description: 'What happened.',
        resolve: ({ payload }) => payload.kind,
      }),
      conversation: t.field({
        type: Conversation,
        nullable: true,
        atDelivery: true,
        description:
          'The conversation as it stands when the event is delivered, later changes included. null once the viewer is no ' +
          'longer a participant.',
        resolve: ({ payload }, _args, context) =>
          payload.kind === 'LEFT' ? null : chatLoaders(context).conversation.load(payload.conversationId),
      }),
      conversationId: t.id({
        description: "The conversation's id, also where `conversation` is null.",
        resolve: ({ payload }) => payload.conversationId,
      }),
      unreadCount: t.int({
        description: 'Messages of others in it that the viewer has not read, right after this event.',
        resolve: ({ payload }) => payload.unreadCount,
      }),
    }),
  });
  builder.subscriptionField('conversationUpdated', (t) =>
    t.field({
      type: ConversationUpdate,
      description:
        "What happens to the viewer's own conversations, new ones included. Durable: nothing is lost between a `cursor` " +
        'and the subscription `after` it.',
      args: {
        after: t.arg({
          type: 'Cursor',
          description: afterDescription,
        }),
      },
      subscribe: (_root, { after }, context) =>
        openEventStream(context, {
          topic: conversationsOfTopic(context.viewer.workspace, context.viewer.id),
          after,
          anewFrom: '`conversations`',
          authorize: () => 'participant',
        }),
      resolve: (entry) => entry as ConversationUpdateEntry,
    }),
  );
}
