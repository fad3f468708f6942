import { RoomEventDocument, RoomEventsDocument, type RoomEventFragment } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import { StreamFeed } from './stream-feed.ts';

const kept = 100;

/** The newest first. */
export class RoomEventsStore extends FeedStore<readonly RoomEventFragment[]> {
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
        this.set(roomEvents.nodes);
        return roomEvents.cursor;
      },
      event: ({ roomEvent }) => {
        if (this.state.some(({ cursor }) => cursor === roomEvent.cursor)) return;
        this.set([roomEvent, ...this.state].slice(0, kept));
      },
      // Who may not enter is told so by the membership.
      failed: () => {},
    });
  }
}

export const noRoomEvents: readonly RoomEventFragment[] = [];
