// Any other asynchronous iterator, as a module may write it (`async function*`), in the form that fan-out pulls from: one
// value is asked for at a time, when it is wanted.
import { PushIterator } from '../streams/push-iterator.ts';

export class PulledIterator<T> extends PushIterator<T> {
  readonly #source: AsyncIterator<T>;
  #held: { readonly value: T } | null = null;
  #asking = false;

  constructor(source: AsyncIterable<T>) {
    super();
    this.#source = source[Symbol.asyncIterator]();
  }

  protected take(): T | undefined {
    const held = this.#held;
    this.#held = null;
    return held?.value;
  }

  protected override onStarved(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#source.next().then(
      ({ done, value }) => {
        this.#asking = false;
        if (this.closed) return;
        if (done === true) return this.end();
        // undefined would mean that there is nothing.
        this.#held = { value: value ?? (null as T) };
        this.wake();
      },
      (error: unknown) => this.fail(error, 'at-once'),
    );
  }

  /** Not waited for: a generator that waits for its next value settles only then. */
  protected release(): void {
    this.#source.return?.().catch(() => undefined); // nobody is there to be told
  }
}
