import { ConversationsDocument, ConversationUpdatedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import {
  toChangedConversations,
  toReadConversations,
  unknownConversations,
  type ConversationsState,
} from './conversations-state.ts';
import { StreamFeed } from './stream-feed.ts';

export class ConversationsStore extends FeedStore<ConversationsState> {
  protected readonly feed: Feed;

  constructor(client: TidingsClient) {
    super(unknownConversations);
    this.feed = new StreamFeed({
      client,
      query: ConversationsDocument,
      queryVariables: { first: 50 },
      subscription: ConversationUpdatedDocument,
      subscriptionVariables: {},
      read: ({ conversations }) => {
        this.set(toReadConversations(conversations));
        return conversations.cursor;
      },
      event: ({ conversationUpdated }) => this.set(toChangedConversations(this.state, conversationUpdated)),
      failed: (error) => this.set({ ...this.state, status: 'failed', error }),
    });
  }
}
