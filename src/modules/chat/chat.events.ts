// What the streams of chat hold. Texts stand in the conversation's stream only, where deleting a message scrubs them.
import type { EntryOf } from '../../schema/scalars.ts';
import type { LogEntry } from '../../streams/log-entry.ts';
import type { MessageView } from './message-view.ts';

export const chatMessageKinds = ['SENT', 'EDITED', 'DELETED'] as const;
export const conversationChangeKinds = [
  'CREATED',
  'MESSAGE_SENT',
  'MESSAGE_EDITED',
  'MESSAGE_DELETED',
  'READ',
  'PARTICIPANTS_CHANGED',
  'LEFT',
] as const;

export type ChatMessageKind = (typeof chatMessageKinds)[number];
export type ConversationChangeKind = (typeof conversationChangeKinds)[number];

/** An event of a conversation's stream. Its entry's subject is the message's id. */
export interface ChatMessagePayload {
  readonly kind: ChatMessageKind;
  readonly message: MessageView;
}

/**
 * A control entry of a conversation's stream: every change of the participants is one, so that it holds the head that
 * senders hold.
 */
export type ParticipantsControl =
  { readonly added: readonly string[] } | { readonly removed: readonly string[] };

/** An event of a user's `conversations-of` stream. */
export interface ConversationUpdatePayload {
  readonly kind: ConversationChangeKind;
  readonly conversationId: string;
  /** Of that user, right after the change. */
  readonly unreadCount: number;
}

export type ChatMessageEntry = EntryOf<ChatMessagePayload>;
export type ConversationUpdateEntry = EntryOf<ConversationUpdatePayload>;

/** Whether a control entry of a conversation ends the access of this user. */
export function removesParticipant(entry: LogEntry, userId: string): boolean {
  const control = entry.payload as ParticipantsControl;
  return 'removed' in control && control.removed.includes(userId);
}
