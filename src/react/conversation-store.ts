// One conversation, live, and what its page does with it.
import type { OperationResult } from '@urql/core';
import {
  ChatMessageDocument,
  ConversationDocument,
  DeleteMessageDocument,
  EditMessageDocument,
  MarkConversationReadDocument,
  ReadReceiptDocument,
  SendMessageDocument,
  type AttachmentInput,
} from '../client/generated.ts';
import { randomId } from '../client/random-id.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import {
  changeConversation,
  unknownConversation,
  type ConversationChange,
  type ConversationState,
} from './conversation-state.ts';
import type { Feed } from './feed-store.ts';
import { LiveStore } from './live-store.ts';
import { keepFollowing, retryWaitOf, waitOrReconnect } from './patience.ts';
import { StreamFeed } from './stream-feed.ts';

const pageSize = 30;

export class ConversationStore extends LiveStore<ConversationState> {
  readonly #client: TidingsClient;
  readonly #conversationId: string;
  readonly #feed: Feed;
  readonly #life = new AbortController();
  #stopReceipts: () => void = () => {};
  #isSending = false;
  #markedThrough: string | null = null;

  constructor(client: TidingsClient, conversationId: string) {
    super(unknownConversation);
    this.#client = client;
    this.#conversationId = conversationId;
    this.#feed = new StreamFeed({
      client,
      query: ConversationDocument,
      queryVariables: { id: conversationId, last: pageSize },
      subscription: ChatMessageDocument,
      subscriptionVariables: { conversationId },
      read: ({ conversation }) => {
        this.#change({ type: 'read', conversation });
        if (conversation !== null) this.#followReceipts();
        return conversation?.cursor ?? null;
      },
      event: ({ chatMessage: { kind, message } }) => this.#change({ type: 'event', kind, message }),
      failed: (error) => this.#change({ type: 'failed', error }),
    });
  }

  start(): void {
    void this.#feed.start();
  }

  refetch(): Promise<void> {
    return this.#feed.start();
  }

  stop(): void {
    this.#life.abort();
    this.#feed.stop();
    this.#stopReceipts();
  }

  /** What was sent is sent to its end, whatever page is shown by then; what was refused waits for its author. */
  override get isBusy(): boolean {
    const isNeeded = this.#client.connectionState.status !== 'closed';
    return this.state.pending.some(({ status }) => status === 'sending' || (status === 'failed' && isNeeded));
  }

  /** Shown at once, and sent until it has arrived. Returns its clientMessageId. */
  send(body: string, attachments: readonly AttachmentInput[] = []): string {
    const clientMessageId = randomId();
    this.#change({ type: 'queued', message: { clientMessageId, body, attachments } });
    void this.#sendPending();
    return clientMessageId;
  }

  retry(clientMessageId: string): void {
    this.#change({ type: 'retried', clientMessageId });
    void this.#sendPending();
  }

  discard(clientMessageId: string): void {
    this.#change({ type: 'discarded', clientMessageId });
  }

  /** Shown once it was stored. Rejects with the CombinedError of a refusal. */
  async edit(messageId: string, body: string): Promise<void> {
    requireData(await this.#client.mutation(EditMessageDocument, { input: { messageId, body } }));
  }

  async remove(messageId: string): Promise<void> {
    requireData(await this.#client.mutation(DeleteMessageDocument, { messageId }));
  }

  /** Up to the newest message that is shown, or to the one named. Where that is marked already, nothing is sent. */
  async markRead(messageId = this.state.messages.at(-1)?.id): Promise<void> {
    if (messageId === undefined || messageId === this.#markedThrough) return;
    const before = this.#markedThrough;
    this.#markedThrough = messageId;
    const marking = { conversationId: this.#conversationId, messageId };
    const { error } = await this.#client.mutation(MarkConversationReadDocument, marking);
    if (error === undefined) return;
    if (this.#markedThrough === messageId) this.#markedThrough = before;
    throw error;
  }

  async loadOlder(): Promise<void> {
    const { hasOlder, isLoadingOlder, olderFrom } = this.state;
    if (!hasOlder || isLoadingOlder || olderFrom === null) return;
    this.#change({ type: 'older-asked' });
    const page = { id: this.#conversationId, last: pageSize, before: olderFrom };
    const { data, error } = await this.#client.query(ConversationDocument, page, {
      requestPolicy: 'network-only',
    });
    if (error === undefined && data !== undefined) {
      return this.#change({ type: 'older-read', before: olderFrom, conversation: data.conversation });
    }
    this.#change({ type: 'older-failed', before: olderFrom });
    throw error ?? new Error('The server has answered nothing.');
  }

  #change(change: ConversationChange): void {
    this.set(changeConversation(this.state, change));
  }

  #followReceipts(): void {
    this.#stopReceipts();
    this.#stopReceipts = keepFollowing(
      this.#client,
      ReadReceiptDocument,
      { conversationId: this.#conversationId },
      {
        event: ({ readReceipt }) => this.#change({ type: 'receipt', receipt: readReceipt }),
        // The messages tell the same, and are told of.
        failed: () => {},
      },
    );
  }

  /** One after the other, so that they arrive as they were written. */
  async #sendPending(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (;;) {
        const next = this.state.pending.find(({ status }) => status === 'sending');
        if (next === undefined || this.#life.signal.aborted) return;
        await this.#sendUntilAnswered(next);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** Safe to repeat: the same clientMessageId is stored once. It is shown as pending until its event comes. */
  async #sendUntilAnswered(message: {
    readonly clientMessageId: string;
    readonly body: string;
    readonly attachments: readonly AttachmentInput[];
  }) {
    const { clientMessageId, body, attachments } = message;
    const input = {
      conversationId: this.#conversationId,
      clientMessageId,
      body,
      ...(attachments.length > 0 && { attachments }),
    };
    for (
      let failures = 1;
      this.state.pending.some((each) => each.clientMessageId === clientMessageId);
      failures += 1
    ) {
      const result = await this.#client.mutation(SendMessageDocument, { input });
      const { error } = result;
      if (this.#life.signal.aborted) return;
      if (error === undefined) {
        return this.#change({ type: 'sent', message: requireData(result).sendMessage.message });
      }
      const waitMs = retryWaitOf(error, failures);
      if (waitMs === null) return this.#change({ type: 'send-failed', clientMessageId, error });
      try {
        await waitOrReconnect(this.#client, waitMs, this.#life.signal);
      } catch {
        return; // stopped meanwhile
      }
    }
  }
}

/** Throws what was refused with. */
function requireData<Data>({ data, error }: Pick<OperationResult<Data>, 'data' | 'error'>): Data {
  if (error !== undefined) throw error;
  if (data == null) throw new Error('The server has answered nothing.');
  return data;
}
