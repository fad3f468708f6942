// What every change of a message appends: its texts to the conversation's stream, the change alone to everybody's lists.
import type { StreamPosition } from '../../streams/cursor.ts';
import type { Write } from '../../streams/log-write.ts';
import type { ChatMessagePayload } from './chat.events.ts';
import { conversationTopic } from './chat.topics.ts';
import { appendUpdates, type ConversationRef, type Participant } from './conversation-write.ts';
import type { MessageView } from './message-view.ts';

export interface ChangedMessage {
  readonly message: MessageView;
  /** Where the conversation's stream stands after the change. */
  readonly position: StreamPosition;
}

/** The entry's subject is the message, so that its texts can be found and scrubbed. */
export function appendMessageChange(
  write: Write,
  ref: ConversationRef,
  payload: ChatMessagePayload,
  participants: readonly Participant[],
): ChangedMessage {
  const topic = conversationTopic(ref.workspace, ref.conversationId);
  const { number, eventId } = write.append({ topic, payload, subject: payload.message.id });
  appendUpdates(write, ref, `MESSAGE_${payload.kind}`, participants);
  return { message: payload.message, position: { topic, number, eventId } };
}
