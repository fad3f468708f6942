import { PresenceChangedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { LiveStore } from './live-store.ts';
import { keepFollowing } from './patience.ts';
import {
  changePresence,
  toOutdated,
  unknownPresence,
  withoutOutdated,
  type PresenceView,
} from './presence-state.ts';

/** By then everyone who is online has been told anew. */
const toldWithinMs = 3_000;

export class PresenceStore extends LiveStore<PresenceView> {
  readonly #client: TidingsClient;
  readonly #userIds: readonly string[] | null;
  #stop: () => void = () => {};
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  /** @param seed what was known before it is told */
  constructor(client: TidingsClient, userIds: readonly string[] | null, seed: PresenceView) {
    super(seed);
    this.#client = client;
    this.#userIds = userIds;
  }

  start(): void {
    this.#forgetLater();
    this.#stop = keepFollowing(
      this.#client,
      PresenceChangedDocument,
      { userIds: this.#userIds },
      {
        event: ({ presenceChanged }) => this.set(changePresence(this.state, presenceChanged)),
        resumed: () => {
          this.set(toOutdated(this.state));
          this.#forgetLater();
        },
        failed: (error) => this.set({ ...unknownPresence, status: 'failed', error }),
      },
    );
  }

  #forgetLater(): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.set(withoutOutdated(this.state)), toldWithinMs);
  }

  stop(): void {
    clearTimeout(this.#forgetting);
    this.#stop();
  }
}
