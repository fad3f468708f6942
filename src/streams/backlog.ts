// What all subscriptions of one connection may have waiting together, so that a reader who has stopped reading costs no more
// than this, however many streams it follows. What is over it is in the log.

import { defaultBacklogBytes } from '../config.ts';

export class Backlog {
  readonly #maxBytes: number;
  #bytes = 0;
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
    if (this.#waiting === null || this.isFull) return;
    const waiting = [...this.#waiting];
    this.#waiting = null;
    // Not from within whoever makes the room.
    queueMicrotask(() => waiting.forEach((resume) => resume()));
  }

  /** Calls `resume` once, when there is room again. */
  onceThereIsRoom(resume: () => void): void {
    this.#waiting ??= new Set();
    this.#waiting.add(resume);
  }

  forget(resume: () => void): void {
    this.#waiting?.delete(resume);
  }
}
