import { useMemo } from 'react';
import type { AttachmentInput } from '../client/generated.ts';
import { unknownConversation, withDetails, type ConversationState } from './conversation-state.ts';
import { ConversationStore } from './conversation-store.ts';
import { unknownConversations } from './conversations-state.ts';
import { ConversationsStore } from './conversations-store.ts';
import { useLiveStore } from './use-live-store.ts';
import type { Refetch } from './use-order.ts';

export interface ConversationActions extends Refetch {
  /**
   * Shown at once among `pending`, sent until it has arrived, also over a lost connection, and stored once. Returns its
   * clientMessageId.
   */
  send(body: string, attachments?: readonly AttachmentInput[]): string;
  /** Sends once more what was refused. */
  retry(clientMessageId: string): void;
  /** Forgets what was refused, or was not sent yet. */
  discard(clientMessageId: string): void;
  /** Rejects with the error where it is refused; shown when it has been stored. */
  edit(messageId: string, body: string): Promise<void>;
  /** Deletes it: text and attachments are gone, its place stays. Rejects with the error where it is refused. */
  remove(messageId: string): Promise<void>;
  /** Marks everything up to the newest message (or the one named) as read, and tells the others. */
  markRead(messageId?: string): Promise<void>;
  /** The page before the oldest message that is shown. */
  loadOlder(): Promise<void>;
}

/**
 * One conversation: its newest messages, everything that happens from there on, and what one does with it.
 * @param conversationId null or undefined: none yet; the state stays `loading`
 */
export function useConversation(
  conversationId: string | null | undefined,
): ConversationState & ConversationActions {
  const { state, requireStore } = useLiveStore(
    conversationId == null ? null : `conversation ${conversationId}`,
    unknownConversation,
    (client) => new ConversationStore(client, conversationId as string),
  );
  // Who takes part and what it is called is told to whoever has it in their list.
  const { state: list } = useLiveStore(
    conversationId == null ? null : 'conversations',
    unknownConversations,
    (client) => new ConversationsStore(client),
  );
  const listed =
    list.status === 'live' ? list.conversations.find(({ id }) => id === conversationId) : undefined;
  const actions = useMemo<ConversationActions>(
    () => ({
      send: (...given) => requireStore().send(...given),
      retry: (...given) => requireStore().retry(...given),
      discard: (...given) => requireStore().discard(...given),
      edit: async (...given) => requireStore().edit(...given),
      remove: async (...given) => requireStore().remove(...given),
      markRead: async (...given) => requireStore().markRead(...given),
      loadOlder: async () => requireStore().loadOlder(),
      refetch: async () => requireStore().refetch(),
    }),
    [requireStore],
  );
  return useMemo(() => ({ ...withDetails(state, listed), ...actions }), [state, listed, actions]);
}
