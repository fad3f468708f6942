// The workspace `demo`: people, orders in several states, two conversations and notifications, made through the same
// services that everybody uses. Only `tidings dev` makes it, and only where it is not there yet.
import type { Viewer } from '../auth/viewer.ts';
import { chatService } from '../modules/chat/chat.service.ts';
import { notificationsService } from '../modules/notifications/notifications.service.ts';
import { ordersService, type PublishOrderUpdate } from '../modules/orders/orders.service.ts';
import { usersService } from '../modules/users/users.service.ts';
import type { Runtime } from '../schema/context.ts';

const workspace = 'demo';

const people = [
  { id: 'alice', name: 'Alice Meyer' },
  { id: 'bob', name: 'Bob Okafor' },
  { id: 'carol', name: 'Carol Lindqvist' },
  { id: 'dan', name: 'Dan Ito (support)' },
];

const demoOrderId = '1001';
const supportTitle = 'Order 1001';

/** The backend of the demo shop. */
const shop = viewerOf('demo-shop', ['orders:publish', 'notifications:send', 'users:write', 'chat:write']);

function viewerOf(id: string, scopes: readonly string[] = []): Viewer {
  const now = Date.now();
  return {
    id,
    workspace,
    name: null,
    avatarUrl: null,
    roles: new Set(),
    scopes: new Set(scopes),
    rooms: [],
    issuedAt: new Date(now),
    expiresAt: new Date(now + 60_000),
    verifiedUntil: null,
  };
}

/** An interrupted first start is completed by the next one: everything is made with keys, the order to look for last. */
export async function prepareDemo(
  runtime: Runtime,
): Promise<{ readonly orderId: string; readonly conversationId?: string }> {
  const alice = viewerOf('alice');
  if ((await runtime.use(ordersService).find(alice, demoOrderId)) === null) {
    await runtime.use(usersService).upsert(shop, people);
    await seedNotifications(runtime);
    await seedConversations(runtime);
    await seedOrders(runtime);
  }
  const { edges } = await runtime.use(chatService).listConversations(alice, {});
  const support = edges.find(({ node }) => node.title === supportTitle)?.node;
  return { orderId: demoOrderId, ...(support === undefined ? {} : { conversationId: support.id }) };
}

async function seedConversations(runtime: Runtime): Promise<void> {
  const chat = runtime.use(chatService);
  const [alice, bob, dan] = ['alice', 'bob', 'dan'].map((id) => viewerOf(id)) as [Viewer, Viewer, Viewer];
  const support = await chat.createConversation(alice, {
    title: supportTitle,
    participantIds: ['dan'],
    clientConversationId: 'demo-support',
  });
  const team = await chat.createConversation(alice, {
    title: 'Shop floor',
    participantIds: ['bob', 'carol'],
    clientConversationId: 'demo-team',
  });
  const say = (viewer: Viewer, conversationId: string, clientMessageId: string, body: string) =>
    chat.sendMessage(viewer, { conversationId, clientMessageId, body });
  await say(alice, support.id, 'demo-1', 'Hello, when will my headphones arrive?');
  await say(dan, support.id, 'demo-2', 'Hi Alice! They are being packed right now.');
  await say(bob, team.id, 'demo-3', 'The new speakers are in. Who unpacks them?');
}

async function seedNotifications(runtime: Runtime): Promise<void> {
  const notifications = runtime.use(notificationsService);
  await notifications.send(shop, {
    userIds: ['alice', 'bob', 'carol'],
    type: 'SYSTEM',
    title: 'Welcome to the demo',
    body: 'Everything here is made up. Publish something and watch it arrive.',
    idempotencyKey: 'demo-welcome',
  });
  await notifications.send(shop, {
    userIds: ['alice'],
    type: 'PAYMENT',
    priority: 'HIGH',
    title: 'Payment received',
    body: 'Thank you: 299.99 EUR for order 1001.',
    idempotencyKey: 'demo-payment',
  });
}

async function seedOrders(runtime: Runtime): Promise<void> {
  const orders = runtime.use(ordersService);
  const euro = (amount: string) => ({ amount, currency: 'EUR' });
  const publish = (key: string, update: PublishOrderUpdate) =>
    orders.publishUpdate(shop, { ...update, idempotencyKey: `demo-${key}` });
  const headphones = {
    customerId: 'alice',
    total: euro('299.99'),
    itemCount: 1,
    data: { product: 'Headphones' },
  };
  await publish('1002', { orderId: '1002', status: 'DELIVERED', paymentStatus: 'PAID', ...headphones });
  await publish('1003', {
    orderId: '1003',
    customerId: 'bob',
    status: 'PENDING',
    total: euro('48.50'),
    itemCount: 3,
  });
  await publish('1004', {
    orderId: '1004',
    customerId: 'carol',
    status: 'CANCELLED',
    paymentStatus: 'REFUNDED',
    total: euro('120.00'),
    itemCount: 2,
    note: 'Cancelled by the customer',
  });
  // Last: its presence tells that everything is there.
  await publish('1001', { orderId: demoOrderId, status: 'CONFIRMED', paymentStatus: 'PAID', ...headphones });
}
