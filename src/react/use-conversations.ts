import { useMemo } from 'react';
import { unknownConversations, type ConversationsState } from './conversations-state.ts';
import { ConversationsStore } from './conversations-store.ts';
import { useLiveStore } from './use-live-store.ts';
import type { Refetch } from './use-order.ts';

export interface ConversationsActions extends Refetch {
  /** Those behind the last. Rejects with the error where that fails. */
  loadMore(): Promise<void>;
}

/** The viewer's conversations, the last changed first, each with what is unread: live. */
export function useConversations(): ConversationsState & ConversationsActions {
  const { state, requireStore } = useLiveStore(
    'conversations',
    unknownConversations,
    (client) => new ConversationsStore(client),
  );
  const actions = useMemo<ConversationsActions>(
    () => ({
      loadMore: async () => requireStore().loadMore(),
      refetch: async () => requireStore().refetch(),
    }),
    [requireStore],
  );
  return useMemo(() => ({ ...state, ...actions }), [state, actions]);
}
