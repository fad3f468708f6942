// Orders as they stand; what happened to them is in the log.
import { bigint, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { jsonColumn } from '../../store/json-column.ts';

export const orderStatuses = [
  'PENDING',
  'CONFIRMED',
  'PROCESSING',
  'SHIPPED',
  'OUT_FOR_DELIVERY',
  'DELIVERED',
  'CANCELLED',
  'RETURNED',
] as const;
export const paymentStatuses = ['UNPAID', 'AUTHORIZED', 'PAID', 'REFUNDED', 'FAILED'] as const;

export type OrderStatus = (typeof orderStatuses)[number];
export type PaymentStatus = (typeof paymentStatuses)[number];

export interface OrderTransition {
  readonly status: OrderStatus;
  readonly note: string | null;
  /** RFC 3339. */
  readonly occurredAt: string;
}

export const orders = pgTable(
  'orders',
  {
    workspace: text('workspace').notNull(),
    id: text('id').notNull(),
    customerId: text('customer_id').notNull(),
    status: text('status', { enum: orderStatuses }).notNull(),
    paymentStatus: text('payment_status', { enum: paymentStatuses }).notNull(),
    totalAmount: text('total_amount'),
    totalCurrency: text('total_currency'),
    itemCount: integer('item_count'),
    trackingNumber: text('tracking_number'),
    data: jsonColumn('data'),
    timeline: jsonColumn('timeline').$type<readonly OrderTransition[]>().notNull(),
    /** The order's last event: its stream stands there, because nothing else appends to it. */
    number: bigint('number', { mode: 'number' }).notNull(),
    eventId: text('event_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    // Read backwards: drizzle's desc() means DESC NULLS LAST, which a plain ORDER BY … DESC cannot use.
    index('orders_of_customer').on(table.workspace, table.customerId, table.createdAt, table.id),
  ],
);
