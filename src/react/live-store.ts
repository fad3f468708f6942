// What several components look at together: a state outside of React that changes as events come, for useSyncExternalStore.
// It works while somebody looks.

export abstract class LiveStore<State> {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(initial: State) {
    this.#state = initial;
  }

  get state(): State {
    return this.#state;
  }

  /** Listeners hear of nothing where the state is the same object. */
  protected set(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called once, when the first looks. */
  abstract start(): void;

  /** Called once, when nobody has looked for a while. */
  abstract stop(): void;

  /** Whether it has something to finish though nobody looks any more. */
  get isBusy(): boolean {
    return false;
  }
}
