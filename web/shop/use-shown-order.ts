// Which orders the viewer has, and which of them is shown: the one in the address, or the newest.
import type { OrderFragment, OrderUpdatedSubscription } from '../../src/client/index.ts';
import { useOrdersQuery, useOrderUpdatedSubscription } from '../../src/react/index.ts';
import { useShown } from '../address.ts';
import { useSession } from '../session.tsx';

export interface ShownOrder {
  readonly status: 'loading' | 'live' | 'failed';
  readonly error: Error | undefined;
  readonly orders: readonly OrderFragment[];
  readonly orderId: string | null;
  show(orderId: string): void;
  readAgain(): void;
}

export function useShownOrder(): ShownOrder {
  const { person } = useSession();
  const { order: wanted, show } = useShown();
  const [{ data, error, fetching }, read] = useOrdersQuery({
    variables: { customerId: person.id, first: 20 },
  });
  const orders = data?.orders.nodes ?? [];
  const readAgain = () => read();
  useOrderUpdatedSubscription<OrderUpdatedSubscription>({}, (_before, event) => {
    if (event.orderUpdated.previousStatus === null) readAgain();
    return event;
  });
  return {
    status: data !== undefined ? 'live' : error !== undefined && !fetching ? 'failed' : 'loading',
    error,
    orders,
    orderId: wanted ?? orders[0]?.id ?? null,
    show: (orderId) => show({ order: orderId }),
    readAgain,
  };
}
