import { useState, type SubmitEvent, type ReactElement } from 'react';
import type { OrderStatus } from '../../src/client/index.ts';
import { useOrder } from '../../src/react/index.ts';
import { useSession } from '../session.tsx';
import { nextStep, orderStatuses, orderWords } from '../shop/order-words.ts';
import { products } from '../shop/products.ts';
import { useShownOrder } from '../shop/use-shown-order.ts';
import { PublishButton } from './publish-button.tsx';
import { randomId } from '../parts/random-id.ts';
import { useBusy } from './use-busy.ts';
import type { Publisher } from './use-publisher.ts';

/** Moves the order that is shown, or places a new one. */
export function OrderForm({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const { person } = useSession();
  const { orderId, show } = useShownOrder();
  const { order } = useOrder(orderId);
  const [chosen, setChosen] = useState<OrderStatus | ''>('');
  const [note, setNote] = useState('');
  const [notifies, setNotifies] = useState(true);
  /** Stays until it is placed: tried again after a failure, it is the same order. */
  const [newId, setNewId] = useState(toOrderId);
  const { isBusy, run } = useBusy();
  const next = order === null ? 'PENDING' : nextStep(order.status);
  const status = chosen === '' ? next : chosen;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (orderId === null) return;
    const input = {
      orderId,
      status,
      notifyCustomer: notifies,
      ...(note.trim() !== '' && { note: note.trim() }),
    };
    run(async () => {
      const sentence = `Order ${orderId}: ${orderWords[status]}`;
      if (!(await publisher.publish(sentence, 'publishOrderUpdate', input))) return;
      // What was written meanwhile stays.
      setNote((now) => (now === note ? '' : now));
      setChosen((now) => (now === chosen ? '' : now));
    });
  };

  const place = () => {
    const input = {
      orderId: newId,
      customerId: person.id,
      status: 'PENDING' as const,
      itemCount: 1,
      total: { amount: '299.99', currency: 'EUR' },
      data: { product: products[0].name },
    };
    run(async () => {
      const sentence = `New order ${newId} for ${person.name}`;
      if (!(await publisher.publish(sentence, 'publishOrderUpdate', input))) return;
      show(newId);
      setNewId(toOrderId());
    });
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
        <PublishButton isBusy={isBusy} isPrimary={false} onClick={place}>
          New order
        </PublishButton>
        <PublishButton isBusy={isBusy} isDisabled={orderId === null}>
          Publish
        </PublishButton>
      </div>
    </form>
  );
}

const toOrderId = (): string => randomId().slice(0, 4).toUpperCase();
