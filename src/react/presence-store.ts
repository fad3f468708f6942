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

/** So long behind the first who is told anew, everyone who is online has been. */
const toldWithinMs = 3_000;
/** Where nobody is told for so long nobody is online. */
const nobodyWithinMs = 10_000;

export class PresenceStore extends LiveStore<PresenceView> {
  readonly #client: TidingsClient;
  readonly #userIds: readonly string[] | null;
  #stop: () => void = () => {};
  #forgetting: ReturnType<typeof setTimeout> | undefined;
  #isTold = false;

  /** @param seed what was known before it is told */
  constructor(client: TidingsClient, userIds: readonly string[] | null, seed: PresenceView) {
    super(seed);
    this.#client = client;
    this.#userIds = userIds;
  }

  start(): void {
    this.#forgetWithin(nobodyWithinMs);
    this.#stop = keepFollowing(
      this.#client,
      PresenceChangedDocument,
      { userIds: this.#userIds },
      {
        event: ({ presenceChanged }) => {
          this.set(changePresence(this.state, presenceChanged));
          if (!this.#isTold) this.#forgetWithin(toldWithinMs);
          this.#isTold = true;
        },
        resumed: () => {
          this.set(toOutdated(this.state));
          this.#isTold = false;
          this.#forgetWithin(nobodyWithinMs);
        },
        failed: (error) => this.set({ ...unknownPresence, status: 'failed', error }),
      },
    );
  }

  #forgetWithin(ms: number): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.set(withoutOutdated(this.state)), ms);
  }

  stop(): void {
    clearTimeout(this.#forgetting);
    this.#stop();
  }
}
