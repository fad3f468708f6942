import { useCallback, useSyncExternalStore } from 'react';
import type { TidingsClient } from '../client/tidings-client.ts';
import type { LiveStore } from './live-store.ts';
import { storesOf } from './shared-stores.ts';
import { useTidings } from './tidings-provider.tsx';

export interface UsedStore<State, Store> {
  readonly state: State;
  /** The store, for what a page does with it, from effects and event handlers. Throws where the key is null. */
  readonly requireStore: () => Store;
}

/**
 * The state of the store of this key, made when the first component is mounted that uses it. While it is rendered on a server, and
 * for its first render in the browser, the state is the initial one.
 * @param key null: none is used
 */
export function useLiveStore<State, Store extends LiveStore<State>>(
  key: string | null,
  initial: State,
  create: (client: TidingsClient) => Store,
): UsedStore<State, Store> {
  const client = useTidings();
  const stores = storesOf(client);
  const subscribe = useCallback(
    (listener: () => void) => (key === null ? () => {} : stores.use(key, () => create(client), listener)),
    // What it is made from is in the key.
    [stores, key],
  );
  const state = useSyncExternalStore(
    subscribe,
    () => (key === null ? initial : (stores.peek<Store>(key)?.state ?? initial)),
    () => initial,
  );
  const requireStore = useCallback(() => {
    if (key === null) throw new Error('There is nothing to do this with yet: the hook was given no id.');
    return stores.get(key, () => create(client) as Store & LiveStore<never>) as Store;
  }, [stores, key]);
  return { state, requireStore };
}
