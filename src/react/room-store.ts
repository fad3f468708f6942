import { RoomPresenceChangedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { LiveStore } from './live-store.ts';
import { keepFollowing } from './patience.ts';
import { toRoom, unknownRoom, type RoomState } from './room-state.ts';

export class RoomStore extends LiveStore<RoomState> {
  readonly #client: TidingsClient;
  readonly #variables: { readonly room: string; readonly join: boolean };
  #stop: () => void = () => {};

  constructor(client: TidingsClient, room: string, join: boolean) {
    super(unknownRoom);
    this.#client = client;
    this.#variables = { room, join };
  }

  start(): void {
    this.#stop = keepFollowing(this.#client, RoomPresenceChangedDocument, this.#variables, {
      event: ({ roomPresence }) => this.set(toRoom(roomPresence)),
      failed: (error) => this.set({ ...this.state, status: 'failed', error }),
    });
  }

  stop(): void {
    this.#stop();
  }
}
