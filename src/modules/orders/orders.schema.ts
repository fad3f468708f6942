// Orders in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { connectionFields } from '../../schema/connection.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import { requireId } from '../../schema/input.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { idempotencyKeyDescription, publishedType } from '../../schema/publishing.ts';
import { afterDescription, streamCursor } from '../../schema/stream-cursor.ts';
import { User } from '../users/users.schema.ts';
import type { OrderView } from './apply-update.ts';
import type { Money } from './money.ts';
import { ordersService, type OrderPage, type OrderUpdateEntry } from './orders.service.ts';
import type { OrderStatus, OrderTransition, PaymentStatus } from './orders.tables.ts';
import { orderTopic, ordersOfTopic } from './orders.topics.ts';

export const Order = objectRef<OrderView>('Order');
const OrderUpdate = objectRef<OrderUpdateEntry>('OrderUpdate');
const MoneyRef = objectRef<Money>('Money');
const OrderTransitionRef = objectRef<OrderTransition>('OrderTransition');

export function defineOrders(builder: Builder): void {
  const types = defineTypes(builder);
  defineQueries(builder);
  defineMutation(builder, types);
  defineSubscription(builder);
}

function defineTypes(builder: Builder) {
  const OrderStatusEnum = builder.enumType('OrderStatus', {
    description: 'Where an order is. Any status may follow any other: the shop is the authority.',
    values: {
      PENDING: { description: 'Received, and not yet accepted.' },
      CONFIRMED: { description: 'Accepted by the shop.' },
      PROCESSING: { description: 'Being made ready.' },
      SHIPPED: { description: 'Handed over to the carrier.' },
      OUT_FOR_DELIVERY: { description: 'On its last way.' },
      DELIVERED: { description: 'With the customer.' },
      CANCELLED: { description: 'Called off.' },
      RETURNED: { description: 'Sent back.' },
    } satisfies Record<OrderStatus, { description: string }>,
  });
  const PaymentStatusEnum = builder.enumType('PaymentStatus', {
    description: 'What has become of the payment.',
    values: {
      UNPAID: { description: 'Nothing has been paid.' },
      AUTHORIZED: { description: 'The money is reserved.' },
      PAID: { description: 'The money is there.' },
      REFUNDED: { description: 'The money was given back.' },
      FAILED: { description: 'The payment was refused.' },
    } satisfies Record<PaymentStatus, { description: string }>,
  });

  builder.objectType(MoneyRef, {
    description: 'An amount of money.',
    fields: (t) => ({
      amount: t.exposeString('amount', { description: 'Decimal string, for example "299.99".' }),
      currency: t.exposeString('currency', { description: 'ISO 4217 code.' }),
    }),
  });

  builder.objectType(OrderTransitionRef, {
    description: 'A change of status that an order went through.',
    fields: (t) => ({
      status: t.expose('status', { type: OrderStatusEnum, description: 'The status it changed to.' }),
      note: t.exposeString('note', { nullable: true, description: 'What the shop said about it.' }),
      occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it was published.' }),
    }),
  });

  builder.objectType(Order, {
    description: 'An order of a customer.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The shop's own id for the order." }),
      customer: t.field({
        type: User,
        description: 'Whose order it is; never changes.',
        resolve: (order) => order.customer,
      }),
      status: t.expose('status', { type: OrderStatusEnum, description: 'Where it is.' }),
      paymentStatus: t.expose('paymentStatus', {
        type: PaymentStatusEnum,
        description: 'What has become of the payment.',
      }),
      total: t.expose('total', {
        type: MoneyRef,
        nullable: true,
        description: 'What it costs; null where the shop has not told.',
      }),
      itemCount: t.exposeInt('itemCount', {
        nullable: true,
        description: 'How many items it has; null where the shop has not told.',
      }),
      trackingNumber: t.exposeString('trackingNumber', {
        nullable: true,
        description: "The carrier's number for the parcel.",
      }),
      data: t.expose('data', {
        type: 'JSON',
        nullable: true,
        description: 'What else the application wants to show.',
      }),
      timeline: t.field({
        type: [OrderTransitionRef],
        description: 'Every status the order has had, oldest first.',
        resolve: (order) => [...order.timeline],
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first published.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last published.' }),
      cursor: t.field(
        streamCursor(
          "Where this order's event stream stands: subscribe `after` it and nothing falls between query and subscription.",
        ),
      ),
    }),
  });

  builder.objectType(OrderUpdate, {
    description: 'Something happened to an order.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      order: t.field({
        type: Order,
        description: 'The order as it stood right after this update.',
        resolve: ({ payload }) => payload.order,
      }),
      previousStatus: t.field({
        type: OrderStatusEnum,
        nullable: true,
        description: "null for the order's first event.",
        resolve: ({ payload }) => payload.previousStatus,
      }),
      note: t.string({
        nullable: true,
        description: 'What the shop said about it.',
        resolve: ({ payload }) => payload.note,
      }),
    }),
  });
  return { OrderStatusEnum, PaymentStatusEnum };
}

function defineQueries(builder: Builder): void {
  const words = { one: 'order', many: 'orders' };
  const pageFields = connectionFields<OrderView, OrderPage>(builder, 'Order', Order, words);
  const OrderConnection = builder.objectRef<OrderPage>('OrderConnection').implement({
    description: 'A page of orders, newest first.',
    fields: (t) => ({
      ...pageFields(t),
      cursor: t.field(streamCursor("Where the stream of the viewer's own orders stands.")),
    }),
  });

  builder.queryFields((t) => ({
    order: t.field({
      type: Order,
      nullable: true,
      description: 'One order, for its customer and staff; null where there is none for the viewer.',
      args: { id: t.arg.id({ required: true, description: "The order's id." }) },
      resolve: (_root, { id }, context) => context.use(ordersService).find(context.viewer, id),
    }),
    orders: t.field({
      type: OrderConnection,
      description: "The viewer's own orders, newest first; staff may name a customer.",
      args: {
        customerId: t.arg.id({
          description: 'Whose orders; needs the role staff where that is not the viewer.',
        }),
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        after: t.arg.string({ description: 'The `endCursor` of the page before.' }),
      },
      resolve: (_root, args, context) => context.use(ordersService).list(context.viewer, args),
    }),
  }));
}

function defineMutation(
  builder: Builder,
  { OrderStatusEnum, PaymentStatusEnum }: ReturnType<typeof defineTypes>,
): void {
  const MoneyInput = builder.inputType('MoneyInput', {
    description: 'An amount of money.',
    fields: (t) => ({
      amount: t.string({ required: true, description: 'Decimal string, for example "299.99".' }),
      currency: t.string({ required: true, description: 'ISO 4217 code.' }),
    }),
  });
  const PublishOrderUpdateInput = builder.inputType('PublishOrderUpdateInput', {
    description:
      'What has happened to an order. What is left out stays as it is; null empties what may be empty, and is taken as left ' +
      'out elsewhere.',
    fields: (t) => ({
      orderId: t.id({ required: true, description: "The shop's own id for the order." }),
      customerId: t.id({ description: 'Needed for an order not seen before; must not change afterwards.' }),
      status: t.field({ type: OrderStatusEnum, required: true, description: 'Where the order is now.' }),
      paymentStatus: t.field({
        type: PaymentStatusEnum,
        description: 'What has become of the payment; UNPAID until told.',
      }),
      total: t.field({ type: MoneyInput, description: 'What it costs.' }),
      itemCount: t.int({ description: 'How many items it has.' }),
      trackingNumber: t.string({
        description: "The carrier's number for the parcel, at most 256 characters.",
      }),
      data: t.field({
        type: 'JSON',
        description: 'What else the application wants to show, at most 64 KiB.',
      }),
      note: t.string({ description: 'What to tell about this update, at most 2,000 characters.' }),
      notifyCustomer: t.boolean({
        defaultValue: false,
        description: "Also put an ORDER notification into the customer's feed.",
      }),
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    }),
  });
  const PublishOrderUpdatePayload = publishedType(builder, 'PublishOrderUpdatePayload', {
    type: OrderUpdate,
    as: 'update',
    description: "The event, as the order's followers receive it.",
  });
  builder.mutationField('publishOrderUpdate', (t) =>
    t.field({
      rate: 'publish',
      type: PublishOrderUpdatePayload,
      description:
        'Tells what has happened to an order, and everybody who follows it. Needs the scope orders:publish.',
      args: { input: t.arg({ type: PublishOrderUpdateInput, required: true, description: 'The update.' }) },
      resolve: (_root, { input }, context) => context.use(ordersService).publishUpdate(context.viewer, input),
    }),
  );
}

function defineSubscription(builder: Builder): void {
  builder.subscriptionField('orderUpdated', (t) =>
    t.field({
      type: OrderUpdate,
      description:
        "The order's customer, and staff. Without orderId: every order of the viewer, new ones included. Durable: " +
        'nothing is lost between a `cursor` and the subscription `after` it.',
      args: {
        orderId: t.arg.id({ description: 'The order to follow; without it, every order of the viewer.' }),
        after: t.arg({
          type: 'Cursor',
          description: afterDescription,
        }),
      },
      subscribe: (_root, { orderId, after }, context) =>
        isGiven(orderId)
          ? openEventStream(context, {
              topic: orderTopic(context.viewer.workspace, requireId('orderId', orderId)),
              after,
              anewFrom: '`order`',
              authorize: (viewer) => context.use(ordersService).requireMayFollow(viewer, orderId),
            })
          : openEventStream(context, {
              topic: ordersOfTopic(context.viewer.workspace, context.viewer.id),
              after,
              anewFrom: '`orders`',
              authorize: () => 'customer',
            }),
      resolve: (entry) => entry as OrderUpdateEntry,
    }),
  );
}

const isGiven = (id: string | null | undefined): id is string => id !== null && id !== undefined;
