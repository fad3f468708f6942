import { unknownConversations, type ConversationsState } from './conversations-state.ts';
import { ConversationsStore } from './conversations-store.ts';
import { useLiveStore } from './use-live-store.ts';

/** The viewer's conversations, the last changed first, each with what is unread: live. */
export function useConversations(): ConversationsState {
  return useLiveStore('conversations', unknownConversations, (client) => new ConversationsStore(client))
    .state;
}
