// How much of what one client asks for may be under way: beyond it nothing more is read from its socket, and what it goes on
// sending waits on its own side.

/** Of a WebSocket. */
export interface Pausable {
  readonly isPaused: boolean;
  pause(): void;
  resume(): void;
}

export class Intake {
  readonly #socket: Pausable;
  #max: number;
  #underWay = 0;

  /** It is paused while `max` or more are under way. */
  constructor(socket: Pausable, max: number) {
    this.#socket = socket;
    this.#max = max;
  }

  /** `weight` counts as so many. To be followed by `left` with the same one. */
  entered(weight = 1): void {
    this.#underWay += weight;
    if (this.#underWay >= this.#max) this.#socket.pause();
  }

  /** It is read to its end: a close of our own is answered there. */
  stopPausing(): void {
    this.#max = Number.POSITIVE_INFINITY;
    if (this.#socket.isPaused) this.#socket.resume();
  }

  left(weight = 1): void {
    this.#underWay -= weight;
    if (this.#underWay < this.#max && this.#socket.isPaused) this.#socket.resume();
  }
}
