// The statements of the hot paths. For every subscription, with all that begin in the same moment: whose order it is. For every published update: reading the order
// as it stands, and writing it as it will.
import type { Queries, Statement } from '../../store/store.ts';
import { toUserView, type UserView } from '../users/users.service.ts';
import type { OrderView } from './apply-update.ts';
import type { OrderStatus, OrderTransition, PaymentStatus } from './orders.tables.ts';
import { orderTopic } from './orders.topics.ts';

const customerStatement: Statement = {
  name: 'read_customer_of_order',
  text: 'select customer_id from orders where workspace = $1 and id = $2',
};

/** undefined where there is no such order. */
export async function readCustomer(
  queries: Queries,
  workspace: string,
  orderId: string,
): Promise<string | undefined> {
  const [row] = await queries.run<{ readonly customer_id: string }>(customerStatement, [workspace, orderId]);
  return row?.customer_id;
}

export interface OrderRef {
  readonly workspace: string;
  readonly id: string;
}

/** Read in one statement. */
const maxCustomersAtOnce = 1_000;

const customersStatement: Statement = {
  name: 'read_customers_of_orders',
  text: `
    select known.customer_id
    from unnest($1::text[], $2::text[]) with ordinality as asked(workspace, id, place)
    left join orders as known using (workspace, id)
    order by asked.place`,
};

/** For each of the first thousand, in order: null where there is no such order. */
export async function readCustomers(
  queries: Queries,
  refs: readonly OrderRef[],
): Promise<readonly (string | null)[]> {
  const asked = refs.slice(0, maxCustomersAtOnce);
  const rows = await queries.run<{ readonly customer_id: string | null }>(customersStatement, [
    asked.map(({ workspace }) => workspace),
    asked.map(({ id }) => id),
  ]);
  return rows.map((row) => row.customer_id);
}

const readStatement: Statement = {
  name: 'read_order_for_update',
  text: `
    select o.*, customer.name as customer_name, customer.avatar_url as customer_avatar_url
    from (select $1::text as workspace, $2::text as id, $3::text as customer_id) as told
    left join orders as o on o.workspace = told.workspace and o.id = told.id
    left join users as customer
      on customer.workspace = told.workspace and customer.id = coalesce(o.customer_id, told.customer_id)`,
};

/** The order's columns are null where the order has not been seen before. */
interface Row {
  readonly id: string | null;
  readonly customer_id: string;
  readonly customer_name: string | null;
  readonly customer_avatar_url: string | null;
  readonly status: OrderStatus;
  readonly payment_status: PaymentStatus;
  readonly total_amount: string | null;
  readonly total_currency: string | null;
  readonly item_count: number | null;
  readonly tracking_number: string | null;
  readonly data: unknown;
  readonly timeline: readonly OrderTransition[];
  readonly number: number;
  readonly event_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Sent behind the statement that takes the order's head: nobody else changes the order any more. */
export async function readForUpdate(
  tx: Queries,
  workspace: string,
  orderId: string,
  customerId: string,
): Promise<{ readonly previous: OrderView | null; readonly customer: UserView }> {
  const [row] = await tx.run<Row>(readStatement, [workspace, orderId, customerId]);
  const known = row === undefined ? null : { name: row.customer_name, avatarUrl: row.customer_avatar_url };
  if (row === undefined || row.id === null)
    return { previous: null, customer: toUserView(customerId, known) };
  const customer = toUserView(row.customer_id, known);
  const { total_amount: amount, total_currency: currency } = row;
  const previous: OrderView = {
    id: row.id,
    customer,
    status: row.status,
    paymentStatus: row.payment_status,
    total: amount === null || currency === null ? null : { amount, currency },
    itemCount: row.item_count,
    trackingNumber: row.tracking_number,
    data: row.data,
    timeline: row.timeline,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    position: { topic: orderTopic(workspace, row.id), number: row.number, eventId: row.event_id },
  };
  return { previous, customer };
}

const scrubStatement: Statement = {
  name: 'scrub_orders',
  text: `
    update orders set data = null, tracking_number = null, timeline = (
      select coalesce(
        json_agg(
          json_build_object('status', told -> 'status', 'note', null, 'occurredAt', told -> 'occurredAt') order by place
        ), '[]'::json)
      from json_array_elements(timeline) with ordinality as transition(told, place)
    )
    where workspace = $1 and id = any($2::text[])`,
};

/** What they say of their customer is gone from the rows. Inside of a transaction that holds their heads. */
export async function scrubOrders(tx: Queries, workspace: string, ids: readonly string[]): Promise<void> {
  await tx.run(scrubStatement, [workspace, ids]);
}

const writeStatement: Statement = {
  name: 'write_order',
  text: `
    insert into orders (workspace, id, customer_id, created_at, status, payment_status, total_amount, total_currency,
      item_count, tracking_number, data, timeline, number, event_id, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json, $12::json, $13, $14, $15)
    on conflict (workspace, id) do update
      set (status, payment_status, total_amount, total_currency, item_count, tracking_number, data, timeline, number,
        event_id, updated_at) = (excluded.status, excluded.payment_status, excluded.total_amount,
        excluded.total_currency, excluded.item_count, excluded.tracking_number, excluded.data, excluded.timeline,
        excluded.number, excluded.event_id, excluded.updated_at)`,
};

/** Started, not awaited: it is answered with the commit. */
export function startWriting(tx: Queries, workspace: string, order: OrderView): void {
  const { position, total } = order;
  tx.run(writeStatement, [
    workspace,
    order.id,
    order.customer.id,
    order.createdAt,
    order.status,
    order.paymentStatus,
    total?.amount ?? null,
    total?.currency ?? null,
    order.itemCount,
    order.trackingNumber,
    order.data === null ? null : JSON.stringify(order.data),
    JSON.stringify(order.timeline),
    position.number,
    position.eventId,
    order.updatedAt,
  ]).catch(() => {
    // The commit fails with it.
  });
}
