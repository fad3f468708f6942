import type { CombinedError } from '@urql/core';
import type { RoomPresenceFragment, UserFragment } from '../client/generated.ts';

export interface RoomState {
  readonly status: 'loading' | 'live' | 'failed';
  /** How many users are there. */
  readonly count: number;
  /** At most the 100 who joined first. */
  readonly members: readonly UserFragment[];
  readonly error: CombinedError | null;
}

export const unknownRoom: RoomState = { status: 'loading', count: 0, members: [], error: null };

/** Each event carries the membership as it is. */
export const toRoom = ({ count, members }: RoomPresenceFragment): RoomState => ({
  status: 'live',
  count,
  members,
  error: null,
});

const worst = ['failed', 'loading', 'live'] as const;

/** Live when both are, failed when one has. */
export function withStatusOf(room: RoomState, other: Pick<RoomState, 'status' | 'error'>): RoomState {
  const status = worst.find((each) => room.status === each || other.status === each) ?? room.status;
  return { ...room, status, error: room.error ?? other.error };
}
