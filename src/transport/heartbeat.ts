// Notices connections whose other end has silently gone: within two rounds, or some more where it was being sent something
// (see `isAlive` of WebSocketClient). One timer for all of them, which asks some at
// each tick, so that thousands are not asked at once.

export interface Beating {
  /** Asks for a sign of life. Must not throw. */
  ping(): void;
  /** Whether there has been any since it was asked. */
  readonly isAlive: boolean;
  /** It has given none. Must not throw. */
  end(): void;
}

const ticksPerRound = 15;

export class Heartbeat {
  /** Of each tick of a round, those that are asked then. */
  readonly #slots: Set<Beating>[] = Array.from({ length: ticksPerRound }, () => new Set());
  readonly #timer: NodeJS.Timeout;
  #tick = 0;
  #next = 0;

  /** `everyMs` is the length of a round. */
  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#beat(), everyMs / ticksPerRound);
    this.#timer.unref();
  }

  /** It is asked for the first time within one round. */
  add(beating: Beating): void {
    this.#next = (this.#next + 1) % ticksPerRound;
    this.#slots[this.#next]?.add(beating);
  }

  remove(beating: Beating): void {
    for (const slot of this.#slots) if (slot.delete(beating)) return;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#tick = (this.#tick + 1) % ticksPerRound;
    for (const beating of this.#slots[this.#tick] ?? []) {
      if (beating.isAlive) beating.ping();
      else beating.end();
    }
  }
}
