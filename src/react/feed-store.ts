import { LiveStore } from './live-store.ts';

export interface Feed {
  start(): void;
  stop(): void;
}

/** A store that shows what one stream tells. */
export abstract class FeedStore<State> extends LiveStore<State> {
  protected abstract readonly feed: Feed;

  start(): void {
    this.feed.start();
  }

  stop(): void {
    this.feed.stop();
  }
}
