// How a shop's backend tells that an order has moved.
import { createPublisher, PublishError, type Publisher } from 'tidings/publisher';

/** One for the whole process: it keeps its connections. The token needs the scope orders:publish. */
export const openShop = (url: string, token: () => Promise<string>): Publisher =>
  createPublisher({ url, token });

/** What happens to the parcel happens once in Tidings, however often the queue behind this delivers it. */
export async function parcelSent(
  tidings: Publisher,
  parcel: { readonly orderId: string; readonly trackingNumber: string },
): Promise<'told' | 'told before' | 'try later'> {
  try {
    const { deduplicated } = await tidings.publishOrderUpdate({
      orderId: parcel.orderId,
      status: 'SHIPPED', // one of the schema's: any other does not compile
      trackingNumber: parcel.trackingNumber,
      note: 'On its way',
      notifyCustomer: true,
      // Of your own where the call itself may be repeated, as by a queue. Without it each call is a new update.
      idempotencyKey: `sent-${parcel.trackingNumber}`,
    });
    return deduplicated ? 'told before' : 'told';
  } catch (error) {
    if (error instanceof PublishError && error.retryable) return 'try later';
    throw error;
  }
}
