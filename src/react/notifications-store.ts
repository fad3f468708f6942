import {
  MarkAllNotificationsReadDocument,
  MarkNotificationReadDocument,
  NotificationDocument,
  NotificationsDocument,
  type NotificationType,
} from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import {
  toChangedNotifications,
  toReadNotifications,
  unknownNotifications,
  withMoreNotifications,
  type NotificationsState,
} from './notifications-state.ts';
import { StreamFeed } from './stream-feed.ts';

const pageSize = 20;

export class NotificationsStore extends FeedStore<NotificationsState> {
  readonly #client: TidingsClient;
  readonly #types: readonly NotificationType[] | null;
  protected readonly feed: Feed;
  #isLoading = false;
  /** Grows with everything that marks some as read, and with every reading anew. */
  #epoch = 0;

  constructor(client: TidingsClient, types: readonly NotificationType[] | null) {
    super(unknownNotifications);
    this.#client = client;
    this.#types = types;
    this.feed = new StreamFeed({
      client,
      query: NotificationsDocument,
      queryVariables: { first: pageSize, types },
      subscription: NotificationDocument,
      subscriptionVariables: { types },
      read: ({ notifications }) => {
        this.#epoch += 1;
        this.set(toReadNotifications(this.state, notifications));
        return notifications.cursor;
      },
      event: ({ notification }) => {
        if (notification.kind === 'READ') this.#epoch += 1;
        this.set(toChangedNotifications(this.state, notification));
      },
      failed: (error) => this.set({ ...this.state, status: 'failed', error }),
    });
  }

  /** The event that follows changes what is shown, here as on every other device. */
  async markRead(id: string): Promise<void> {
    const { error } = await this.#client.mutation(MarkNotificationReadDocument, { id });
    if (error !== undefined) throw error;
  }

  async markAllRead(): Promise<void> {
    const { error } = await this.#client.mutation(MarkAllNotificationsReadDocument, {});
    if (error !== undefined) throw error;
  }

  async loadMore(): Promise<void> {
    const { hasMore, moreFrom } = this.state;
    if (!hasMore || moreFrom === null || this.#isLoading) return;
    this.#isLoading = true;
    const epoch = this.#epoch;
    try {
      const page = { first: pageSize, after: moreFrom, types: this.#types };
      const { data, error } = await this.#client.query(NotificationsDocument, page, {
        requestPolicy: 'network-only',
      });
      if (error !== undefined) throw error;
      if (data !== undefined && epoch === this.#epoch) {
        return this.set(withMoreNotifications(this.state, data.notifications));
      }
    } finally {
      this.#isLoading = false;
    }
    // The page may say of some that they are unread which were marked meanwhile: it is read again.
    if (epoch !== this.#epoch) await this.loadMore();
  }
}
