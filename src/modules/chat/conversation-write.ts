// One change of a conversation: a write that holds the head of the conversation's stream and those of its participants'
// `conversations-of` streams. Who they are must be known before those are locked, and may change until they are: then
// the write starts over, with the conversation's head locked first.
//
//   read participants ─▶ take heads ─▶ read participants again ──(the same)──▶ change, append, commit
//          ▲                                     │
//          └──────(others: lock the head)────────┘
import { and, eq } from 'drizzle-orm';
import type { Log } from '../../streams/log.ts';
import { streamHeads } from '../../streams/log.tables.ts';
import type { Taken, Write } from '../../streams/log-write.ts';
import type { Topic } from '../../streams/topic.ts';
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
class ParticipantsChanged extends Error {
  readonly topic: Topic;
  constructor(topic: Topic) {
    super(`The participants of ${topic} changed while their heads were being taken.`);
    this.topic = topic;
  }
}

/** Like `log.write`, for a work that calls `requireSameParticipants` after its `take`. */
export async function writeConversation<T>(log: Log, work: (write: Write) => Promise<T>): Promise<T> {
  try {
    return await log.write(work);
  } catch (error) {
    if (!(error instanceof ParticipantsChanged)) throw error;
    const { topic } = error;
    return log.write(async (write) => {
      await lockHead(write.tx, topic);
      return work(write);
    });
  }
}

/**
 * The second time the conversation's head is locked before its participants are read, so that they stay as they are read.
 * It is there, because they have changed; and it comes before all `conversations-of` heads in the order of topics, so
 * locks are still taken in the same order by everybody.
 */
const lockHead = (tx: Queries, topic: Topic) =>
  tx.select({ topic: streamHeads.topic }).from(streamHeads).where(eq(streamHeads.topic, topic)).for('update');

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
  { workspace, conversationId }: ConversationRef,
  before: readonly Pick<Participant, 'userId'>[],
  now: readonly Pick<Participant, 'userId'>[],
): void {
  const known = new Set(before.map(({ userId }) => userId));
  if (now.length === known.size && now.every(({ userId }) => known.has(userId))) return;
  throw new ParticipantsChanged(conversationTopic(workspace, conversationId));
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
  requireSameParticipants(ref, before, participants);
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
