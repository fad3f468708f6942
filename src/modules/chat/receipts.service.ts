// Read receipts: marking how far a participant has read, reading everybody's, and telling changes as live state.
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import type { Runtime } from '../../schema/context.ts';
import { isUuid } from '../../schema/input.ts';
import { SharedInstances, type Acquired } from '../../schema/shared-instances.ts';
import type { Queries } from '../../store/store.ts';
import { toUserView, usersService, type UserView } from '../users/users.service.ts';
import { conversationParticipants } from './chat.tables.ts';
import { conversationsOfTopic, receiptsChannel } from './chat.topics.ts';
import { appendUpdates, type ConversationRef } from './conversation-write.ts';
import { readParticipantViews, toReceipt } from './conversation-view.ts';
import { findMessage, type PlacedMessage } from './message-view.ts';
import type { ReceiptView } from './newer-receipt.ts';
import { ReceiptsFeed } from './receipts-feed.ts';

export interface ReadResult {
  readonly readReceipt: ReceiptView;
  readonly unreadCount: number;
}

export interface ReceiptsService {
  /** Everything up to the message is read. Never moves backwards: an older message answers what stands. */
  markConversationRead(viewer: Viewer, conversationId: string, messageId: string): Promise<ReadResult>;
  /** Of those who have marked something as read. */
  readReceipts(workspace: string, conversationId: string): Promise<readonly ReceiptView[]>;
  /** What changes, shared by all who follow it on this node. To be released. */
  receiptsFeed(workspace: string, conversationId: string): Acquired<ReceiptsFeed>;
  closeReceipts(): void;
}

export function createReceiptsService(runtime: Runtime): ReceiptsService {
  const { log, store, engine, logger } = runtime;
  const feeds = new SharedInstances<ReceiptsFeed>();

  /** A hint: whoever misses it reads the receipts when it subscribes again. */
  const announce = ({ workspace, conversationId }: ConversationRef, receipt: ReceiptView): void => {
    const channel = receiptsChannel(workspace, conversationId);
    engine.broker.publish(channel, JSON.stringify(receipt)).catch((error: unknown) => {
      logger.debug({ err: error, channel }, 'a read receipt could not be announced');
    });
  };

  const readReceipts: ReceiptsService['readReceipts'] = async (workspace, conversationId) => {
    const found = await readParticipantViews(store.queries, workspace, sql`(${conversationId}::uuid)`);
    return (found.get(conversationId) ?? []).flatMap(({ receipt }) => (receipt === null ? [] : [receipt]));
  };

  return {
    async markConversationRead(viewer, conversationId, messageId) {
      const { workspace } = viewer;
      const ref = { workspace, conversationId };
      const { moved, ...result } = await log.write<ReadResult & { readonly moved: boolean }>(
        async (write) => {
          if (!isUuid(conversationId)) throw notFound('conversation', conversationId);
          const before = await findOwn(write.tx, ref, viewer.id);
          const message = await findMessage(write.tx, workspace, messageId);
          if (message?.view.conversationId !== conversationId) throw notFound('message', messageId);
          const reader = await loadReader(runtime, viewer, write.tx);
          if (hasRead(before, message)) return toResult(reader, before, false);

          // Whatever changes this participant's row holds this head as well: sending, deleting, leaving.
          const taken = await write.take([conversationsOfTopic(workspace, viewer.id)]);
          const moved = await moveForward(write.tx, ref, viewer.id, message, taken.occurredAt);
          if (moved === null) {
            return write.abandon(toResult(reader, await findOwn(write.tx, ref, viewer.id), false));
          }
          const { userId, unreadCount } = moved;
          appendUpdates(write, ref, 'READ', [{ userId, unreadCount }]);
          return toResult(reader, moved, true);
        },
      );
      if (moved) announce(ref, result.readReceipt);
      return result;
    },

    readReceipts,

    receiptsFeed(workspace, conversationId) {
      const channel = receiptsChannel(workspace, conversationId);
      const read = () => readReceipts(workspace, conversationId);
      return feeds.acquire(channel, () => new ReceiptsFeed({ channel, broker: engine.broker, read }));
    },

    closeReceipts: () => feeds.close(),
  };
}

const ownRow = ({ workspace, conversationId }: ConversationRef, userId: string) =>
  and(
    eq(conversationParticipants.workspace, workspace),
    eq(conversationParticipants.conversationId, conversationId),
    eq(conversationParticipants.userId, userId),
  );

type OwnRow = typeof conversationParticipants.$inferSelect;

/** Of somebody who was erased only the number is left, for the counts: whoever comes back begins anew. */
const hasRead = ({ lastReadNumber, lastReadMessageId }: OwnRow, { number }: PlacedMessage): boolean =>
  lastReadMessageId !== null && lastReadNumber !== null && lastReadNumber >= number;

/** Of a participant who has marked something as read. */
function toResult(reader: UserView, own: OwnRow, moved: boolean) {
  const readReceipt = toReceipt(reader, own);
  if (readReceipt === null)
    throw new Error('A participant has read a message, but there is no receipt of it.');
  return { readReceipt, unreadCount: own.unreadCount, moved };
}

async function findOwn(tx: Queries, ref: ConversationRef, userId: string): Promise<OwnRow> {
  const [row] = await tx.select().from(conversationParticipants).where(ownRow(ref, userId));
  if (row === undefined) throw notFound('conversation', ref.conversationId);
  return row;
}

async function loadReader({ use }: Runtime, viewer: Viewer, tx: Queries): Promise<UserView> {
  const loaded = await use(usersService).load(viewer.workspace, [viewer.id], tx);
  return loaded.get(viewer.id) ?? toUserView(viewer.id);
}

/** Answers the row after it, or null where the participant has read as far already. A statement after `take`. */
async function moveForward(
  tx: Queries,
  ref: ConversationRef,
  userId: string,
  { number, view }: PlacedMessage,
  readAt: Date,
): Promise<OwnRow | null> {
  const unread = sql`(
    select count(*) from messages message
    where message.workspace = ${ref.workspace} and message.conversation_id = ${ref.conversationId}
      and message.number > greatest(${conversationParticipants.joinedNumber}, ${number})
      and message.sender_id <> ${userId} and message.deleted_at is null)`;
  const [row] = await tx
    .update(conversationParticipants)
    .set({ lastReadMessageId: view.id, lastReadNumber: number, readAt, unreadCount: unread })
    .where(
      and(
        ownRow(ref, userId),
        or(
          isNull(conversationParticipants.lastReadNumber),
          isNull(conversationParticipants.lastReadMessageId),
          lt(conversationParticipants.lastReadNumber, number),
        ),
      ),
    )
    .returning();
  return row ?? null;
}
