// Messages in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { connectionFields } from '../../schema/connection.ts';
import type { Context } from '../../schema/context.ts';
import type { Page } from '../../schema/page.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { afterDescription, streamCursor } from '../../schema/stream-cursor.ts';
import { User } from '../users/users.schema.ts';
import type { chatMessageKinds } from './chat.events.ts';
import type { ChatMessageEntry } from './chat.events.ts';
import { chatService } from './chat.service.ts';
import type { Attachment } from './chat.tables.ts';
import { openConversationStream } from './conversation-access.ts';
import type { ChangedMessage } from './message-change.ts';
import type { MessageView } from './message-view.ts';

export const Message = objectRef<MessageView>('Message');
export const MessageConnection = objectRef<Page<MessageView>>('MessageConnection');
const AttachmentRef = objectRef<Attachment>('Attachment');
const ChatMessageEvent = objectRef<ChatMessageEntry>('ChatMessageEvent');

export function defineMessages(builder: Builder): void {
  defineMessage(builder);
  definePages(builder);
  defineMutations(builder);
  defineSubscription(builder);
}

function defineMessage(builder: Builder): void {
  builder.objectType(AttachmentRef, {
    description: 'A file kept elsewhere.',
    fields: (t) => ({
      url: t.exposeString('url', { description: 'Its https address.' }),
      name: t.exposeString('name', { description: 'The name to show.' }),
      contentType: t.exposeString('contentType', { description: 'Its media type, for example "image/png".' }),
      size: t.exposeInt('size', {
        nullable: true,
        description: 'In bytes; null where the sender has not told.',
      }),
    }),
  });

  builder.objectType(Message, {
    description: 'A message of a conversation.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The message's id." }),
      conversationId: t.exposeID('conversationId', { description: 'The conversation that it belongs to.' }),
      sender: t.field({ type: User, description: 'Who sent it.', resolve: ({ sender }) => sender }),
      body: t.exposeString('body', {
        description: 'The text, as sent or as last edited. Empty once deleted.',
      }),
      sentAt: t.expose('sentAt', { type: 'DateTime', description: 'When it was sent.' }),
      editedAt: t.expose('editedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When its text was last changed; null where it stands as sent.',
      }),
      deletedAt: t.expose('deletedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was deleted: text and attachments are gone, its place stays.',
      }),
      attachments: t.field({
        type: [AttachmentRef],
        description: 'Files that came with it. None once deleted.',
        resolve: ({ attachments }) => [...attachments],
      }),
      clientMessageId: t.exposeString('clientMessageId', {
        nullable: true,
        description: "The sender's own id for the message: the same one sent twice stores one message.",
      }),
    }),
  });
}

function definePages(builder: Builder): void {
  const words = { one: 'message', many: 'messages' };
  const pageFields = connectionFields<MessageView, Page<MessageView>>(builder, 'Message', Message, words);
  builder.objectType(MessageConnection, {
    description: 'A page of messages, oldest first. Deleted ones keep their place.',
    fields: pageFields,
  });
}

function defineMutations(builder: Builder): void {
  const AttachmentInput = builder.inputType('AttachmentInput', {
    description: 'A file kept elsewhere.',
    fields: (t) => ({
      url: t.string({ required: true, description: 'Its https address.' }),
      name: t.string({ required: true, description: 'The name to show, 1 to 256 characters.' }),
      contentType: t.string({
        required: true,
        description: 'Its media type, for example "image/png", at most 128 characters.',
      }),
      size: t.int({ description: 'In bytes.' }),
    }),
  });
  const SendMessageInput = builder.inputType('SendMessageInput', {
    description: 'A message to send.',
    fields: (t) => ({
      conversationId: t.id({ required: true, description: 'The conversation; its sender takes part in it.' }),
      body: t.string({
        required: true,
        description: '1 to 10,000 characters; may be empty where there are attachments. Stored as sent.',
      }),
      attachments: t.field({ type: [AttachmentInput], description: 'At most 10, with https addresses.' }),
      clientMessageId: t.string({
        description:
          "The sender's own id, at most 256 characters. The same id with the same content returns the first message; with " +
          'other content it is CONFLICT. Retry with it freely.',
      }),
      asUserId: t.id({ description: 'Services with the scope chat:write act as this user.' }),
    }),
  });
  const EditMessageInput = builder.inputType('EditMessageInput', {
    description: 'A new text for a message.',
    fields: (t) => ({
      messageId: t.id({ required: true, description: "The message; one of the viewer's own." }),
      body: t.string({
        required: true,
        description: '1 to 10,000 characters; may be empty where the message has attachments.',
      }),
    }),
  });

  const MessagePayload = builder.objectRef<ChangedMessage>('MessagePayload').implement({
    description: 'The message after the change.',
    fields: (t) => ({
      message: t.expose('message', { type: Message, description: 'The message as it stands now.' }),
      cursor: t.field(streamCursor("Where the conversation's message stream stands after this change.")),
    }),
  });

  builder.mutationFields((t) => ({
    sendMessage: t.field({
      rate: 'message',
      type: MessagePayload,
      description: 'Sends a message to a conversation that the viewer takes part in.',
      args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
      resolve: (_root, { input }, context) => context.use(chatService).sendMessage(context.viewer, input),
    }),
    editMessage: t.field({
      rate: 'message',
      type: MessagePayload,
      description:
        "Changes the text of one of the viewer's own messages; FORBIDDEN for those of others, CONFLICT for a deleted one. " +
        'The text that it has already changes nothing.',
      args: { input: t.arg({ type: EditMessageInput, required: true, description: 'The new text.' }) },
      resolve: (_root, { input }, context) => context.use(chatService).editMessage(context.viewer, input),
    }),
    deleteMessage: t.field({
      rate: 'message',
      type: MessagePayload,
      description:
        "Deletes one of the viewer's own messages, or as staff anyone's in a conversation that they take part in. Text and " +
        'attachments are gone for good, the place in the conversation stays. Deleting it again is harmless.',
      args: { messageId: t.arg.id({ required: true, description: 'The message.' }) },
      resolve: (_root, { messageId }, context) =>
        context.use(chatService).deleteMessage(context.viewer, messageId),
    }),
  }));
}

function defineSubscription(builder: Builder): void {
  const ChatMessageKind = builder.enumType('ChatMessageKind', {
    description: 'What happened to a message.',
    values: {
      SENT: { description: 'It is new.' },
      EDITED: { description: 'Its text was changed.' },
      DELETED: { description: 'Its text and attachments are gone.' },
    } satisfies Record<(typeof chatMessageKinds)[number], { description: string }>,
  });
  builder.objectType(ChatMessageEvent, {
    description: 'Something happened to a message of a conversation.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({
        type: ChatMessageKind,
        description: 'What happened to it.',
        resolve: ({ payload }) => payload.kind,
      }),
      message: t.field({
        type: Message,
        description:
          'The message as it stood right after this event; empty where it has been deleted since, whatever the event.',
        resolve: ({ payload }) => payload.message,
      }),
    }),
  });
  builder.subscriptionField('chatMessage', (t) =>
    t.field({
      type: ChatMessageEvent,
      description:
        'What is said in a conversation, for its participants; ends with FORBIDDEN when the viewer is removed or leaves. ' +
        'Durable: nothing is lost between a `cursor` and the subscription `after` it.',
      args: {
        conversationId: t.arg.id({ required: true, description: 'The conversation to follow.' }),
        after: t.arg({
          type: 'Cursor',
          description: afterDescription,
        }),
      },
      subscribe: (_root, { conversationId, after }, context: Context) =>
        openConversationStream(context, conversationId, { after }),
      resolve: (entry) => entry as ChatMessageEntry,
    }),
  );
}
