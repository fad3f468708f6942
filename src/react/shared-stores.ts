// The stores of one client, by what they are about: components that look at the same share one, and it stays for a moment
// behind the last of them, so that StrictMode, a change of the page or a remount begins nothing anew.
import type { TidingsClient } from '../client/tidings-client.ts';
import type { LiveStore } from './live-store.ts';

const lingerMs = 1_000;

interface Entry {
  readonly store: LiveStore<unknown>;
  users: number;
  leaving: ReturnType<typeof setTimeout> | undefined;
}

export class SharedStores {
  readonly #entries = new Map<string, Entry>();
  #isCleared = false;

  /** undefined where nobody has looked yet. */
  peek<Store>(key: string): Store | undefined {
    return this.#entries.get(key)?.store as Store | undefined;
  }

  /** For what is done with it by whoever has not looked yet: it stays for a moment. */
  get<Store extends LiveStore<never>>(key: string, create: () => Store): Store {
    const known = this.#entries.get(key);
    if (known !== undefined) return known.store as unknown as Store;
    if (this.#isCleared) throw new Error('The <TidingsProvider> is gone: there is nobody to do this for.');
    const entry = this.#start(key, create());
    this.#leave(key, entry);
    return entry.store as unknown as Store;
  }

  /** Returns what lets go of it. */
  use(key: string, create: () => LiveStore<unknown>, listener: () => void): () => void {
    this.#isCleared = false;
    const entry = this.#entries.get(key) ?? this.#start(key, create());
    clearTimeout(entry.leaving);
    entry.users += 1;
    const ignore = entry.store.listen(listener);
    return () => {
      ignore();
      entry.users -= 1;
      if (entry.users === 0) this.#leave(key, entry);
    };
  }

  /** Stops them all, whoever looks and whatever they have to finish; until somebody looks again nothing is done with any. */
  clear(): void {
    this.#isCleared = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { store, leaving } of entries) {
      clearTimeout(leaving);
      store.stop();
    }
  }

  #start(key: string, store: LiveStore<unknown>): Entry {
    const entry: Entry = { store, users: 0, leaving: undefined };
    this.#entries.set(key, entry);
    store.start();
    return entry;
  }

  #leave(key: string, entry: Entry): void {
    entry.leaving = setTimeout(() => {
      if (this.#entries.get(key) !== entry) return;
      if (entry.store.isBusy) return this.#leave(key, entry);
      this.#entries.delete(key);
      entry.store.stop();
    }, lingerMs);
  }
}

const stores = new WeakMap<TidingsClient, SharedStores>();

export function storesOf(client: TidingsClient): SharedStores {
  const known = stores.get(client);
  if (known !== undefined) return known;
  const made = new SharedStores();
  stores.set(client, made);
  return made;
}
