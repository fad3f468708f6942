// An order's way, and what to call each stop of it.
import type { OrderStatus, PaymentStatus } from '../../src/client/index.ts';

export const orderWords: Readonly<Record<OrderStatus, string>> = {
  PENDING: 'Received',
  CONFIRMED: 'Confirmed',
  PROCESSING: 'Being packed',
  SHIPPED: 'Shipped',
  OUT_FOR_DELIVERY: 'Out for delivery',
  DELIVERED: 'Delivered',
  CANCELLED: 'Cancelled',
  RETURNED: 'Returned',
};

export const paymentWords: Readonly<Record<PaymentStatus, string>> = {
  UNPAID: 'Not paid',
  AUTHORIZED: 'Authorized',
  PAID: 'Paid',
  FAILED: 'Payment failed',
  REFUNDED: 'Refunded',
};

const usualWay: readonly OrderStatus[] = [
  'PENDING',
  'CONFIRMED',
  'PROCESSING',
  'SHIPPED',
  'OUT_FOR_DELIVERY',
  'DELIVERED',
];

export const orderStatuses: readonly OrderStatus[] = [...usualWay, 'CANCELLED', 'RETURNED'];

/** What usually comes after it; nothing after the end of the way, or beside it. */
export const stepsAfter = (status: OrderStatus): readonly OrderStatus[] =>
  usualWay.includes(status) ? usualWay.slice(usualWay.indexOf(status) + 1) : [];

/** What a shop would publish next; from an end, it begins anew. */
export const nextStep = (status: OrderStatus): OrderStatus =>
  stepsAfter(status)[0] ?? (status === 'DELIVERED' ? 'RETURNED' : 'PENDING');
