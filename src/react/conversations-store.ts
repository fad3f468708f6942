import { ConversationsDocument, ConversationUpdatedDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { FeedStore, type Feed } from './feed-store.ts';
import {
  toChangedConversations,
  toReadConversations,
  unknownConversations,
  withMoreConversations,
  type ConversationsState,
} from './conversations-state.ts';
import { StreamFeed } from './stream-feed.ts';

const pageSize = 50;

export class ConversationsStore extends FeedStore<ConversationsState> {
  protected readonly feed: Feed;
  readonly #client: TidingsClient;
  #isLoading = false;
  /** Since the page was asked for that is on its way. */
  readonly #left = new Set<string>();

  constructor(client: TidingsClient) {
    super(unknownConversations);
    this.#client = client;
    this.feed = new StreamFeed({
      client,
      query: ConversationsDocument,
      queryVariables: { first: pageSize },
      subscription: ConversationUpdatedDocument,
      subscriptionVariables: {},
      read: ({ conversations }) => {
        this.set(toReadConversations(conversations));
        return conversations.cursor;
      },
      event: ({ conversationUpdated }) => {
        const { conversation, conversationId } = conversationUpdated;
        if (conversation === null) this.#left.add(conversationId);
        else this.#left.delete(conversationId);
        this.set(toChangedConversations(this.state, conversationUpdated));
      },
      failed: (error) => this.set({ ...this.state, status: 'failed', error }),
    });
  }

  async loadMore(): Promise<void> {
    const { hasMore, moreFrom } = this.state;
    if (!hasMore || moreFrom === null || this.#isLoading) return;
    this.#isLoading = true;
    this.#left.clear();
    try {
      const asked = { first: pageSize, after: moreFrom };
      const { data, error } = await this.#client.query(ConversationsDocument, asked, {
        requestPolicy: 'network-only',
      });
      if (error !== undefined) throw error;
      // Read anew meanwhile, the page does not fit any more.
      if (data === undefined || this.state.moreFrom !== moreFrom) return;
      const { nodes, ...page } = data.conversations;
      const stillMine = nodes.filter(({ id }) => !this.#left.has(id));
      this.set(withMoreConversations(this.state, { ...page, nodes: stillMine }));
    } finally {
      this.#isLoading = false;
    }
  }
}
