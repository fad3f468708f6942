import type { ReactElement } from 'react';
import { useOrder } from '../../src/react/index.ts';
import { EmptyNote, FailureNote, Skeleton } from '../parts/notes.tsx';
import { OrderTimeline } from './order-timeline.tsx';
import { orderWords, paymentWords } from './order-words.ts';
import { useShownOrder } from './use-shown-order.ts';

export function OrderPanel(): ReactElement {
  const { status, error, orders, orderId, show, readAgain } = useShownOrder();

  return (
    <section className="order" aria-labelledby="order-title">
      <div className="panel-head">
        <h2 id="order-title">Order</h2>
        {orders.length > 0 && orderId !== null && (
          <select aria-label="Order" value={orderId} onChange={(event) => show(event.target.value)}>
            {!orders.some(({ id }) => id === orderId) && <option value={orderId}>{orderId}</option>}
            {orders.map((order) => (
              <option key={order.id} value={order.id}>
                {order.id} · {orderWords[order.status]}
              </option>
            ))}
          </select>
        )}
      </div>
      <div className="panel-body">
        {orderId !== null ? (
          <ShownOrder orderId={orderId} />
        ) : status === 'failed' ? (
          <FailureNote what="Your orders could not be loaded" error={error} onRetry={readAgain} />
        ) : status === 'loading' ? (
          <Skeleton label="Loading orders" rows={4} />
        ) : (
          <EmptyNote icon="box" title="No orders yet">
            Open “Backend” and place one.
          </EmptyNote>
        )}
      </div>
    </section>
  );
}

function ShownOrder({ orderId }: { readonly orderId: string }): ReactElement {
  const { status, order, error, refetch } = useOrder(orderId);
  if (status === 'not-found') {
    return (
      <EmptyNote icon="box" title={`There is no order ${orderId}`}>
        It does not exist, or it is somebody else’s.
      </EmptyNote>
    );
  }
  if (status === 'failed') {
    return <FailureNote what="The order could not be shown" error={error} onRetry={() => void refetch()} />;
  }
  if (order === null) return <Skeleton label="Loading the order" rows={5} />;
  const { total, itemCount, trackingNumber, paymentStatus } = order;
  return (
    <>
      <p className="order-status" role="status" aria-label="Order status">
        <span className="visually-hidden">Order {order.id}: </span>
        {orderWords[order.status]}
      </p>
      <dl className="facts">
        {total !== null && <Fact name="Total" text={`${total.amount} ${total.currency}`} />}
        {itemCount !== null && <Fact name="Items" text={String(itemCount)} />}
        <Fact name="Payment" text={paymentWords[paymentStatus]} />
        {trackingNumber !== null && <Fact name="Tracking" text={trackingNumber} />}
      </dl>
      <OrderTimeline order={order} />
    </>
  );
}

const Fact = ({ name, text }: { readonly name: string; readonly text: string }): ReactElement => (
  <div>
    <dt>{name}</dt>
    <dd>{text}</dd>
  </div>
);
