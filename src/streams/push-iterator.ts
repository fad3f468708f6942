// An async iterator that is fed from outside. Its `return()` settles at once, also while a `next()` is waiting: an async
// generator's would hang until the next value, and keep the subscription alive after its client has gone.

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

/** Subclasses give `take`: the next value at hand, or undefined. They call `wake` when that may have changed. */
export abstract class PushIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #waiters: Waiter<T>[] = [];
  /** How it ends: with the error, or quietly where that is null. */
  #end: { readonly error: unknown } | null = null;
  #discardQueue = false;

  /** Removes and answers the next value, or undefined where none is at hand. */
  protected abstract take(): T | undefined;
  /** Called once, when it is over for whatever reason: let go of everything. Must not throw. */
  protected abstract release(): void;
  /** Called when somebody waits and nothing is at hand. */
  protected onStarved(): void {}

  get closed(): boolean {
    return this.#end !== null;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.wake();
      if (this.#waiters.length > 0) this.onStarved();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#finish(null, 'at-once');
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends with an error. `after-queue` lets what is at hand be delivered first; `at-once` drops it. */
  fail(error: unknown, when: 'at-once' | 'after-queue'): void {
    this.#finish(error, when);
  }

  protected wake(): void {
    while (this.#waiters.length > 0) {
      const value = this.#discardQueue ? undefined : this.take();
      if (value !== undefined) {
        this.#waiters.shift()?.resolve({ done: false, value });
        continue;
      }
      if (this.#end === null) return;
      const { error } = this.#end;
      this.#end = { error: null };
      if (error === null) this.#waiters.shift()?.resolve({ done: true, value: undefined });
      else this.#waiters.shift()?.reject(error);
    }
  }

  #finish(error: unknown, when: 'at-once' | 'after-queue'): void {
    const first = this.#end === null;
    if (first || when === 'at-once') this.#end = { error };
    if (when === 'at-once') this.#discardQueue = true;
    if (first) this.release();
    this.wake();
  }
}
