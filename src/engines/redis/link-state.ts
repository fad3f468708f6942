// Whether listening is in force, and who is told when that changes: what both kinds of links share.

import type { Logger } from 'pino';
import type { Broker } from '../engine.ts';

export class LinkState {
  readonly #logger: Logger;
  readonly #listeners = new Set<(state: Broker['state']) => void>();
  #current: Broker['state'] = 'away';

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get current(): Broker['state'] {
    return this.#current;
  }

  onChange(listener: (state: Broker['state']) => void): () => void {
    const entry = (state: Broker['state']): void => listener(state);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  change(state: Broker['state']): void {
    if (this.#current === state) return;
    this.#current = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (error) {
        this.#logger.error({ err: error }, 'a listener for the state of the broker threw');
      }
    }
  }

  /** Away for ever, and nobody is told. */
  close(): void {
    this.#listeners.clear();
    this.#current = 'away';
  }
}
