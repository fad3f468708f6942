// What is shown stands in the address, so that a reload or a second window shows the same: who in the query, what in the hash.
import { useCallback, useMemo, useSyncExternalStore } from 'react';

interface ShownChange {
  readonly conversation?: string;
  readonly order?: string;
}

/** Of `#conversation=…&order=…`. */
export interface Shown {
  readonly conversation: string | null;
  readonly order: string | null;
  /** `replace`: going back skips what was shown before. */
  show(change: ShownChange, how?: 'replace'): void;
}

export function useShown(): Shown {
  const hash = useSyncExternalStore(listenToHash, () => location.hash);
  const show = useCallback<Shown['show']>((change, how) => {
    const next = new URLSearchParams(location.hash.slice(1));
    for (const key of ['conversation', 'order'] as const) {
      const value = change[key];
      if (value !== undefined) next.set(key, value);
    }
    if (how === 'replace') location.replace(`#${next.toString()}`);
    else location.hash = next.toString();
  }, []);
  return useMemo(() => {
    const shown = new URLSearchParams(hash.slice(1));
    return { conversation: shown.get('conversation'), order: shown.get('order'), show };
  }, [hash, show]);
}

function listenToHash(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The address of this page for somebody else. */
export const addressOf = (userId: string): string => `/?as=${encodeURIComponent(userId)}`;
