import type { ConversationFragment, PresenceStatus, UserFragment } from '../../src/client/index.ts';
import { listOf } from '../parts/names.ts';

type Participants = Pick<ConversationFragment, 'participants'>;

export const othersOf = ({ participants }: Participants, viewerId: string): readonly UserFragment[] =>
  participants.filter(({ id }) => id !== viewerId);

/** What it was called, or who is in it besides the viewer. */
export const titleOf = (
  conversation: Participants & Pick<ConversationFragment, 'title'>,
  viewerId: string,
): string => {
  const others = othersOf(conversation, viewerId).map(({ name }) => name);
  return conversation.title ?? (others.length === 0 ? 'Only you' : listOf(others));
};

const byAvailability: readonly PresenceStatus[] = ['ONLINE', 'BUSY', 'AWAY', 'OFFLINE'];

/** One dot for several people: whether anybody is there. */
export const mostAvailable = (statuses: readonly PresenceStatus[]): PresenceStatus =>
  byAvailability.find((status) => statuses.includes(status)) ?? 'OFFLINE';
