// The pattern of every page that shows something live: read how things stand, follow from the cursor that was read, and read
// anew where the stream can not go on from there. No event falls between, and none comes twice.
import type { CombinedError, TypedDocumentNode } from '@urql/core';
import { toWaitMs } from '../client/backoff.ts';
import { completed, type TidingsClient } from '../client/tidings-client.ts';
import { queryUntilAnswered, reconnected, wait } from './patience.ts';

/** `live`: what is shown is right, up to what is on its way; the connection's state tells whether anything is. */
export type FeedStatus = 'loading' | 'live' | 'failed';

export interface FeedOptions<Snapshot, SnapshotInput, Event, EventInput> {
  readonly client: TidingsClient;
  readonly query: TypedDocumentNode<Snapshot, SnapshotInput>;
  readonly queryVariables: SnapshotInput;
  readonly subscription: TypedDocumentNode<Event, EventInput>;
  /** Without `after`. */
  readonly subscriptionVariables: EventInput;
  /** Takes over what was read, the first time or anew. Returns its cursor; null: there is nothing to follow. */
  read(snapshot: Snapshot): string | null;
  event(event: Event): void;
  /** It will not go on. */
  failed(error: CombinedError): void;
}

export class StreamFeed<Snapshot, SnapshotInput extends object, Event, EventInput extends object> {
  readonly #options: FeedOptions<Snapshot, SnapshotInput, Event, EventInput>;
  readonly #life = new AbortController();
  /** How often in a row it could not be followed from where it was read. */
  #failures = 0;
  #stopFollowing: () => void = () => {};

  constructor(options: FeedOptions<Snapshot, SnapshotInput, Event, EventInput>) {
    this.#options = options;
  }

  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#life.abort();
    this.#stopFollowing();
  }

  async #read(): Promise<void> {
    const { client, query, queryVariables, read, failed } = this.#options;
    const { signal } = this.#life;
    try {
      const snapshot = await queryUntilAnswered(client, query, queryVariables, signal);
      const cursor = read(snapshot);
      if (cursor !== null) this.#follow(cursor);
    } catch (error) {
      if (signal.aborted) return;
      failed(error as CombinedError);
      // Whoever comes back with another token may see it.
      await this.#readOnceConnected();
    }
  }

  #follow(after: string): void {
    const { client, subscription, subscriptionVariables, event, failed } = this.#options;
    this.#stopFollowing = client.follow(
      subscription,
      { ...subscriptionVariables, after },
      {
        event: (data) => {
          this.#failures = 0;
          event(data);
        },
        ended: (error, code) => {
          if (code === 'CURSOR_EXPIRED' || code === completed) return void this.#readAnew();
          if (error.networkError === undefined) failed(error);
          void this.#readOnceConnected();
        },
      },
    );
  }

  /** At once the first time; later each time that it does not help, as where what is read and what is followed differ. */
  async #readAnew(): Promise<void> {
    const waitMs = this.#failures === 0 ? 0 : toWaitMs(this.#failures, Math.random());
    this.#failures += 1;
    try {
      await wait(waitMs, this.#life.signal);
    } catch {
      return; // stopped meanwhile
    }
    await this.#read();
  }

  /** Where the connection was closed for good and is opened again, it may be with another token, or another log. */
  async #readOnceConnected(): Promise<void> {
    try {
      await reconnected(this.#options.client, this.#life.signal);
    } catch {
      return; // stopped meanwhile
    }
    await this.#read();
  }
}
