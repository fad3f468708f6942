import { RoomEventDocument, RoomEventsDocument, type RoomEventFragment } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { LiveStore } from './live-store.ts';
import { StreamFeed } from './stream-feed.ts';

const kept = 100;

/** The newest first. */
export class RoomEventsStore extends LiveStore<readonly RoomEventFragment[]> {
  readonly #feed: { start(): void; stop(): void };

  constructor(client: TidingsClient, room: string) {
    super(noRoomEvents);
    this.#feed = new StreamFeed({
      client,
      query: RoomEventsDocument,
      queryVariables: { room, first: 20 },
      subscription: RoomEventDocument,
      subscriptionVariables: { room },
      read: ({ roomEvents }) => {
        this.set(roomEvents.nodes);
        return roomEvents.cursor;
      },
      event: ({ roomEvent }) => this.set([roomEvent, ...this.state].slice(0, kept)),
      // Who may not enter is told so by the membership.
      failed: () => {},
    });
  }

  start(): void {
    this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }
}

export const noRoomEvents: readonly RoomEventFragment[] = [];
