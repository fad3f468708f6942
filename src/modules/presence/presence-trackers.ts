// The trackers of this node: one for each workspace that somebody follows, opened for the first and closed behind the
// last.
import { PresenceTracker, type PresenceTrackerOptions } from './presence-tracker.ts';

export interface PresenceTrackers {
  acquire(workspace: string): AcquiredTracker;
  close(): void;
}

export interface AcquiredTracker {
  readonly tracker: PresenceTracker;
  /** May be called again. */
  release(): void;
}

export function createPresenceTrackers(options: Omit<PresenceTrackerOptions, 'workspace'>): PresenceTrackers {
  const shared = new Map<string, { readonly tracker: PresenceTracker; users: number }>();

  return {
    acquire(workspace) {
      const entry = shared.get(workspace) ?? {
        tracker: new PresenceTracker({ ...options, workspace }),
        users: 0,
      };
      shared.set(workspace, entry);
      entry.users += 1;
      let released = false;
      return {
        tracker: entry.tracker,
        release() {
          if (released) return;
          released = true;
          entry.users -= 1;
          if (entry.users > 0) return;
          if (shared.get(workspace) === entry) shared.delete(workspace);
          entry.tracker.close();
        },
      };
    },

    close() {
      for (const { tracker } of shared.values()) tracker.close();
      shared.clear();
    },
  };
}
