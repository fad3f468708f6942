// What orders and bookings say of a customer, taken out when that customer is erased: from the rows as they stand, while their
// heads are held, so that whoever publishes meanwhile goes on from what is left; then from the events that were told.
import { lockHeads } from '../../streams/lock-heads.ts';
import { rewriteStreams } from '../../streams/rewrite-payloads.ts';
import type { Queries, Store } from '../../store/store.ts';
import type { Topic } from '../../streams/topic.ts';

export interface CustomerErasure {
  /** Ids of what is the customer's. */
  readonly ids: readonly string[];
  topicOf(id: string): Topic;
  /** The customer's own stream, over all of it. */
  readonly collection: Topic;
  /** In the rows of these ids. */
  scrub(tx: Queries, ids: readonly string[]): Promise<unknown>;
  /** What an event's payload becomes; the payload itself where nothing is to be taken out. Pure. */
  rewrite(payload: unknown): unknown;
}

/** Rows whose heads are held at a time. */
const batchSize = 100;

/** Harmless to repeat. Rejects with UNAVAILABLE where the database is away. */
export async function eraseCustomer(store: Store, erasure: CustomerErasure): Promise<void> {
  const { ids, topicOf, collection, scrub, rewrite } = erasure;
  for (let start = 0; start < ids.length; start += batchSize) {
    const batch = ids.slice(start, start + batchSize);
    const topics = batch.map(topicOf);
    await store.transaction(async (tx) => {
      await lockHeads(tx, topics);
      await scrub(tx, batch);
    });
    await rewriteStreams(store, topics, rewrite);
  }
  await rewriteStreams(store, [collection], rewrite);
}
