import type { CombinedError } from '@urql/core';
import type { OrderFragment, OrderUpdateFragment } from '../client/generated.ts';

export interface OrderState {
  /** `not-found`: there is none, or it is somebody else's. */
  readonly status: 'loading' | 'live' | 'not-found' | 'failed';
  /** As it stands; null while nothing is known. */
  readonly order: OrderFragment | null;
  /** The newest event since the page was opened: for "what has just happened". */
  readonly lastUpdate: OrderUpdateFragment | null;
  readonly error: CombinedError | null;
}

export const unknownOrder: OrderState = { status: 'loading', order: null, lastUpdate: null, error: null };

export const toReadOrder = (state: OrderState, order: OrderFragment | null): OrderState => ({
  ...state,
  status: order === null ? 'not-found' : 'live',
  order,
  error: null,
});

/**
 * An event carries the order as it stood right after it. What was read may be newer than the cursor beside it: then it stays
 * until the events have come as far.
 */
export function toUpdatedOrder(state: OrderState, update: OrderUpdateFragment): OrderState {
  const isOlder = state.order !== null && update.order.updatedAt < state.order.updatedAt;
  return { ...state, order: isOlder ? state.order : update.order, lastUpdate: update };
}
