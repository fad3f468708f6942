import { LiveStore } from './live-store.ts';

export interface Feed {
  start(): Promise<void>;
  stop(): void;
}

/** A store that shows what one stream tells. */
export abstract class FeedStore<State> extends LiveStore<State> {
  protected abstract readonly feed: Feed;

  start(): void {
    void this.feed.start();
  }

  stop(): void {
    this.feed.stop();
  }

  /** Reads anew, and follows from there. Resolves when it has been read, or has failed. */
  refetch(): Promise<void> {
    return this.feed.start();
  }
}
