// The workspace `demo`: people, orders in several states, two conversations and notifications, made through the same
// services that everybody uses. Only `tidings dev` makes it, and only where it is not there yet.
import type { Viewer } from '../auth/viewer.ts';
import { ordersService } from '../modules/orders/orders.service.ts';
import { usersService } from '../modules/users/users.service.ts';
import type { Runtime } from '../schema/context.ts';

const workspace = 'demo';

const people = [
  { id: 'alice', name: 'Alice Meyer' },
  { id: 'bob', name: 'Bob Okafor' },
  { id: 'carol', name: 'Carol Lindqvist' },
  { id: 'dan', name: 'Dan Ito (support)' },
];

export const demoOrderId = '1001';

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
  };
}

export async function prepareDemo(runtime: Runtime): Promise<{ orderId: string; conversationId?: string }> {
  const orders = runtime.use(ordersService);
  const alice = viewerOf('alice');
  if ((await orders.find(alice, demoOrderId)) === null) {
    await runtime.use(usersService).upsert(shop, people);
    await seedOrders(runtime);
  }
  return { orderId: demoOrderId };
}

async function seedOrders(runtime: Runtime): Promise<void> {
  const orders = runtime.use(ordersService);
  const euro = (amount: string) => ({ amount, currency: 'EUR' });
  const headphones = {
    customerId: 'alice',
    total: euro('299.99'),
    itemCount: 1,
    data: { product: 'Headphones' },
  };
  await orders.publishUpdate(shop, {
    orderId: '1002',
    status: 'DELIVERED',
    paymentStatus: 'PAID',
    ...headphones,
  });
  await orders.publishUpdate(shop, {
    orderId: '1003',
    customerId: 'bob',
    status: 'PENDING',
    total: euro('48.50'),
    itemCount: 3,
  });
  await orders.publishUpdate(shop, {
    orderId: '1004',
    customerId: 'carol',
    status: 'CANCELLED',
    paymentStatus: 'REFUNDED',
    total: euro('120.00'),
    itemCount: 2,
    note: 'Cancelled by the customer',
  });
  // Last, so that its presence tells that everything is there.
  await orders.publishUpdate(shop, { orderId: demoOrderId, status: 'PENDING', ...headphones });
  await orders.publishUpdate(shop, {
    orderId: demoOrderId,
    status: 'CONFIRMED',
    paymentStatus: 'PAID',
    notifyCustomer: true,
  });
}
