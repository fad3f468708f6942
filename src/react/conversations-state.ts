import type { CombinedError } from '@urql/core';
import type {
  ConversationFragment,
  ConversationsQuery,
  ConversationUpdatedSubscription,
} from '../client/generated.ts';
import type { FeedStatus } from './stream-feed.ts';

export interface ConversationsState {
  readonly status: FeedStatus;
  /** The last changed first. */
  readonly conversations: readonly ConversationFragment[];
  /** Whether `loadMore` would bring some. */
  readonly hasMore: boolean;
  readonly error: CombinedError | null;
  /** Where the last page ends. */
  readonly moreFrom: string | null;
}

export const unknownConversations: ConversationsState = {
  status: 'loading',
  conversations: [],
  hasMore: false,
  error: null,
  moreFrom: null,
};

export const toReadConversations = ({
  nodes,
  pageInfo,
}: ConversationsQuery['conversations']): ConversationsState => ({
  status: 'live',
  conversations: nodes,
  hasMore: pageInfo.hasNextPage,
  error: null,
  moreFrom: pageInfo.endCursor,
});

/** Those that have changed meanwhile are known already, as they are by now. */
export function withMoreConversations(
  state: ConversationsState,
  { nodes, pageInfo }: ConversationsQuery['conversations'],
): ConversationsState {
  const known = new Set(state.conversations.map(({ id }) => id));
  return {
    ...state,
    conversations: [...state.conversations, ...nodes.filter(({ id }) => !known.has(id))].sort(byChange),
    hasMore: pageInfo.hasNextPage,
    moreFrom: pageInfo.endCursor ?? state.moreFrom,
  };
}

/** An event carries the conversation as it stands when it is delivered; only its count is that of the event. */
export function toChangedConversations(
  state: ConversationsState,
  { conversation, conversationId, unreadCount }: ConversationUpdatedSubscription['conversationUpdated'],
): ConversationsState {
  const others = state.conversations.filter(({ id }) => id !== conversationId);
  if (conversation === null) return { ...state, conversations: others };
  const conversations = [...others, { ...conversation, unreadCount }];
  return { ...state, conversations: conversations.sort(byChange) };
}

const byChange = (one: ConversationFragment, other: ConversationFragment): number =>
  one.updatedAt === other.updatedAt ? 0 : one.updatedAt > other.updatedAt ? -1 : 1;
