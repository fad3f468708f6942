// Any other asynchronous iterator, as a module may write it (`async function*`), in the form that fan-out pulls from: one
// value is asked for at a time, when it is wanted.
import { PushIterator } from '../streams/push-iterator.ts';

export class PulledIterator<T> extends PushIterator<T> {
  readonly #source: AsyncIterator<T>;
  readonly #untidy: (error: unknown) => void;
  #held: { readonly value: T } | null = null;
  #asking = false;

  /** `untidy` is told where the source can not be given up. */
  constructor(source: AsyncIterable<T>, untidy: (error: unknown) => void) {
    super();
    this.#source = source[Symbol.asyncIterator]();
    this.#untidy = untidy;
  }

  protected take(): T | undefined {
    const held = this.#held;
    this.#held = null;
    return held?.value;
  }

  protected override onStarved(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#next().then(
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

  /** One that throws instead of rejecting has failed in the same way. */
  async #next(): Promise<IteratorResult<T, unknown>> {
    return this.#source.next();
  }

  async #return(): Promise<void> {
    await this.#source.return?.();
  }

  /** Not waited for: a generator that waits for its next value settles only then. */
  protected release(): void {
    this.#return().catch(this.#untidy);
  }
}
