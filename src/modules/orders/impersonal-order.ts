// What is left of an order's event when its customer is erased: which order, its states, amounts and moments. Pure.
import type { OrderUpdatePayload } from './apply-update.ts';

/** The payload itself where there is nothing to take out. */
export function toImpersonal(payload: OrderUpdatePayload): OrderUpdatePayload {
  const { order, note } = payload;
  const says =
    note !== null ||
    order.data !== null ||
    order.trackingNumber !== null ||
    order.timeline.some((transition) => transition.note !== null);
  if (!says) return payload;
  const timeline = order.timeline.map((transition) => ({ ...transition, note: null }));
  return { ...payload, note: null, order: { ...order, data: null, trackingNumber: null, timeline } };
}
