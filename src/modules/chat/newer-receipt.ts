// Read receipts, and which of two is the newer one: they may arrive in any order, from the broker and from the database.
import type { UserView } from '../users/users.service.ts';

/** How far a participant has read. */
export interface ReceiptView {
  readonly user: UserView;
  readonly lastReadMessageId: string;
  /** RFC 3339. */
  readonly readAt: string;
  /** The message's number. */
  readonly number: number;
}

/**
 * Of one user. The moments decide, because they never decrease: they are those of one stream of the log. Numbers alone
 * would not do: whoever leaves and comes back may mark an older message than before. Within one millisecond they decide.
 */
export const isNewerReceipt = (receipt: ReceiptView, than: ReceiptView | undefined): boolean =>
  than === undefined ||
  receipt.readAt > than.readAt ||
  (receipt.readAt === than.readAt && receipt.number > than.number);
