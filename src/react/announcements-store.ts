import {
  AnnouncementDocument,
  AnnouncementsDocument,
  type AnnouncementFragment,
} from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import { StreamFeed } from './stream-feed.ts';

const kept = 100;

/** The newest first. */
export class AnnouncementsStore extends FeedStore<readonly AnnouncementFragment[]> {
  protected readonly feed: Feed;

  constructor(client: TidingsClient) {
    super(noAnnouncements);
    this.feed = new StreamFeed({
      client,
      query: AnnouncementsDocument,
      queryVariables: { first: 20 },
      subscription: AnnouncementDocument,
      subscriptionVariables: {},
      read: ({ announcements }) => {
        this.set(announcements.nodes);
        return announcements.cursor;
      },
      event: ({ announcement }) => {
        if (this.state.some(({ id }) => id === announcement.id)) return;
        this.set([announcement, ...this.state].slice(0, kept));
      },
      // Visitors without a token may be shown none.
      failed: () => {},
    });
  }
}

export const noAnnouncements: readonly AnnouncementFragment[] = [];
