// The presence registry of one process: plain maps. What ends the process ends its sessions, so there are no leases.

import type { Logger } from 'pino';
import type { Place, PresenceRegistry, PresenceSetting, PresenceState } from '../engine.ts';
import { LocalFanOut } from './local-fan-out.ts';

interface User {
  readonly sessions: Map<string, 'live' | 'leaving'>;
  setting: PresenceSetting | null;
  /** Of the last change. */
  version: number;
  /** The version of the first one. */
  readonly came: number;
}

export interface MemoryPresence extends PresenceRegistry {
  close(): void;
}

export interface MemoryPresenceOptions {
  readonly logger: Logger;
  /** Of `listOnline`. */
  readonly order: 'by-id' | 'by-coming';
  /** The user's last session there has ended, with this setting. */
  onUserGone(place: Place, userId: string, setting: PresenceSetting | null): void;
}

export function createMemoryPresence({ logger, order, onUserGone }: MemoryPresenceOptions): MemoryPresence {
  /** Of each place its users, in the order in which they came. */
  const places = new Map<string, Map<string, User>>();
  const changes = new LocalFanOut<PresenceState>(logger);
  let version = 0;

  const find = (place: string, userId: string): User | undefined => places.get(place)?.get(userId);

  const tell = (place: string, userId: string, user: User): void => {
    version += 1;
    user.version = version;
    changes.publish(place, toState(userId, user));
  };

  const removeUser = (place: string, userId: string, setting: PresenceSetting | null): void => {
    const users = places.get(place);
    users?.delete(userId);
    if (users?.size === 0) places.delete(place);
    try {
      onUserGone(place, userId, setting);
    } catch (error) {
      logger.error({ err: error }, 'onUserGone threw');
    }
  };

  return {
    async track({ place, userId, sessionId }, phase) {
      const known = find(place, userId);
      const before = known?.sessions.get(sessionId);
      if (before === phase || (phase === 'leaving' && before === undefined)) return;
      const user = known ?? { sessions: new Map(), setting: null, version: 0, came: version + 1 };
      if (known === undefined) {
        const users = places.get(place) ?? new Map<string, User>();
        places.set(place, users.set(userId, user));
      }
      user.sessions.set(sessionId, phase);
      tell(place, userId, user);
    },

    async untrack({ place, userId, sessionId }) {
      const user = find(place, userId);
      if (user?.sessions.delete(sessionId) !== true) return;
      const { setting } = user;
      if (user.sessions.size === 0) user.setting = null;
      tell(place, userId, user);
      if (user.sessions.size === 0) removeUser(place, userId, setting);
    },

    async set(place, userId, setting) {
      const user = find(place, userId);
      if (user === undefined) return false;
      if (JSON.stringify(user.setting) === JSON.stringify(setting)) return true;
      user.setting = setting;
      tell(place, userId, user);
      return true;
    },

    async read(place, userIds) {
      return userIds.map((userId) => toState(userId, find(place, userId)));
    },

    async listOnline(place, { after, limit }) {
      const online: { readonly userId: string; readonly came: number }[] = [];
      for (const [userId, { setting, came }] of places.get(place) ?? []) {
        if (setting?.status !== 'OFFLINE') online.push({ userId, came });
      }
      if (order === 'by-id') online.sort((one, other) => compareCodePoints(one.userId, other.userId));
      const markOf = ({ userId, came }: { userId: string; came: number }) =>
        order === 'by-id' ? userId : String(came);
      const isAfter = (mark: string, than: string) =>
        order === 'by-id' ? compareCodePoints(mark, than) > 0 : Number(mark) > Number(than);
      const rest = after === null ? online : online.filter((user) => isAfter(markOf(user), after));
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      const next = rest.length > limit && last !== undefined ? markOf(last) : null;
      return { userIds: page.map(({ userId }) => userId), next, total: online.length };
    },

    async count() {
      let count = 0;
      for (const users of places.values()) {
        for (const { setting } of users.values()) if (setting?.status !== 'OFFLINE') count += 1;
      }
      return count;
    },

    async follow(place, follower) {
      const end = changes.listen(place, (state) => follower.onChange(state));
      return { unfollow: async () => end() };
    },

    close() {
      changes.close();
      places.clear();
    },
  };
}

function toState(userId: string, user: User | undefined): PresenceState {
  if (user === undefined) return { userId, version: 0, live: 0, leaving: 0, setting: null };
  let live = 0;
  for (const phase of user.sessions.values()) if (phase === 'live') live += 1;
  return {
    userId,
    version: user.version,
    live,
    leaving: user.sessions.size - live,
    setting: user.setting,
  };
}

/** The order of UTF-8 bytes, which is Redis' order; JavaScript's own differs for characters beyond U+FFFF. */
const compareCodePoints = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));
