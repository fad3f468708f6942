// When to tell the server that the user is typing: rarely while they go on, and once when they have stopped. Pure of React
// and of the network; time is passed in.

/** The server lets it lapse after 6 s; told again a while before. */
const renewAfterMs = 3_000;
/** Without a keystroke for so long nobody is typing. */
const pausedAfterMs = 4_000;

export interface SpeakerOptions {
  /** Must not throw. */
  say(isTyping: boolean): void;
  readonly now?: () => number;
}

export class TypingSpeaker {
  readonly #options: SpeakerOptions;
  readonly #now: () => number;
  /** When it was last said; null while nothing stands. */
  #saidAt: number | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** At every keystroke. */
  typed(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stopped(), pausedAfterMs);
    if (this.#saidAt !== null && this.#now() - this.#saidAt < renewAfterMs) return;
    this.#saidAt = this.#now();
    this.#options.say(true);
  }

  /** The text was emptied, or the field was left. */
  stopped(): void {
    const stands = this.#saidAt !== null;
    this.sent();
    if (stands) this.#options.say(false);
  }

  /** A message was sent: the server knows. */
  sent(): void {
    clearTimeout(this.#pause);
    this.#saidAt = null;
  }
}
