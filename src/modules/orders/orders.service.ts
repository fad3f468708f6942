// Orders: publishing an update, and reading orders for whoever may see them.
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import type { UserRef } from '../../schema/module.ts';
import { optionalIdempotencyKey, requireFirst, requireId } from '../../schema/input.ts';
import { parsePageCursor, placeMoment, placeText, toPage, type Page } from '../../schema/page.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import { publishOnce, type Published } from '../../streams/publish-once.ts';
import { SharedWork, Turns } from '../../streams/shared-work.ts';
import type { Queries } from '../../store/store.ts';
import { toTitle, type NotificationDraft } from '../notifications/notification-draft.ts';
import { notificationsService } from '../notifications/notifications.service.ts';
import { eraseCustomer } from '../users/erase-customer.ts';
import { requireCustomer, requireSameCustomer } from '../users/customers.ts';
import { toUserView } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import {
  applyUpdate,
  requireOrderChange,
  type OrderChange,
  type OrderUpdatePayload,
  type OrderView,
} from './apply-update.ts';
import { toImpersonal } from './impersonal-order.ts';
import {
  readCustomer,
  readCustomers,
  readForUpdate,
  scrubOrders,
  startWriting,
  type OrderRef,
} from './order-rows.ts';
import { mayFollowOrder, requireMayListOrders, requireMayPublishOrders } from './orders.policy.ts';
import { orders } from './orders.tables.ts';
import { orderTopic, ordersOfTopic } from './orders.topics.ts';

export interface PublishOrderUpdate extends OrderChange {
  readonly orderId: string;
  readonly customerId?: string | null | undefined;
  readonly notifyCustomer?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export type OrderUpdateEntry = EntryOf<OrderUpdatePayload>;
export type OrderPage = Page<OrderView> & { readonly position: StreamPosition };

export interface OrdersService {
  publishUpdate(viewer: Viewer, input: PublishOrderUpdate): Promise<Published<OrderUpdateEntry>>;
  /** null where it does not exist for this viewer. */
  find(viewer: Viewer, id: string): Promise<OrderView | null>;
  /** Throws NOT_FOUND where the order does not exist for this viewer. */
  requireMayFollow(viewer: Viewer, id: string): Promise<AuthorizationClass>;
  list(
    viewer: Viewer,
    page: {
      customerId?: string | null | undefined;
      first?: number | null | undefined;
      after?: string | null | undefined;
    },
  ): Promise<OrderPage>;
  /** Takes out what orders say of a customer who is erased. Harmless to repeat. */
  eraseCustomer(user: UserRef): Promise<void>;
}

export const ordersService = serviceKey<OrdersService>('orders');

const orderList = 'orders';
const orderPlace = z.tuple([placeMoment, placeText]);

export function createOrdersService(runtime: Runtime): OrdersService {
  const { log, store } = runtime;
  /** Subscribers who come at once, as after a node's death, ask together. */
  const customers = new SharedWork<OrderRef, string | null>(new Turns(1), async (asked) => {
    const found = await readCustomers(store.queries, asked);
    // Whoever is beyond what one statement asks for is asked for with the next.
    return asked.map((_, place) => found[place]);
  });

  return {
    async publishUpdate(viewer, input) {
      requireMayPublishOrders(viewer);
      const { workspace } = viewer;
      const thing = { kind: 'order', id: requireId('orderId', input.orderId) };
      const customerTold = input.customerId ?? null;
      const notifiesCustomer = input.notifyCustomer === true;
      const change = requireOrderChange(input);
      const topic = orderTopic(workspace, thing.id);
      const request = {
        workspace,
        field: 'publishOrderUpdate',
        publisher: viewer.id,
        key: optionalIdempotencyKey(input.idempotencyKey),
        content: { ...change, orderId: thing.id, customerTold, notifiesCustomer },
        topic,
      };
      return publishOnce<OrderUpdateEntry>(log, request, async (write, claim) => {
        const customerId = await requireCustomer(thing, customerTold, () =>
          readCustomer(write.tx, workspace, thing.id),
        );
        const collection = ordersOfTopic(workspace, customerId);
        const notifications = runtime.use(notificationsService);
        const inbox = notifiesCustomer ? [notifications.topicOf(workspace, customerId)] : [];
        // One round trip: the order is read after its head is locked, as the statement behind it.
        const [taken, known] = await Promise.all([
          write.take([topic, collection, ...inbox]),
          readForUpdate(write.tx, workspace, thing.id, customerId),
        ]);
        await claim(taken);
        const { previous, customer } = known;
        requireSameCustomer(thing, customer.id, customerId);
        const position = { topic, ...taken.position(topic) };
        const moment = { occurredAt: taken.occurredAt.toISOString(), position };
        const payload = applyUpdate(previous, { id: thing.id, customer }, change, moment);
        startWriting(write.tx, workspace, payload.order);
        write.append({ topic: collection, payload });
        if (inbox.length > 0) {
          const draft = toNotification(payload);
          await notifications.deliver(write, workspace, [customerId], draft, taken.occurredAt);
        }
        return write.append({ topic, payload }) as OrderUpdateEntry;
      });
    },

    async find(viewer, id) {
      requireId('id', id);
      const order = await findOrder(store.queries, viewer.workspace, id);
      return order !== null && mayFollowOrder(viewer, { customerId: order.customer.id }) !== null
        ? order
        : null;
    },

    async requireMayFollow(viewer, id) {
      const customerId = await customers.ask({ workspace: viewer.workspace, id });
      const admitted = customerId === null ? null : mayFollowOrder(viewer, { customerId });
      if (admitted === null) throw notFound('order', id);
      return admitted;
    },

    async list(viewer, page) {
      const customerId = requireId('customerId', page.customerId ?? viewer.id);
      requireMayListOrders(viewer, customerId);
      const first = requireFirst(page.first, { fallback: 20, max: 100 });
      const after = parsePageCursor('after', orderList, page.after, orderPlace);
      // The head first: the cursor must not be newer than the data beside it.
      const topic = ordersOfTopic(viewer.workspace, viewer.id);
      const position = { topic, ...(await log.head(topic)) };
      const items = await selectOrders(store.queries)
        .where(
          and(
            eq(orders.workspace, viewer.workspace),
            eq(orders.customerId, customerId),
            after === null
              ? undefined
              : sql`(${orders.createdAt}, ${orders.id}) < (${after[0]}::timestamptz, ${after[1]})`,
          ),
        )
        .orderBy(desc(orders.createdAt), desc(orders.id))
        .limit(first + 1);
      const placeOf = (order: OrderView) => [order.createdAt, order.id];
      return { ...toPage(orderList, items.map(toView), { first, after, placeOf }), position };
    },

    async eraseCustomer({ workspace, userId }) {
      const ownedByThem = and(eq(orders.workspace, workspace), eq(orders.customerId, userId));
      const rows = await store.queries.select({ id: orders.id }).from(orders).where(ownedByThem);
      await eraseCustomer(store, {
        ids: rows.map(({ id }) => id),
        topicOf: (id) => orderTopic(workspace, id),
        collection: ordersOfTopic(workspace, userId),
        scrub: (tx, ids) => scrubOrders(tx, workspace, ids),
        rewrite: (payload) => toImpersonal(payload as OrderUpdatePayload),
      });
    },
  };
}

async function findOrder(queries: Queries, workspace: string, id: string): Promise<OrderView | null> {
  const [row] = await selectOrders(queries).where(and(eq(orders.workspace, workspace), eq(orders.id, id)));
  return row === undefined ? null : toView(row);
}

const selectOrders = (queries: Queries) =>
  queries
    .select({ order: orders, customer: { name: users.name, avatarUrl: users.avatarUrl } })
    .from(orders)
    .leftJoin(users, and(eq(users.workspace, orders.workspace), eq(users.id, orders.customerId)))
    .$dynamic();

type OrderRow = Awaited<ReturnType<typeof selectOrders>>[number];

function toView({ order, customer }: OrderRow): OrderView {
  const { totalAmount, totalCurrency } = order;
  return {
    id: order.id,
    customer: toUserView(order.customerId, customer),
    status: order.status,
    paymentStatus: order.paymentStatus,
    total:
      totalAmount === null || totalCurrency === null
        ? null
        : { amount: totalAmount, currency: totalCurrency },
    itemCount: order.itemCount,
    trackingNumber: order.trackingNumber,
    data: order.data,
    timeline: order.timeline,
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    position: { topic: orderTopic(order.workspace, order.id), number: order.number, eventId: order.eventId },
  };
}

const toNotification = ({ order, note }: OrderUpdatePayload): NotificationDraft => ({
  type: 'ORDER',
  priority: 'NORMAL',
  title: toTitle(`Order ${order.id}: ${order.status.toLowerCase().replaceAll('_', ' ')}`),
  body: note ?? '',
  data: { orderId: order.id, status: order.status },
  url: null,
});
