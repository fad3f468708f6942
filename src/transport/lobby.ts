// Connections that have not said who they are. One timer for all of them: one for each would go on for its whole time after
// they have said it, and keep what they came with.

export interface Arriving {
  /** It did not say it in time. Must not throw. */
  onLate(): void;
}

export class Lobby {
  readonly #waitMs: number;
  /** When they came, in the order of their coming. */
  readonly #arrived = new Map<Arriving, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  enter(arriving: Arriving): void {
    this.#arrived.set(arriving, performance.now());
    this.#timer ??= this.#wait(this.#waitMs);
  }

  /** May be called again. */
  leave(arriving: Arriving): void {
    this.#arrived.delete(arriving);
  }

  /** Nobody is told any more. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#arrived.clear();
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  /** At the first of those who are still here; whoever has left meanwhile costs nothing. */
  #look(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [arriving, at] of this.#arrived) {
      const remainingMs = at + this.#waitMs - now;
      if (remainingMs > 0) {
        this.#timer = this.#wait(Math.ceil(remainingMs));
        return;
      }
      this.#arrived.delete(arriving);
      arriving.onLate();
    }
  }
}
