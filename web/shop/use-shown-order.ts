// Which of the viewer's orders is shown: the one in the address, or the newest.
import { useShown } from '../address.ts';
import { useOrders, type Orders } from './order-list.ts';

export interface ShownOrder extends Orders {
  readonly orderId: string | null;
  show(orderId: string): void;
}

export function useShownOrder(): ShownOrder {
  const list = useOrders();
  const { order: wanted, show } = useShown();
  return {
    ...list,
    orderId: wanted ?? list.orders[0]?.id ?? null,
    show: (orderId) => show({ order: orderId }),
  };
}
