// A subscription to the read receipts of a conversation: everybody's first, then every change, the newest of each user.
//
//   watch access ─▶ follow the channel ─▶ read receipts ─▶ push them ─▶ push what was heard meanwhile ─▶ live
import type { Context } from '../../schema/context.ts';
import { ConflatingQueue } from '../../streams/conflating-queue.ts';
import { chatService } from './chat.service.ts';
import { watchConversation } from './conversation-access.ts';
import { isNewerReceipt, type ReceiptView } from './newer-receipt.ts';
import type { ReceiptsListener } from './receipts-feed.ts';

/** Rejects with NOT_FOUND where the viewer takes no part, with UNAVAILABLE where broker or database are away. */
export async function followReceipts(
  context: Context,
  conversationId: string,
): Promise<AsyncIterableIterator<ReceiptView>> {
  const { workspace } = context.viewer;
  const closers: (() => void)[] = [];
  const queue = new ConflatingQueue<string, ReceiptView>(() => closers.splice(0).forEach((close) => close()));
  const closeWith = (close: () => void) => (queue.closed ? close() : void closers.push(close));

  const newest = new Map<string, ReceiptView>();
  const pushNewer = (receipt: ReceiptView): void => {
    if (!isNewerReceipt(receipt, newest.get(receipt.user.id))) return;
    newest.set(receipt.user.id, receipt);
    queue.push(receipt.user.id, receipt);
  };
  const read = () => context.use(chatService).readReceipts(workspace, conversationId);
  const fail = (error: unknown) => queue.fail(error, 'at-once');

  /** Heard before the first state was pushed; null from then on. */
  let early: ReceiptView[] | null = [];
  const listener: ReceiptsListener = {
    onReceipt(receipt) {
      if (early === null) pushNewer(receipt);
      else early.push(receipt);
    },
    onFailed: fail,
  };
  try {
    const access = await watchConversation(context, conversationId, fail);
    closeWith(() => access.stop());
    const { instance: feed, release } = context.use(chatService).receiptsFeed(workspace, conversationId);
    closeWith(release);
    await feed.join(listener);
    closeWith(() => feed.leave(listener));
    (await read()).forEach(pushNewer);
    early.forEach(pushNewer);
    early = null;
    return queue;
  } catch (error) {
    await queue.return();
    throw error;
  }
}
