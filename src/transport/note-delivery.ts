// A result of a subscription is handed to its socket.
import type { Context } from '../schema/context.ts';

/** Of the event that the subscription has taken last. */
export function noteDelivery({ runtime, delivery }: Context): void {
  runtime.deliveries.deliver(delivery.announcedAt);
  delivery.announcedAt = null;
}
