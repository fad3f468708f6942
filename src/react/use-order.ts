import { unknownOrder, type OrderState } from './order-state.ts';
import { OrderStore } from './order-store.ts';
import { useLiveStore } from './use-live-store.ts';

/**
 * One order, live: as it stands, and every change from there on.
 * @param orderId null or undefined: none yet; the state stays `loading`
 */
export function useOrder(orderId: string | null | undefined): OrderState {
  const { state } = useLiveStore(
    orderId == null ? null : `order ${orderId}`,
    unknownOrder,
    (client) => new OrderStore(client, orderId as string),
  );
  return state;
}
