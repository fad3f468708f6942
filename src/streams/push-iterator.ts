// An async iterator that is fed from outside. Its `return()` settles at once, also while a `next()` is waiting: an async
// generator's would hang until the next value, and keep the subscription alive after its client has gone.
//
//   open ──(fail after-queue)──▶ draining ──(queue empty, error told)──▶ over
//     └───────────(return, fail at-once: whatever is queued is dropped)───▲

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

/** Subclasses give `take`: the next value at hand, or undefined. They call `wake` when that may have changed. */
export abstract class PushIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #waiters: Waiter<T>[] = [];
  #phase: 'open' | 'draining' | 'over' = 'open';
  /** Not told yet. The first failure stands, unless a later one comes at once while it still waits behind the queue. */
  #failure: { readonly error: unknown } | null = null;

  /** Removes and answers the next value, or undefined where none is at hand. */
  protected abstract take(): T | undefined;
  /** Called once, when it is over for whatever reason: let go of everything. Must not throw. */
  protected abstract release(): void;
  /** Called while somebody waits and nothing is at hand; each time, so it may come again before it has been seen to. */
  protected onStarved(): void {}

  /** Whether it takes no more values. What is at hand may still be delivered. */
  get closed(): boolean {
    return this.#phase !== 'open';
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.wake();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#failure = null;
    this.#close('over');
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends with an error, told once. `after-queue` lets what is at hand be delivered first; `at-once` drops it. */
  fail(error: unknown, when: 'at-once' | 'after-queue'): void {
    if (this.#phase === 'over' || (this.#phase === 'draining' && when === 'after-queue')) return;
    this.#failure = { error };
    this.#close(when === 'at-once' ? 'over' : 'draining');
  }

  protected wake(): void {
    while (this.#waiters.length > 0) {
      const value = this.#phase === 'over' ? undefined : this.take();
      if (value !== undefined) {
        this.#waiters.shift()?.resolve({ done: false, value });
        continue;
      }
      if (this.#phase === 'open') return this.onStarved();
      this.#phase = 'over';
      const failure = this.#failure;
      this.#failure = null;
      if (failure === null) this.#waiters.shift()?.resolve({ done: true, value: undefined });
      else this.#waiters.shift()?.reject(failure.error);
    }
  }

  #close(phase: 'draining' | 'over'): void {
    const first = this.#phase === 'open';
    this.#phase = phase;
    if (first) this.release();
    this.wake();
  }
}
