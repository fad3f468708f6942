// What has changed in a room since a subscriber was told last. Pure.
import type { UserView } from '../users/users.service.ts';

export interface RoomChange {
  readonly joined: ReadonlyMap<string, UserView>;
  readonly left: ReadonlyMap<string, UserView>;
}

export const noChange: RoomChange = { joined: new Map(), left: new Map() };

export const isNoChange = ({ joined, left }: RoomChange): boolean => joined.size + left.size === 0;

/** The later after the earlier: who came and went is not told of, nor who went and came back. */
export function mergeChanges(earlier: RoomChange, later: RoomChange): RoomChange {
  // The same object for all who have been told everything before.
  if (isNoChange(earlier) && ![...later.left.keys()].some((id) => later.joined.has(id))) return later;
  const joined = new Map(earlier.joined);
  const left = new Map(earlier.left);
  for (const [id, user] of later.left) if (!joined.delete(id)) left.set(id, user);
  for (const [id, user] of later.joined) if (!left.delete(id)) joined.set(id, user);
  return { joined, left };
}
