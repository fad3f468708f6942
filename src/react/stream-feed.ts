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

/** Followed for so long, though nothing may have come, it was rightly read. */
const provenMs = 10_000;

export class StreamFeed<Snapshot, SnapshotInput extends object, Event, EventInput extends object> {
  readonly #options: FeedOptions<Snapshot, SnapshotInput, Event, EventInput>;
  /** From a reading on; whatever an older round still waits for comes to nothing. */
  #round = new AbortController();
  /** How often in a row it could not be followed from where it was read. */
  #failures = 0;
  #followedSince = 0;
  #stopFollowing: () => void = () => {};

  constructor(options: FeedOptions<Snapshot, SnapshotInput, Event, EventInput>) {
    this.#options = options;
  }

  /** Reads, and follows from there; called again, it reads anew. Resolves when it has been read, or has failed. */
  start(): Promise<void> {
    this.stop();
    this.#round = new AbortController();
    return this.#read(this.#round.signal);
  }

  stop(): void {
    this.#round.abort();
    this.#stopFollowing();
  }

  async #read(round: AbortSignal): Promise<void> {
    const { client, query, queryVariables, read, failed } = this.#options;
    try {
      const snapshot = await queryUntilAnswered(client, query, queryVariables, round);
      // Read anew, or left, in the moment of its answer.
      round.throwIfAborted();
      const cursor = read(snapshot);
      round.throwIfAborted();
      if (cursor !== null) return this.#follow(cursor, round);
    } catch (error) {
      if (round.aborted) return;
      failed(error as CombinedError);
    }
    void this.#readOnceConnected(round);
  }

  #follow(after: string, round: AbortSignal): void {
    const { client, subscription, subscriptionVariables, event, failed } = this.#options;
    this.#followedSince = Date.now();
    this.#stopFollowing = client.follow(
      subscription,
      { ...subscriptionVariables, after },
      {
        event: (data) => {
          this.#failures = 0;
          event(data);
        },
        ended: (error, code) => {
          if (code === 'CURSOR_EXPIRED' || code === completed) return void this.#readAnew(round);
          if (error.networkError === undefined) failed(error);
          if (code === 'PAYLOAD_TOO_LARGE') return;
          void this.#readOnceConnected(round);
        },
      },
    );
  }

  /** At once the first time; later each time that it does not help, as where what is read and what is followed differ. */
  async #readAnew(round: AbortSignal): Promise<void> {
    if (Date.now() - this.#followedSince > provenMs) this.#failures = 0;
    const waitMs = this.#failures === 0 ? 0 : toWaitMs(this.#failures, Math.random());
    this.#failures += 1;
    await this.#readAfter(wait(waitMs, round), round);
  }

  /** What is not to be seen, or failed, may be otherwise over a new connection: with another token, or on another server. */
  async #readOnceConnected(round: AbortSignal): Promise<void> {
    await this.#readAfter(reconnected(this.#options.client, round), round);
  }

  async #readAfter(waiting: Promise<void>, round: AbortSignal): Promise<void> {
    try {
      await waiting;
    } catch {
      return; // stopped meanwhile, or read anew
    }
    await this.#read(round);
  }
}
