// Messages: sending, editing and deleting them, and reading them for whoever may.
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import type { Runtime } from '../../schema/context.ts';
import { optionalText } from '../../schema/input.ts';
import type { Write } from '../../streams/log-write.ts';
import type { Queries } from '../../store/store.ts';
import { requireActor, requireMayDelete, requireMayEdit } from './chat.policy.ts';
import { eraseTraces } from './erase-traces.ts';
import { conversationTopic } from './chat.topics.ts';
import {
  readParticipants,
  takeWithParticipants,
  writeConversation,
  type ConversationRef,
  type Participant,
} from './conversation-write.ts';
import { appendMessageChange, type ChangedMessage } from './message-change.ts';
import { requireMessageContent, toDeleted, toEdited, type AttachmentInput } from './message-content.ts';
import { readUndeleted, scrubLog, scrubMessage, updateMessageBody } from './message-rows.ts';
import { findMessage, type PlacedMessage } from './message-view.ts';
import { sealHash } from './sealed-hash.ts';
import { Repeated, sendMessage } from './send-message.ts';

export interface SendMessage {
  readonly conversationId: string;
  readonly body: string;
  readonly attachments?: readonly AttachmentInput[] | null | undefined;
  readonly clientMessageId?: string | null | undefined;
  readonly asUserId?: string | null | undefined;
}

export interface MessageSent {
  readonly workspace: string;
  readonly conversationId: string;
  readonly userId: string;
}

export interface MessagesService {
  /** The same `clientMessageId` of the same sender with the same content answers the first message as it is now. */
  sendMessage(viewer: Viewer, input: SendMessage): Promise<ChangedMessage>;
  /** Only the sender. The text that it has already changes nothing. */
  editMessage(
    viewer: Viewer,
    input: { readonly messageId: string; readonly body: string },
  ): Promise<ChangedMessage>;
  /** The sender, or staff who take part. Once deleted it stays so, however often it is asked. */
  deleteMessage(viewer: Viewer, messageId: string): Promise<ChangedMessage>;
  /** Deletes every message of a user that is stored, as the user would; harmless to repeat. */
  eraseMessages(user: { readonly workspace: string; readonly userId: string }): Promise<void>;
  /** Called on this node after a message was stored. Answers the function that ends it. */
  onMessageSent(listener: (sent: MessageSent) => void): () => void;
}

export function createMessagesService(runtime: Runtime): MessagesService {
  const { log, store, logger } = runtime;
  const listeners = new Set<(sent: MessageSent) => void>();

  const tellSent = (sent: MessageSent): void => {
    for (const listener of listeners) {
      try {
        listener(sent);
      } catch (error) {
        logger.error({ err: error }, 'a listener for sent messages threw');
      }
    }
  };

  /** As it is now; the head first, so that the cursor is not newer than the message. */
  const readUnchanged = async ({ workspace, conversationId }: ConversationRef, id: string) => {
    const topic = conversationTopic(workspace, conversationId);
    const position = { topic, ...(await log.head(topic)) };
    const message = await findMessage(store.queries, workspace, id);
    if (message === null) throw notFound('message', id);
    return { message: message.view, position };
  };

  const changeMessage = async (
    viewer: Viewer,
    messageId: string,
    change: (write: Write, found: MessageForChange) => Promise<ChangedMessage>,
  ): Promise<ChangedMessage> => {
    const changed = await writeConversation<ChangedMessage | Unchanged>(log, async (write) =>
      change(write, await readForChange(write.tx, viewer, messageId)),
    );
    return changed instanceof Unchanged ? readUnchanged(changed.ref, messageId) : changed;
  };

  const eraseMessage = (workspace: string, messageId: string) =>
    writeConversation<ChangedMessage | Unchanged>(log, async (write) => {
      const found = await findMessage(write.tx, workspace, messageId);
      if (found === null) throw notFound('message', messageId);
      const ref = { workspace, conversationId: found.view.conversationId };
      return removeMessage(write, { ref, found, before: await readParticipants(write.tx, ref) });
    });

  return {
    async sendMessage(viewer, input) {
      const actor = requireActor(viewer, input.asUserId);
      const ref = { workspace: viewer.workspace, conversationId: input.conversationId };
      const content = requireMessageContent(input);
      const clientMessageId = optionalText('clientMessageId', input.clientMessageId, { min: 1, max: 256 });
      const sent = await writeConversation<ChangedMessage | Repeated>(log, (write) =>
        sendMessage(write, ref, { viewer, senderId: actor, clientMessageId, content }),
      );
      if (sent instanceof Repeated) return readUnchanged(ref, sent.messageId);
      tellSent({ ...ref, userId: actor });
      return sent;
    },

    editMessage: (viewer, { messageId, body }) =>
      changeMessage(viewer, messageId, async (write, { ref, found, before }) => {
        requireMayEdit(viewer, found.view);
        const { taken, participants } = await takeWithParticipants(write, ref, before);
        const { view } = await readAgain(write.tx, ref, messageId);
        const edited = toEdited(view, body, taken.occurredAt.toISOString());
        if (edited === view) return write.abandon(new Unchanged(ref));
        await updateMessageBody(write.tx, ref.workspace, edited);
        return appendMessageChange(write, ref, { kind: 'EDITED', message: edited }, participants);
      }),

    deleteMessage: (viewer, messageId) =>
      changeMessage(viewer, messageId, async (write, message) => {
        requireMayDelete(viewer, message.found.view);
        return removeMessage(write, message);
      }),

    async eraseMessages({ workspace, userId }) {
      for (const messageId of await readUndeleted(store.queries, workspace, userId))
        await eraseMessage(workspace, messageId);
      await store.transaction((tx) => eraseTraces(tx, { workspace, userId }));
    },

    onMessageSent(listener) {
      const own = (sent: MessageSent) => listener(sent);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

/** Its text and attachments are gone; whoever follows is told. */
async function removeMessage(
  write: Write,
  { ref, found, before }: MessageForChange,
): Promise<ChangedMessage> {
  const contentHash = await toRemainingHash(found); // slow: before anybody has to wait for the head
  const { taken } = await takeWithParticipants(write, ref, before);
  const { number, view } = await readAgain(write.tx, ref, found.view.id);
  const deleted = toDeleted(view, taken.occurredAt.toISOString());
  if (deleted === view) return write.abandon(new Unchanged(ref));
  const participants = await scrubMessage(write.tx, ref.workspace, { number, contentHash, view: deleted });
  await scrubLog(write.tx, conversationTopic(ref.workspace, ref.conversationId), deleted);
  return appendMessageChange(write, ref, { kind: 'DELETED', message: deleted }, participants);
}

/** Nothing was changed: it is as it was asked to be. */
class Unchanged {
  readonly ref: ConversationRef;
  constructor(ref: ConversationRef) {
    this.ref = ref;
  }
}

interface MessageForChange {
  readonly ref: ConversationRef;
  /** As it was before anything was locked: its sender and its conversation never change, the rest may. */
  readonly found: PlacedMessage;
  readonly before: readonly Participant[];
}

/** No conversation has it. */
const nowhere = '00000000-0000-0000-0000-000000000000';

/**
 * Throws NOT_FOUND where the viewer takes no part in its conversation. What does not exist is looked for as long as what does: how long
 * the answer takes tells nothing either.
 */
async function readForChange(tx: Queries, viewer: Viewer, messageId: string): Promise<MessageForChange> {
  const found = await findMessage(tx, viewer.workspace, messageId);
  const ref = { workspace: viewer.workspace, conversationId: found?.view.conversationId ?? nowhere };
  const before = await readParticipants(tx, ref);
  if (found === null || !before.some(({ userId }) => userId === viewer.id)) {
    throw notFound('message', messageId);
  }
  return { ref, found, before };
}

/** Only a client's id sent again asks for it. */
const toRemainingHash = async ({ contentHash, view }: PlacedMessage): Promise<string | null> =>
  contentHash === null || view.clientMessageId === null ? null : sealHash(contentHash, view.id);

/** After its conversation's head is taken, so that nobody else changes it any more. */
async function readAgain(tx: Queries, { workspace }: ConversationRef, id: string): Promise<PlacedMessage> {
  const message = await findMessage(tx, workspace, id);
  if (message === null) throw notFound('message', id);
  return message;
}
