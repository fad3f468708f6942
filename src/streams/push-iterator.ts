// An async iterator that is fed from outside. Its `return()` settles at once, also while a `next()` is waiting: an async
// generator's would hang until the next value, and keep the subscription alive after its client has gone.
//
//   open ──(fail after-queue)──▶ draining ──(queue empty, error told)──▶ over
//     └───────────(return, fail at-once: whatever is queued is dropped)───▲
//
// Whoever takes many values of many iterators, as fan-out does, pulls them instead: no promise for each value.

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

/** Takes values when it can, by `pull`. */
export interface Puller {
  /** Takes a value for which nothing waits, at once. false where it can not be taken now: it waits then, to be pulled. Must not throw. */
  onValue(value: unknown): boolean;
  /** There may be something to pull. Called again for whatever comes later. Must not throw. */
  onWake(): void;
  /** Nothing follows: called once, after the last value was pulled, but not after `return`. Must not throw. */
  onOver(failure: Failure | null): void;
}

export interface Failure {
  readonly error: unknown;
}

/** Subclasses give `take`: the next value at hand, or undefined. They call `wake` when that may have changed. */
export abstract class PushIterator<T> implements AsyncIterableIterator<T, undefined> {
  #waiters: Waiter<T>[] | null = null;
  #puller: Puller | null = null;
  #phase: 'open' | 'draining' | 'over' = 'open';
  /** Not told yet. The first failure stands, unless a later one comes at once while it still waits behind the queue. */
  #failure: Failure | null = null;

  /** Removes and answers the next value, or undefined where none is at hand. */
  protected abstract take(): T | undefined;
  /** Called once, when it is over for whatever reason: let go of everything. Must not throw. */
  protected abstract release(): void;
  /** Called while somebody waits and nothing is at hand; each time, so it may come again before it has been seen to. */
  protected onStarved(): void {}
  /** Called with a value that `next` answers; of what is pulled the puller knows. Must not throw. */
  protected onAnswered(_value: T): void {}
  /** Called when what is at hand will not be taken any more; perhaps more than once. Must not throw. */
  protected drop(): void {}

  /** Whether it takes no more values. What is at hand may still be delivered. */
  get closed(): boolean {
    return this.#phase !== 'open';
  }

  /** Whether nothing is on its way to what is at hand, as far as can be told here. */
  get isAtRest(): boolean {
    return true;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ resolve, reject });
      this.wake();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#failure = null;
    this.#puller = null;
    this.#close('over');
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Values are pulled from now on, and `next` is called by nobody. The puller is woken at once. */
  pullWith(puller: Puller): void {
    this.#puller = puller;
    if (this.#phase === 'over') this.#tellOver();
    else puller.onWake();
  }

  /** The next value at hand; where there is none, the puller is woken when that may have changed, or told that it is over. */
  pull(): T | undefined {
    if (this.#phase === 'over') return undefined;
    const value = this.take();
    if (value !== undefined) return value;
    if (this.#phase === 'open') this.onStarved();
    else {
      this.#phase = 'over';
      this.#tellOver();
    }
    return undefined;
  }

  /** Ends with an error, told once. `after-queue` lets what is at hand be delivered first; `at-once` drops it. */
  fail(error: unknown, when: 'at-once' | 'after-queue'): void {
    if (this.#phase === 'over' || (this.#phase === 'draining' && when === 'after-queue')) return;
    this.#failure = { error };
    this.#close(when === 'at-once' ? 'over' : 'draining');
  }

  /** Ends without an error; what is at hand is delivered first. */
  protected end(): void {
    if (this.#phase === 'open') this.#close('draining');
  }

  /** Hands a value over at once, past whatever it would wait in; to be called while nothing waits. false where it has to wait. */
  protected handOver(value: T): boolean {
    return this.#puller !== null && this.#puller.onValue(value);
  }

  protected wake(): void {
    if (this.#puller !== null) return this.#puller.onWake();
    const waiters = this.#waiters;
    while (waiters !== null && waiters.length > 0) {
      const value = this.#phase === 'over' ? undefined : this.take();
      if (value !== undefined) {
        this.onAnswered(value);
        waiters.shift()?.resolve({ done: false, value });
        continue;
      }
      if (this.#phase === 'open') return this.onStarved();
      this.#phase = 'over';
      const failure = this.#failure;
      this.#failure = null;
      if (failure === null) waiters.shift()?.resolve({ done: true, value: undefined });
      else waiters.shift()?.reject(failure.error);
    }
  }

  #close(phase: 'draining' | 'over'): void {
    const first = this.#phase === 'open';
    this.#phase = phase;
    if (phase === 'over') this.drop();
    if (first) this.release();
    if (phase === 'over' && this.#puller !== null) this.#tellOver();
    else this.wake();
  }

  #tellOver(): void {
    const [puller, failure] = [this.#puller, this.#failure];
    this.#puller = null;
    this.#failure = null;
    puller?.onOver(failure);
  }
}
