// The marketplace: buyer and seller talk, the order moves, visitors look on, and nothing is missed on the train.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  ChatMessageDocument,
  ConversationDocument,
  CreateConversationDocument,
  MarkAllNotificationsReadDocument,
  MarkNotificationReadDocument,
  NotificationsDocument,
  OrderDocument,
  OrderUpdatedDocument,
  PublishOrderUpdateDocument,
  RoomPresenceChangedDocument,
  SendMessageDocument,
} from '../../src/client/generated.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('a marketplace', (stage) => {
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('backend', { workspace, scope: 'orders:publish chat:write' });
    const buyer = await stage.listener('buyer', { workspace, name: 'Bea' });
    const seller = await stage.writer('seller', { workspace, name: 'Sam' });
    return { workspace, backend, buyer, seller };
  };

  it('a service opens the conversation of a sale and speaks for the seller; only the two read it', async () => {
    const { workspace, backend, buyer, seller } = await begin();
    const { createConversation } = await backend.request(CreateConversationDocument, {
      input: { title: 'Lamp', participantIds: ['buyer'], asUserId: 'seller', clientConversationId: 'sale-1' },
    });
    const { id, cursor } = createConversation.conversation as { id: string; cursor?: string };
    const speak = (body: string) =>
      backend.request(SendMessageDocument, { input: { conversationId: id, body, asUserId: 'seller' } });
    await using messages = buyer.subscribe(ChatMessageDocument, {
      conversationId: id,
      after: cursor ?? (await buyer.request(ConversationDocument, { id })).conversation?.cursor,
    });
    await speak('Thank you for buying!');
    expect((await messages.next()).chatMessage.message).toMatchObject({
      body: 'Thank you for buying!',
      sender: { id: 'seller' },
    });
    await buyer.request(SendMessageDocument, { input: { conversationId: id, body: '<b>When?</b>' } });
    // As it was sent: escaping is the page's job.
    expect((await messages.next()).chatMessage.message.body).toBe('<b>When?</b>');
    expect((await seller.request(ConversationDocument, { id })).conversation?.unreadCount).toBe(1);
    await using stranger = await stage.listener('stranger', { workspace, roles: ['staff'] });
    expect(await stranger.request(ConversationDocument, { id })).toEqual({ conversation: null });
    const refused = buyer.request(SendMessageDocument, {
      input: { conversationId: id, body: 'I am Sam', asUserId: 'seller' },
    });
    expect((await failureOf(refused)).code).toBe('FORBIDDEN');
  });

  it('the buyer follows the order through a tunnel, and the badge counts what is unread', async () => {
    const { backend, buyer } = await begin();
    const update = (status: string, notifyCustomer = true) =>
      backend.request(PublishOrderUpdateDocument, {
        input: { orderId: 'o-1', customerId: 'buyer', status, notifyCustomer },
      });
    await update('PENDING');
    const { order } = await buyer.request(OrderDocument, { id: 'o-1' });
    const first = buyer.subscribe(OrderUpdatedDocument, { orderId: 'o-1', after: order?.cursor });
    await update('CONFIRMED');
    const { cursor } = (await first.next()).orderUpdated;
    await first[Symbol.asyncDispose]();
    await update('SHIPPED');
    await update('DELIVERED', false);
    await using again = buyer.subscribe(OrderUpdatedDocument, { orderId: 'o-1', after: cursor });
    const seen = [await again.next(), await again.next()];
    expect(seen.map(({ orderUpdated }) => orderUpdated.order.status)).toEqual(['SHIPPED', 'DELIVERED']);

    const { notifications } = await buyer.request(NotificationsDocument);
    expect(notifications.unreadCount).toBe(3);
    const { markNotificationRead } = await buyer.request(MarkNotificationReadDocument, {
      id: notifications.nodes[0]?.id ?? '',
    });
    expect(markNotificationRead.unreadCount).toBe(2);
    const { markAllNotificationsRead } = await buyer.request(MarkAllNotificationsReadDocument);
    expect(markAllNotificationsRead.unreadCount).toBe(0);
  });

  it('how many look at a product', async () => {
    const { buyer, seller } = await begin();
    const room = `public:product-${randomUUID()}`;
    await using looking = seller.subscribe(RoomPresenceChangedDocument, { room, join: false });
    expect((await looking.next()).roomPresence.count).toBe(0);
    const visit = buyer.subscribe(RoomPresenceChangedDocument, { room });
    expect((await visit.next()).roomPresence.count).toBe(1);
    expect((await looking.next()).roomPresence).toMatchObject({ count: 1, joined: [{ name: 'Bea' }] });
    await visit[Symbol.asyncDispose]();
    expect((await looking.next()).roomPresence).toMatchObject({ count: 0, left: [{ id: 'buyer' }] });
  });
});
