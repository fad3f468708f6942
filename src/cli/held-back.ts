// What is told only once nothing contradicts it. A server does not answer a subscription that it takes, until there is an event;
// one that it refuses, it refuses soon.

const contradictedWithinMs = 500;

export class HeldBack {
  readonly #tell: (sentence: string) => void;
  #sentence: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (sentence: string) => void) {
    this.#tell = tell;
  }

  hold(sentence: string): void {
    this.drop();
    this.#sentence = sentence;
    this.#timer = setTimeout(() => this.confirm(), contradictedWithinMs);
  }

  /** It is so: told at once, unless it has been. */
  confirm(): void {
    const sentence = this.#sentence;
    this.drop();
    if (sentence !== null) this.#tell(sentence);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#sentence = null;
  }
}
