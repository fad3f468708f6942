import { OrderDocument, OrderUpdatedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import { toReadOrder, toUpdatedOrder, unknownOrder, type OrderState } from './order-state.ts';
import { StreamFeed } from './stream-feed.ts';

export class OrderStore extends FeedStore<OrderState> {
  protected readonly feed: Feed;

  constructor(client: TidingsClient, orderId: string) {
    super(unknownOrder);
    this.feed = new StreamFeed({
      client,
      query: OrderDocument,
      queryVariables: { id: orderId },
      subscription: OrderUpdatedDocument,
      subscriptionVariables: { orderId },
      read: ({ order }) => {
        this.set(toReadOrder(this.state, order));
        return order?.cursor ?? null;
      },
      event: ({ orderUpdated }) => this.set(toUpdatedOrder(this.state, orderUpdated)),
      failed: (error) => this.set({ ...this.state, status: 'failed', error }),
    });
  }
}
