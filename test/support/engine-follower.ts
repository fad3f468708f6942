// A follower that keeps what it was told, and a way to wait for it.

import { expect, vi } from 'vitest';
import type {
  Engine,
  EngineEvents,
  Follower,
  PresenceFollower,
  PresenceState,
} from '../../src/engines/engine.ts';

/** Retries until the assertion holds. Waits for a condition, never for a duration. */
export const eventually = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 15_000, interval: 5 });

export interface RecordingFollower extends Follower {
  readonly messages: string[];
  restored: number;
}

export function createFollower(): RecordingFollower {
  const messages: string[] = [];
  return {
    messages,
    restored: 0,
    onMessage: (message) => void messages.push(message),
    onRestored() {
      this.restored += 1;
    },
  };
}

export interface RecordingPresenceFollower extends PresenceFollower {
  readonly changes: PresenceState[];
  restored: number;
}

export function createPresenceFollower(): RecordingPresenceFollower {
  const changes: PresenceState[] = [];
  return {
    changes,
    restored: 0,
    onChange: (state) => void changes.push(state),
    onRestored() {
      this.restored += 1;
    },
  };
}

/** What an engine has told its owner. */
export interface RecordingEvents extends EngineEvents {
  readonly gone: string[];
}

export function createEvents(): RecordingEvents {
  const gone: string[] = [];
  return { gone, onUserGone: ({ workspace, userId }) => void gone.push(`${workspace}/${userId}`) };
}

export async function readOne(engine: Engine, workspace: string, userId: string): Promise<PresenceState> {
  const [state] = await engine.presence.read(workspace, [userId]);
  if (state === undefined) throw new Error('read answered no state');
  expect(state.userId).toBe(userId);
  return state;
}
