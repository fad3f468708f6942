// The viewer's orders, live: one list for the whole page, which its session owns. What was read stays where reading anew fails.
import { useSyncExternalStore } from 'react';
import {
  OrdersDocument,
  OrderUpdatedDocument,
  type OrderFragment,
  type TidingsClient,
} from '../../src/client/index.ts';
import { useSession } from '../session.tsx';
import { readAndFollow, type Following } from './read-and-follow.ts';

export interface OrderListState {
  /** `failed`: what is shown, if anything, is as it was before. */
  readonly status: 'loading' | 'live' | 'failed';
  readonly error: Error | null;
  /** The newest first. */
  readonly orders: readonly OrderFragment[];
}

export class OrderList {
  readonly #client: TidingsClient;
  readonly #customerId: string;
  readonly #listeners = new Set<() => void>();
  #following: Following | null = null;
  #state: OrderListState = { status: 'loading', error: null, orders: [] };

  /** Opens nothing yet: that begins with the first listener, and ends with the last. */
  constructor(client: TidingsClient, customerId: string) {
    this.#client = client;
    this.#customerId = customerId;
  }

  readonly read = (): OrderListState => this.#state;

  readonly readAgain = (): void => this.#following?.readAgain();

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#following ??= this.#follow();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#following?.stop();
      this.#following = null;
    };
  };

  #follow(): Following {
    return readAndFollow({
      client: this.#client,
      query: OrdersDocument,
      queryVariables: { customerId: this.#customerId, first: 20 },
      subscription: OrderUpdatedDocument,
      subscriptionVariables: {},
      read: ({ orders: { nodes, cursor } }) => {
        this.#set({ status: 'live', error: null, orders: nodes });
        return cursor;
      },
      event: ({ orderUpdated: { order } }) =>
        this.#set({ ...this.#state, orders: withUpdated(this.#state.orders, order) }),
      failed: (error) => this.#set({ ...this.#state, status: 'failed', error }),
    });
  }

  #set(state: OrderListState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What was read may be newer than the cursor beside it: then it stays until the events have come as far. */
function withUpdated(orders: readonly OrderFragment[], order: OrderFragment): readonly OrderFragment[] {
  const isKnown = orders.some(({ id }) => id === order.id);
  if (!isKnown) return [order, ...orders];
  return orders.map((known) => (known.id === order.id && known.updatedAt <= order.updatedAt ? order : known));
}

export interface Orders extends OrderListState {
  readAgain(): void;
}

export function useOrders(): Orders {
  const { orders } = useSession();
  return { ...useSyncExternalStore(orders.listen, orders.read), readAgain: orders.readAgain };
}
