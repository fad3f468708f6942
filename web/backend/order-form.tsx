import { useState, type SubmitEvent, type ReactElement } from 'react';
import { PublishOrderUpdateDocument, type OrderStatus } from '../../src/client/index.ts';
import { useOrder } from '../../src/react/index.ts';
import { useSession } from '../session.tsx';
import { nextStep, orderStatuses, orderWords } from '../shop/order-words.ts';
import { products } from '../shop/products.ts';
import { useShownOrder } from '../shop/use-shown-order.ts';
import type { Publisher } from './use-publisher.ts';

/** Moves the order that is shown, or places a new one. */
export function OrderForm({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const { person } = useSession();
  const { orderId, show } = useShownOrder();
  const { order } = useOrder(orderId);
  const [chosen, setChosen] = useState<OrderStatus | ''>('');
  const [note, setNote] = useState('');
  const [notifies, setNotifies] = useState(true);
  const next = order === null ? 'PENDING' : nextStep(order.status);
  const status = chosen === '' ? next : chosen;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (orderId === null) return;
    const input = {
      orderId,
      status,
      notifyCustomer: notifies,
      idempotencyKey: crypto.randomUUID(),
      ...(note.trim() !== '' && { note: note.trim() }),
    };
    setNote('');
    setChosen('');
    void publisher.publish(`Order ${orderId}: ${orderWords[status]}`, PublishOrderUpdateDocument, { input });
  };

  const place = () => {
    const id = crypto.randomUUID().slice(0, 4).toUpperCase();
    const input = {
      orderId: id,
      customerId: person.id,
      status: 'PENDING' as const,
      itemCount: 1,
      total: { amount: '299.99', currency: 'EUR' },
      data: { product: products[0].name },
      idempotencyKey: crypto.randomUUID(),
    };
    void publisher
      .publish(`New order ${id} for ${person.name}`, PublishOrderUpdateDocument, { input })
      .then(() => show(id));
  };

  return (
    <form className="drawer-group" aria-label="Publish an order update" onSubmit={submit}>
      <h3>Order {orderId ?? ''}</h3>
      <label className="field">
        <span>Status</span>
        <select value={chosen} onChange={(event) => setChosen(event.target.value as OrderStatus | '')}>
          <option value="">Next: {orderWords[next]}</option>
          {orderStatuses.map((each) => (
            <option key={each} value={each}>
              {orderWords[each]}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Note</span>
        <input value={note} maxLength={2_000} onChange={(event) => setNote(event.target.value)} />
      </label>
      <label className="choice">
        <input type="checkbox" checked={notifies} onChange={(event) => setNotifies(event.target.checked)} />
        Notify the customer
      </label>
      <div className="form-actions">
        <button type="button" className="button" onClick={place}>
          New order
        </button>
        <button type="submit" className="button" data-primary disabled={orderId === null}>
          Publish
        </button>
      </div>
    </form>
  );
}
