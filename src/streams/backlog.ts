// What all subscriptions of one connection may have waiting together, so that a reader who has stopped reading costs no more
// than this, however many streams it follows. What is over it is in the log.

import { defaultBacklogBytes } from '../config.ts';

/** Of a connection at a time. */
const maxReaders = 4;

export class Backlog {
  readonly #maxBytes: number;
  #bytes = 0;
  #readers = 0;
  /** In the order in which they came. */
  #waiting: Set<() => void> | null = null;

  constructor(maxBytes: number = defaultBacklogBytes) {
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    this.#wakeNext();
  }

  /**
   * Whether the log may be read now, `endReading` to follow; where not, `resume` is called once, when it is worth trying again.
   * A page comes before anybody knows how long it is, so few are read at a time.
   */
  beginReading(resume: () => void): boolean {
    if (!this.isFull && this.#readers < maxReaders) {
      this.#readers += 1;
      return true;
    }
    this.#waiting ??= new Set();
    this.#waiting.add(resume);
    return false;
  }

  endReading(): void {
    this.#readers -= 1;
    this.#wakeNext();
  }

  /** It does not want to read any more, whether it was woken or not. */
  forget(resume: () => void): void {
    this.#waiting?.delete(resume);
    this.#wakeNext();
  }

  /** One, who wakes the next: all of them at once would each read what only the first has room for. */
  #wakeNext(): void {
    if (this.isFull || this.#readers >= maxReaders) return;
    for (const resume of this.#waiting ?? []) {
      this.#waiting?.delete(resume);
      // Not from within whoever makes the room.
      queueMicrotask(resume);
      return;
    }
    this.#waiting = null;
  }
}
