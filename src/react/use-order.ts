import { useMemo } from 'react';
import { unknownOrder, type OrderState } from './order-state.ts';
import { OrderStore } from './order-store.ts';
import { useLiveStore } from './use-live-store.ts';

export interface Refetch {
  /**
   * Reads anew, and follows from there: after a failure, or where there may be now what was not there. Resolves when it has been
   * read, or has failed again.
   */
  refetch(): Promise<void>;
}

/**
 * One order, live: as it stands, and every change from there on.
 * @param orderId null or undefined: none yet; the state stays `loading`
 */
export function useOrder(orderId: string | null | undefined): OrderState & Refetch {
  const { state, requireStore } = useLiveStore(
    orderId == null ? null : `order ${orderId}`,
    unknownOrder,
    (client) => new OrderStore(client, orderId as string),
  );
  return useMemo(() => ({ ...state, refetch: async () => requireStore().refetch() }), [state, requireStore]);
}
