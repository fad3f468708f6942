// A conversation as rows: where a day begins, where somebody else goes on talking, and who has seen how much. Pure.
import type { MessageFragment, ReadReceiptFragment, UserFragment } from '../../src/client/index.ts';
import { isSameDay } from '../parts/times.ts';

export interface MessageRow {
  readonly message: MessageFragment;
  readonly isOwn: boolean;
  /** The first of its day. */
  readonly beginsDay: boolean;
  /** Shown with the sender's name: somebody else than before, or after a while. */
  readonly beginsTurn: boolean;
  /** Who has read as far as here, and not yet the next own message. Only at own messages. */
  readonly seenBy: readonly UserFragment[];
}

const turnMs = 5 * 60_000;

export function toMessageRows(
  messages: readonly MessageFragment[],
  receipts: readonly ReadReceiptFragment[],
  viewerId: string,
): readonly MessageRow[] {
  const seen = toSeen(messages, receipts, viewerId);
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const sentAt = new Date(message.sentAt);
    const beginsDay = before === undefined || !isSameDay(new Date(before.sentAt), sentAt);
    return {
      message,
      isOwn: message.sender.id === viewerId,
      beginsDay,
      beginsTurn:
        beginsDay ||
        before.sender.id !== message.sender.id ||
        sentAt.getTime() - Date.parse(before.sentAt) > turnMs,
      seenBy: seen.get(message.id) ?? [],
    };
  });
}

/** By the newest own message that each of the others has seen. */
function toSeen(
  messages: readonly MessageFragment[],
  receipts: readonly ReadReceiptFragment[],
  viewerId: string,
): ReadonlyMap<string, readonly UserFragment[]> {
  const seen = new Map<string, UserFragment[]>();
  for (const { user, lastReadMessageId } of receipts) {
    if (user.id === viewerId) continue;
    const upTo = messages.findIndex(({ id }) => id === lastReadMessageId);
    const own = messages.slice(0, upTo + 1).findLast(({ sender }) => sender.id === viewerId);
    if (own !== undefined) seen.set(own.id, [...(seen.get(own.id) ?? []), user]);
  }
  return seen;
}
