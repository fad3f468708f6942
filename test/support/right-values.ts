// For each mutation what it takes and nobody could complain of, in a workspace where it makes sense.
import { randomUUID } from 'node:crypto';
import type { Runtime } from '../../src/schema/context.ts';
import { everyScope } from './every-scope.ts';
import { ask } from './in-process.ts';
import { testViewer } from './runtime.ts';

/**
 * What there has to be, and what is right: every argument and every field of every mutation, unless it rules another out or
 * needs a connection. Alice may do everything.
 */
export async function furnish(runtime: Runtime) {
  const workspace = `right-${randomUUID()}`;
  const alice = testViewer('alice', { workspace, roles: ['staff'], scopes: everyScope });
  const conversation = await ask<{ createConversation: { conversation: { id: string } } }>(
    runtime,
    alice,
    'mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id } } }',
  );
  const conversationId = conversation.createConversation.conversation.id;
  const { sendMessage } = await ask<{ sendMessage: { message: { id: string } } }>(
    runtime,
    alice,
    `mutation { sendMessage(input: { conversationId: "${conversationId}", body: "Hi" }) { message { id } } }`,
  );
  const messageId = sendMessage.message.id;
  await ask(
    runtime,
    alice,
    'mutation { sendNotification(input: { userIds: ["alice"], type: SYSTEM, title: "T", body: "" }) { recipientCount } }',
  );
  const { notifications } = await ask<{ notifications: { nodes: readonly { id: string }[] } }>(
    runtime,
    alice,
    '{ notifications { nodes { id } } }',
  );
  const id = notifications.nodes[0]?.id;
  const texts = { note: 'A note.', data: { any: 'thing' }, idempotencyKey: 'a key' };
  const right: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    addParticipants: { conversationId, userIds: ['carol'] },
    createConversation: {
      // Only a service acts as somebody else.
      input: { participantIds: ['bob'], title: 'T', clientConversationId: 'c', asUserId: undefined },
    },
    deleteMessage: { messageId },
    editMessage: { input: { messageId, body: 'Hi!' } },
    eraseUser: { userId: 'zoe' },
    grantRoomAccess: { input: { room: 'team', userIds: ['bob'] } },
    markAllNotificationsRead: {},
    markConversationRead: { conversationId, messageId },
    markNotificationRead: { id },
    markNotificationsRead: { ids: [id] },
    publishAnnouncement: { input: { message: 'M', level: 'INFO', public: true, idempotencyKey: 'k' } },
    publishBookingUpdate: {
      input: {
        ...texts,
        bookingId: 'b',
        customerId: 'alice',
        status: 'REQUESTED',
        serviceName: 'S',
        scheduledFor: '2026-12-01T10:00:00Z',
        notifyCustomer: true,
      },
    },
    publishInventoryAlert: {
      input: { kind: 'LOW_STOCK', productId: 'p', productName: 'P', stockLevel: 1, idempotencyKey: 'k' },
    },
    publishOrderUpdate: {
      input: {
        ...texts,
        orderId: 'o',
        customerId: 'alice',
        status: 'PENDING',
        paymentStatus: 'UNPAID',
        itemCount: 1,
        total: { amount: '9.50', currency: 'EUR' },
        trackingNumber: 'T1',
        notifyCustomer: true,
      },
    },
    publishRoomEvent: { input: { room: 'team', name: 'happened', data: 1, idempotencyKey: 'k' } },
    removeParticipants: { conversationId, userIds: ['carol'] },
    revokeRoomAccess: { input: { room: 'team', userIds: ['bob'] } },
    revokeSessions: { userId: 'zoe' },
    sendMessage: {
      input: {
        conversationId,
        body: 'Hi',
        attachments: [{ url: 'https://example.com/f', name: 'f', contentType: 'text/plain', size: 1 }],
        clientMessageId: 'm',
        asUserId: undefined,
      },
    },
    sendNotification: {
      input: {
        userIds: ['alice'],
        workspace: undefined,
        type: 'SYSTEM',
        priority: 'NORMAL',
        title: 'T',
        body: 'B',
        url: 'https://example.com/',
        data: 1,
        idempotencyKey: 'k',
      },
    },
    setTyping: { conversationId, isTyping: true },
    upsertUsers: { users: [{ id: 'bob', name: 'Bob', avatarUrl: 'https://example.com/bob.png' }] },
  };
  return { runtime, workspace, alice, right };
}
