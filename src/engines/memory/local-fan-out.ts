// Publish and follow within one process: the memory engine's broker and its presence are both built on it.

import type { Logger } from 'pino';

interface Listener<T> {
  readonly tell: (value: T) => void;
  /** The first number that this listener hears: what was published before it came is not for it. */
  readonly from: number;
}

/**
 * Tells listeners by channel. Delivery never happens inside publish's call stack, and always in the order of
 * publication: everything published in one turn of the event loop is delivered in the next.
 */
export class LocalFanOut<T> {
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<Listener<T>>>();
  #queue: { readonly channel: string; readonly value: T; readonly number: number }[] = [];
  #scheduled: NodeJS.Immediate | null = null;
  #published = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(channel: string, value: T): void {
    this.#published += 1;
    // Nobody to hear it now means nobody who is entitled to hear it later.
    if (!this.#listeners.has(channel)) return;
    this.#queue.push({ channel, value, number: this.#published });
    this.#scheduled ??= setImmediate(() => this.#deliver());
  }

  /** Answers the function that ends it, after which no call comes, not even of what is on its way. */
  listen(channel: string, tell: (value: T) => void): () => void {
    const listener: Listener<T> = { tell, from: this.#published + 1 };
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0 && this.#listeners.get(channel) === listeners) {
        this.#listeners.delete(channel);
      }
    };
  }

  close(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    this.#queue = [];
    this.#listeners.clear();
  }

  #deliver(): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#scheduled = null;
    for (const { channel, value, number } of queue) {
      for (const listener of this.#listeners.get(channel) ?? []) {
        if (number < listener.from) continue;
        try {
          listener.tell(value);
        } catch (error) {
          this.#logger.error({ err: error, channel }, 'a follower threw; the others go on');
        }
      }
    }
  }
}
