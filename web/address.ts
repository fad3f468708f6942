// What is shown stands in the address, so that a reload, going back or a second window shows the same: who in the query,
// what in the hash.
import { useCallback, useMemo, useSyncExternalStore } from 'react';

/** What a narrow page shows one at a time. */
export type Section = 'conversations' | 'conversation' | 'shop';

interface ShownChange {
  readonly conversation?: string;
  readonly order?: string;
  readonly section?: Section;
}

/** Of `#conversation=…&order=…&section=…`. */
export interface Shown {
  readonly conversation: string | null;
  readonly order: string | null;
  /** Where none is named: the messages of the conversation that is, or else the list of conversations. */
  readonly section: Section;
  /** `replace`: going back skips what was shown before. */
  show(change: ShownChange, how?: 'replace'): void;
}

export function useShown(): Shown {
  const hash = useSyncExternalStore(listenToHash, () => location.hash);
  const show = useCallback<Shown['show']>((change, how) => {
    const next = new URLSearchParams(location.hash.slice(1));
    for (const key of ['conversation', 'order', 'section'] as const) {
      const value = change[key];
      if (value !== undefined) next.set(key, value);
    }
    if (how === 'replace') location.replace(`#${next.toString()}`);
    else location.hash = next.toString();
  }, []);
  return useMemo(() => {
    const shown = new URLSearchParams(hash.slice(1));
    const conversation = shown.get('conversation');
    const section =
      toSection(shown.get('section')) ?? (conversation === null ? 'conversations' : 'conversation');
    return { conversation, order: shown.get('order'), section, show };
  }, [hash, show]);
}

const toSection = (name: string | null): Section | undefined =>
  (['conversations', 'conversation', 'shop'] as const).find((section) => section === name);

function listenToHash(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The address of this page for somebody else. */
export const addressOf = (userId: string): string => `/?as=${encodeURIComponent(userId)}`;
