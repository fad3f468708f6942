// Who may enter a room: whoever was granted access, whose token names it, and everyone where it is public; never from whom
// access was taken. For everybody else there is no such room.
import { requireScope, type Viewer } from '../../auth/viewer.ts';
import type { RoomAccess } from './rooms.tables.ts';

/** `*` stands for any characters: `product:*`. */
export function matchesRoom(pattern: string, room: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return room === pattern;
  if (!room.startsWith(first) || !room.endsWith(last)) return false;
  let position = first.length;
  for (const part of others) {
    const found = room.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return position + last.length <= room.length;
}

export interface RoomRules {
  /** What was said of this viewer and room last; null where nothing was. */
  readonly access: RoomAccess | null;
  /** Patterns of rooms that everyone in the workspace may enter. */
  readonly publicRooms: readonly string[];
}

export function mayEnter(viewer: Viewer, room: string, { access, publicRooms }: RoomRules): boolean {
  if (access !== null) return access === 'granted';
  return [...viewer.rooms, ...publicRooms].some((pattern) => matchesRoom(pattern, room));
}

/** Backend services publish to any room. */
export const publishesAsService = (viewer: Viewer): boolean => viewer.scopes.has('rooms:publish');

export const requireMayManageRooms = (viewer: Viewer): void => requireScope(viewer, 'rooms:manage');
