// The presence registry of one process: plain maps. What ends the process ends its sessions, so there are no leases.

import type { Logger } from 'pino';
import type { EngineEvents, PresenceRegistry, PresenceSetting, PresenceState } from '../engine.ts';
import { LocalFanOut } from './local-fan-out.ts';

interface User {
  readonly sessions: Map<string, 'live' | 'leaving'>;
  setting: PresenceSetting | null;
  version: number;
}

export interface MemoryPresence extends PresenceRegistry {
  close(): void;
}

export function createMemoryPresence(options: {
  readonly logger: Logger;
  readonly events: EngineEvents;
}): MemoryPresence {
  const { logger, events } = options;
  const workspaces = new Map<string, Map<string, User>>();
  const changes = new LocalFanOut<PresenceState>(logger);
  let version = 0;

  const find = (workspace: string, userId: string): User | undefined =>
    workspaces.get(workspace)?.get(userId);

  const tell = (workspace: string, userId: string, user: User): void => {
    version += 1;
    user.version = version;
    changes.publish(workspace, toState(userId, user));
  };

  const removeUser = (workspace: string, userId: string): void => {
    const users = workspaces.get(workspace);
    users?.delete(userId);
    if (users?.size === 0) workspaces.delete(workspace);
    try {
      events.onUserGone({ workspace, userId });
    } catch (error) {
      logger.error({ err: error }, 'onUserGone threw');
    }
  };

  return {
    async track({ workspace, userId, sessionId }, phase) {
      const known = find(workspace, userId);
      const before = known?.sessions.get(sessionId);
      if (before === phase || (phase === 'leaving' && before === undefined)) return;
      const user = known ?? { sessions: new Map(), setting: null, version: 0 };
      if (known === undefined) {
        const users = workspaces.get(workspace) ?? new Map<string, User>();
        workspaces.set(workspace, users.set(userId, user));
      }
      user.sessions.set(sessionId, phase);
      tell(workspace, userId, user);
    },

    async untrack({ workspace, userId, sessionId }) {
      const user = find(workspace, userId);
      if (user?.sessions.delete(sessionId) !== true) return;
      if (user.sessions.size === 0) user.setting = null;
      tell(workspace, userId, user);
      if (user.sessions.size === 0) removeUser(workspace, userId);
    },

    async set(workspace, userId, setting) {
      const user = find(workspace, userId);
      if (user === undefined) return false;
      if (JSON.stringify(user.setting) === JSON.stringify(setting)) return true;
      user.setting = setting;
      tell(workspace, userId, user);
      return true;
    },

    async read(workspace, userIds) {
      return userIds.map((userId) => toState(userId, find(workspace, userId)));
    },

    async listOnline(workspace, { after, limit }) {
      const online: string[] = [];
      for (const [userId, user] of workspaces.get(workspace) ?? []) {
        if (user.setting?.status !== 'OFFLINE') online.push(userId);
      }
      online.sort(compareCodePoints);
      const rest = after === null ? online : online.filter((userId) => compareCodePoints(userId, after) > 0);
      return { userIds: rest.slice(0, limit), hasMore: rest.length > limit, total: online.length };
    },

    async follow(workspace, follower) {
      const end = changes.listen(workspace, (state) => follower.onChange(state));
      return { unfollow: async () => end() };
    },

    close() {
      changes.close();
      workspaces.clear();
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
