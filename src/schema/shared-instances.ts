// Instances that several users share by a key: opened for the first, closed behind the last.
export interface Acquired<T> {
  readonly instance: T;
  /** May be called again. */
  release(): void;
}

export class SharedInstances<T extends { close(): void }> {
  readonly #shared = new Map<string, { readonly instance: T; users: number }>();

  acquire(key: string, open: () => T): Acquired<T> {
    const entry = this.#shared.get(key) ?? { instance: open(), users: 0 };
    this.#shared.set(key, entry);
    entry.users += 1;
    let released = false;
    return {
      instance: entry.instance,
      release: () => {
        if (released) return;
        released = true;
        entry.users -= 1;
        if (entry.users > 0) return;
        if (this.#shared.get(key) === entry) this.#shared.delete(key);
        entry.instance.close();
      },
    };
  }

  /** undefined where nobody uses it. */
  find(key: string): T | undefined {
    return this.#shared.get(key)?.instance;
  }

  /** Those that are used. */
  *all(): Generator<T> {
    for (const { instance } of this.#shared.values()) yield instance;
  }

  /** Closes all of them, whoever still uses them. */
  close(): void {
    for (const { instance } of this.#shared.values()) instance.close();
    this.#shared.clear();
  }
}
