// One change of a conversation: a write that holds the head of the conversation's stream and those of its participants'
// `conversations-of` streams. Who they are must be known before anything is locked, and may change until it is: then the
// write starts over.
//
//   read participants ─▶ take heads ─▶ read participants again ──(the same)──▶ change, append, commit
//          ▲                                     │
//          └─────────────(others)────────────────┘
import { and, eq } from 'drizzle-orm';
import { TidingsError } from '../../errors.ts';
import type { Log } from '../../streams/log.ts';
import type { Taken, Write } from '../../streams/log-write.ts';
import type { Queries } from '../../store/store.ts';
import type { ConversationChangeKind, ConversationUpdatePayload } from './chat.events.ts';
import { conversationParticipants } from './chat.tables.ts';
import { conversationsOfTopic, conversationTopic } from './chat.topics.ts';

export interface ConversationRef {
  readonly workspace: string;
  readonly conversationId: string;
}

export interface Participant {
  readonly userId: string;
  readonly unreadCount: number;
}

/** Rolls the write back, to begin again: the participants that it has locked are not the participants any more. */
class ParticipantsChanged extends Error {}

const maxTries = 10;

/** Like `log.write`, for a work that calls `requireSameParticipants` after its `take`. */
export async function writeConversation<T>(log: Log, work: (write: Write) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await log.write(work);
    } catch (error) {
      if (!(error instanceof ParticipantsChanged)) throw error;
      if (tries < maxTries) continue;
      throw new TidingsError(
        'UNAVAILABLE',
        'The participants of the conversation change too quickly at the moment. Try again shortly.',
        { retryAfterMs: 200 },
      );
    }
  }
}

export const readParticipants = (
  tx: Queries,
  { workspace, conversationId }: ConversationRef,
): Promise<readonly Participant[]> =>
  tx
    .select({
      userId: conversationParticipants.userId,
      unreadCount: conversationParticipants.unreadCount,
    })
    .from(conversationParticipants)
    .where(
      and(
        eq(conversationParticipants.workspace, workspace),
        eq(conversationParticipants.conversationId, conversationId),
      ),
    );

/** Once per write. `others` are users who don't take part yet. */
export const takeConversation = (
  write: Write,
  { workspace, conversationId }: ConversationRef,
  participants: readonly Pick<Participant, 'userId'>[],
  others: readonly string[] = [],
): Promise<Taken> =>
  write.take([
    conversationTopic(workspace, conversationId),
    ...participants.map(({ userId }) => conversationsOfTopic(workspace, userId)),
    ...others.map((userId) => conversationsOfTopic(workspace, userId)),
  ]);

/** After `take`: nobody joins or leaves any more, because that takes the head of the conversation. */
export function requireSameParticipants(
  before: readonly Pick<Participant, 'userId'>[],
  now: readonly Pick<Participant, 'userId'>[],
): void {
  const known = new Set(before.map(({ userId }) => userId));
  if (now.length === known.size && now.every(({ userId }) => known.has(userId))) return;
  throw new ParticipantsChanged('The participants changed while their heads were being taken.');
}

/** `takeConversation` and the participants as they stand now, with their unread counts. */
export async function takeWithParticipants(
  write: Write,
  ref: ConversationRef,
  before: readonly Participant[],
  others: readonly string[] = [],
): Promise<{ readonly taken: Taken; readonly participants: readonly Participant[] }> {
  const taken = await takeConversation(write, ref, before, others);
  const participants = await readParticipants(write.tx, ref);
  requireSameParticipants(before, participants);
  return { taken, participants };
}

/** Tells the change to the lists of these users, with their own unread counts. */
export function appendUpdates(
  write: Write,
  { workspace, conversationId }: ConversationRef,
  kind: ConversationChangeKind,
  participants: readonly Participant[],
): void {
  for (const { userId, unreadCount } of participants) {
    const payload: ConversationUpdatePayload = { kind, conversationId, unreadCount };
    write.append({ topic: conversationsOfTopic(workspace, userId), payload });
  }
}
