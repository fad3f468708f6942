// Read receipts in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { User } from '../users/users.schema.ts';
import { chatService } from './chat.service.ts';
import { followReceipts } from './follow-receipts.ts';
import type { ReceiptView } from './newer-receipt.ts';
import type { ReadResult } from './receipts.service.ts';

export const ReadReceipt = objectRef<ReceiptView>('ReadReceipt');

export function defineReceipts(builder: Builder): void {
  builder.objectType(ReadReceipt, {
    description: 'How far a participant has read.',
    fields: (t) => ({
      user: t.field({ type: User, description: 'The participant.', resolve: ({ user }) => user }),
      lastReadMessageId: t.exposeID('lastReadMessageId', {
        description:
          'The newest message that the participant has read; everything before it is read as well.',
      }),
      readAt: t.expose('readAt', { type: 'DateTime', description: 'When it was marked as read.' }),
    }),
  });

  const ReadReceiptPayload = builder.objectRef<ReadResult>('ReadReceiptPayload').implement({
    description: 'How far the viewer has read now.',
    fields: (t) => ({
      readReceipt: t.expose('readReceipt', {
        type: ReadReceipt,
        description: "The viewer's receipt; the one that stood before where an older message was marked.",
      }),
      unreadCount: t.exposeInt('unreadCount', {
        description: 'Messages of others that the viewer has not read.',
      }),
    }),
  });
  builder.mutationField('markConversationRead', (t) =>
    t.field({
      rate: 'message',
      type: ReadReceiptPayload,
      description:
        'Marks everything up to a message as read and tells the other participants. Never goes backwards: an older ' +
        'message changes nothing.',
      args: {
        conversationId: t.arg.id({ required: true, description: 'The conversation.' }),
        messageId: t.arg.id({ required: true, description: 'The newest message that the viewer has seen.' }),
      },
      resolve: (_root, { conversationId, messageId }, context) =>
        context.use(chatService).markConversationRead(context.viewer, conversationId, messageId),
    }),
  );

  builder.subscriptionField('readReceipt', (t) =>
    t.field({
      type: ReadReceipt,
      description:
        "First every participant's receipt, then every change. For participants; ends with FORBIDDEN when the viewer is " +
        'removed or leaves. Live state: subscribing again sends everything anew.',
      args: { conversationId: t.arg.id({ required: true, description: 'The conversation.' }) },
      subscribe: (_root, { conversationId }, context) => followReceipts(context, conversationId),
      resolve: (receipt) => receipt,
    }),
  );
}
