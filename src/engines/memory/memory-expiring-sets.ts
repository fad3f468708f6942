// Expiring sets of one process: a timer for each member, so that nothing has to be swept.

import type { ExpiringSets } from '../engine.ts';

interface Member {
  readonly expiresAt: number;
  readonly timer: NodeJS.Timeout;
}

export interface MemoryExpiringSets extends ExpiringSets {
  close(): void;
}

/** `now` answers milliseconds of a monotonic clock. */
export function createMemoryExpiringSets(now: () => number = () => performance.now()): MemoryExpiringSets {
  const sets = new Map<string, Map<string, Member>>();

  /** Answers whether it was there and had not lapsed: a timer may fire later than its member's moment. */
  const take = (set: string, name: string): boolean => {
    const members = sets.get(set);
    const member = members?.get(name);
    if (members === undefined || member === undefined) return false;
    clearTimeout(member.timer);
    members.delete(name);
    if (members.size === 0) sets.delete(set);
    return member.expiresAt > now();
  };

  return {
    async put(set, member, ttlMs) {
      const isNew = !take(set, member);
      const timer = setTimeout(() => take(set, member), ttlMs);
      timer.unref();
      const members = sets.get(set) ?? new Map<string, Member>();
      sets.set(set, members.set(member, { expiresAt: now() + ttlMs, timer }));
      return isNew;
    },

    async remove(set, member) {
      return take(set, member);
    },

    async list(set) {
      const at = now();
      return [...(sets.get(set) ?? [])]
        .filter(([, { expiresAt }]) => expiresAt > at)
        .map(([member, { expiresAt }]) => ({ member, expiresInMs: Math.ceil(expiresAt - at) }));
    },

    close() {
      for (const members of sets.values()) for (const { timer } of members.values()) clearTimeout(timer);
      sets.clear();
    },
  };
}
