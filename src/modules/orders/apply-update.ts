// What one update makes of an order: pure, so that every rule can be read and tested in one place.
import { badInput } from '../../errors.ts';
import { optionalJson, optionalText } from '../../schema/input.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import type { UserView } from '../users/users.service.ts';
import { requireMoney, type Money } from './money.ts';
import type { OrderStatus, OrderTransition, PaymentStatus } from './orders.tables.ts';

/** Changes of status in the life of one order. */
export const maxTransitions = 200;

/** An order as its GraphQL type and its events need it. */
export interface OrderView {
  readonly id: string;
  readonly customer: UserView;
  readonly status: OrderStatus;
  readonly paymentStatus: PaymentStatus;
  readonly total: Money | null;
  readonly itemCount: number | null;
  readonly trackingNumber: string | null;
  readonly data: unknown;
  readonly timeline: readonly OrderTransition[];
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Where the order's own stream stands. */
  readonly position: StreamPosition;
}

/** What an event of an order holds. */
export interface OrderUpdatePayload {
  readonly order: OrderView;
  readonly previousStatus: OrderStatus | null;
  readonly note: string | null;
}

/** Left out stays as it is; null empties what may be empty. */
export interface OrderChange {
  readonly status: OrderStatus;
  readonly paymentStatus?: PaymentStatus | null | undefined;
  readonly total?: Money | null | undefined;
  readonly itemCount?: number | null | undefined;
  readonly trackingNumber?: string | null | undefined;
  readonly data?: unknown;
  readonly note?: string | null | undefined;
}

/**
 * What the input changes and nothing else, where null means no more than left out, left out. Throws BAD_USER_INPUT, or
 * PAYLOAD_TOO_LARGE for `data`, naming what is wrong.
 */
export function requireOrderChange(change: OrderChange): OrderChange {
  if (change.total !== null && change.total !== undefined) requireMoney('total', change.total);
  if (typeof change.itemCount === 'number' && change.itemCount < 0) {
    throw badInput(`\`itemCount\` is ${change.itemCount}: it can not be negative.`);
  }
  optionalText('trackingNumber', change.trackingNumber, { max: 256 });
  optionalText('note', change.note, { max: 2_000 });
  optionalJson('data', change.data);
  const { status, paymentStatus, total, itemCount, trackingNumber, data, note } = change;
  return {
    status,
    paymentStatus: paymentStatus ?? undefined,
    total,
    itemCount,
    trackingNumber,
    data,
    note: note ?? undefined,
  };
}

export interface UpdateMoment {
  readonly occurredAt: string;
  readonly position: OrderView['position'];
}

/** `previous` is null for an order not seen before. Any status may follow any other: the shop is the authority. */
export function applyUpdate(
  previous: OrderView | null,
  { id, customer }: Pick<OrderView, 'id' | 'customer'>,
  change: OrderChange,
  { occurredAt, position }: UpdateMoment,
): OrderUpdatePayload {
  const keep = <T>(told: T | null | undefined, before: T | null | undefined): T | null =>
    told === undefined ? (before ?? null) : told;
  const note = change.note ?? null;
  const transition: OrderTransition = { status: change.status, note, occurredAt };
  const order: OrderView = {
    id,
    customer,
    status: change.status,
    paymentStatus: change.paymentStatus ?? previous?.paymentStatus ?? 'UNPAID',
    total: keep(change.total, previous?.total),
    itemCount: keep(change.itemCount, previous?.itemCount),
    trackingNumber: keep(change.trackingNumber, previous?.trackingNumber),
    data: keep(change.data, previous?.data),
    timeline:
      previous?.status === change.status ? previous.timeline : extend(previous?.timeline ?? [], transition),
    createdAt: previous?.createdAt ?? occurredAt,
    updatedAt: occurredAt,
    position,
  };
  return { order, previousStatus: previous?.status ?? null, note };
}

/** Every event of an order holds its whole timeline, so that has an end. */
function extend(timeline: readonly OrderTransition[], next: OrderTransition): readonly OrderTransition[] {
  if (timeline.length < maxTransitions) return [...timeline, next];
  throw badInput(
    `The order has changed its status ${maxTransitions} times, which is all that a timeline holds. ` +
      'Publish the status that it has, or give what comes next an order of its own.',
  );
}
