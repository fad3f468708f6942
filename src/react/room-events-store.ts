import { RoomEventDocument, RoomEventsDocument, type RoomEventFragment } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import { StreamFeed } from './stream-feed.ts';
import { toFailedList, toReadList, unknownList, withNewest, type StreamList } from './stream-list.ts';

export const noRoomEvents: StreamList<RoomEventFragment> = unknownList;

export class RoomEventsStore extends FeedStore<StreamList<RoomEventFragment>> {
  protected readonly feed: Feed;

  constructor(client: TidingsClient, room: string) {
    super(noRoomEvents);
    this.feed = new StreamFeed({
      client,
      query: RoomEventsDocument,
      queryVariables: { room, first: 20 },
      subscription: RoomEventDocument,
      subscriptionVariables: { room },
      read: ({ roomEvents }) => {
        this.set(toReadList(roomEvents.nodes));
        return roomEvents.cursor;
      },
      event: ({ roomEvent }) => this.set(withNewest(this.state, roomEvent, ({ cursor }) => cursor)),
      failed: (error) => this.set(toFailedList(this.state, error)),
    });
  }
}
