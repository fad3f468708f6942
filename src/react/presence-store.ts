import { PresenceChangedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { LiveStore } from './live-store.ts';
import { keepFollowing } from './patience.ts';
import { changePresence, toOutdated, unknownPresence, type PresenceView } from './presence-state.ts';

export class PresenceStore extends LiveStore<PresenceView> {
  readonly #client: TidingsClient;
  readonly #userIds: readonly string[] | null;
  #stop: () => void = () => {};

  constructor(client: TidingsClient, userIds: readonly string[] | null) {
    super(unknownPresence);
    this.#client = client;
    this.#userIds = userIds;
  }

  start(): void {
    this.#stop = keepFollowing(
      this.#client,
      PresenceChangedDocument,
      { userIds: this.#userIds },
      {
        event: ({ presenceChanged }) => this.set(changePresence(this.state, presenceChanged)),
        resumed: () => this.set(toOutdated(this.state)),
        failed: () => this.set(unknownPresence),
      },
    );
  }

  stop(): void {
    this.#stop();
  }
}
