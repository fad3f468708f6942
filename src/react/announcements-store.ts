import {
  AnnouncementDocument,
  AnnouncementsDocument,
  type AnnouncementFragment,
} from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import { StreamFeed } from './stream-feed.ts';
import { toFailedList, toReadList, unknownList, withNewest, type StreamList } from './stream-list.ts';

export const noAnnouncements: StreamList<AnnouncementFragment> = unknownList;

export class AnnouncementsStore extends FeedStore<StreamList<AnnouncementFragment>> {
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
        this.set(toReadList(announcements.nodes));
        return announcements.cursor;
      },
      event: ({ announcement }) => this.set(withNewest(this.state, announcement, ({ id }) => id)),
      failed: (error) => this.set(toFailedList(this.state, error)),
    });
  }
}
