// What a new conversation may be: pure.
import { badInput } from '../../errors.ts';
import { optionalText, requireIds } from '../../schema/input.ts';
import { toContentHash } from '../../streams/idempotency.ts';

/** Participants of one conversation. */
export const maxParticipants = 500;

export interface CreateConversation {
  readonly title?: string | null | undefined;
  readonly participantIds: readonly string[];
  readonly clientConversationId?: string | null | undefined;
  readonly asUserId?: string | null | undefined;
}

export interface ConversationDraft {
  readonly title: string | null;
  /** The creator first. */
  readonly userIds: readonly string[];
  readonly clientConversationId: string | null;
  readonly contentHash: string;
}

/** Throws BAD_USER_INPUT naming what is wrong. */
export function requireConversationDraft(actor: string, input: CreateConversation): ConversationDraft {
  const title = optionalText('title', input.title, { min: 1, max: 256 });
  const named = requireIds('participantIds', input.participantIds, { min: 0, max: maxParticipants });
  const userIds = [...new Set([actor, ...named])];
  requireRoomFor(userIds.length);
  const clientConversationId = optionalText('clientConversationId', input.clientConversationId, {
    min: 1,
    max: 256,
  });
  return {
    title,
    userIds,
    clientConversationId,
    contentHash: toContentHash({ title, userIds: userIds.toSorted() }),
  };
}

export function requireRoomFor(participants: number): void {
  if (participants > maxParticipants) {
    throw badInput(
      `A conversation takes at most ${maxParticipants} participants: these would be ${participants}.`,
    );
  }
}
