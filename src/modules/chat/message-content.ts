// What a message may hold, and what editing and deleting make of it: pure.
import { badInput, TidingsError } from '../../errors.ts';
import { requireHttpsUrl, requireText } from '../../schema/input.ts';
import type { Attachment } from './chat.tables.ts';
import type { MessageView } from './message-view.ts';

export interface MessageContent {
  readonly body: string;
  readonly attachments: readonly Attachment[];
}

export interface AttachmentInput {
  readonly url: string;
  readonly name: string;
  readonly contentType: string;
  readonly size?: number | null | undefined;
}

const maxBodyLength = 10_000;
const maxAttachments = 10;

/** Stored as sent. Throws BAD_USER_INPUT naming what is wrong. */
export function requireMessageContent(input: {
  readonly body: string;
  readonly attachments?: readonly AttachmentInput[] | null | undefined;
}): MessageContent {
  const attachments = input.attachments ?? [];
  if (attachments.length > maxAttachments) {
    throw badInput(
      `\`attachments\` holds ${attachments.length} files: a message takes at most ${maxAttachments}.`,
    );
  }
  return { body: requireBody(input.body, attachments), attachments: attachments.map(requireAttachment) };
}

/** May be empty where there are attachments. */
export const requireBody = (body: string, attachments: readonly unknown[]): string =>
  requireText('body', body, { min: attachments.length > 0 ? 0 : 1, max: maxBodyLength });

function requireAttachment({ url, name, contentType, size = null }: AttachmentInput): Attachment {
  if (size !== null && size < 0) throw badInput(`\`attachments.size\` is ${size}: it can not be negative.`);
  return {
    url: requireHttpsUrl('attachments.url', url),
    name: requireText('attachments.name', name, { min: 1, max: 256 }),
    contentType: requireText('attachments.contentType', contentType, { min: 1, max: 128 }),
    size,
  };
}

/** The same message where the text is already that. Throws CONFLICT for a deleted one. */
export function toEdited(message: MessageView, body: string, editedAt: string): MessageView {
  if (message.deletedAt !== null) {
    throw new TidingsError('CONFLICT', 'The message has been deleted: it can no longer be edited.');
  }
  requireBody(body, message.attachments);
  return message.body === body ? message : { ...message, body, editedAt };
}

/** The same message where it is deleted already. */
export const toDeleted = (message: MessageView, deletedAt: string): MessageView =>
  message.deletedAt === null ? { ...message, body: '', attachments: [], deletedAt } : message;
