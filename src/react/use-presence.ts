import type { CombinedError } from '@urql/core';
import { useCallback, useMemo, useState } from 'react';
import {
  SetPresenceDocument,
  type PresenceFragment,
  type PresenceStatus,
  type SetPresenceInput,
} from '../client/generated.ts';
import { toSeed, unknownPresence } from './presence-state.ts';
import { PresenceStore } from './presence-store.ts';
import { useTidings } from './tidings-provider.tsx';
import { useLiveStore } from './use-live-store.ts';

export interface Presence {
  readonly status: 'loading' | 'live' | 'failed';
  readonly byUser: ReadonlyMap<string, PresenceFragment>;
  /** OFFLINE for whomever nothing is known of. */
  statusOf(userId: string): PresenceStatus;
  readonly error: CombinedError | null;
  /** How the viewer appears, until it is set again or their last connection ends. Rejects with the error where it is refused. */
  setPresence(input: SetPresenceInput): Promise<void>;
}

/**
 * Who is here, away or busy, live.
 * @param userIds whom to follow; undefined: everyone in the workspace who is online
 */
export function usePresence(userIds?: readonly string[]): Presence {
  const client = useTidings();
  const wanted = userIds === undefined ? null : [...new Set(userIds)].sort();
  const key = wanted === null ? 'presence of everyone' : `presence ${JSON.stringify(wanted)}`;
  const [known, setKnown] = useState({ client, view: unknownPresence });
  // Others are asked for: whoever is known from before is shown as they were until the answer.
  const seed = useMemo(
    () => (known.client === client ? toSeed(known.view, wanted) : unknownPresence),
    [client, key],
  );
  const { state } = useLiveStore(
    // Of nobody there is nothing to follow.
    wanted?.length === 0 ? null : key,
    seed,
    (forClient) => new PresenceStore(forClient, wanted, seed),
  );
  if (state.status === 'live' && state !== known.view) setKnown({ client, view: state });
  const setPresence = useCallback(
    async (input: SetPresenceInput) => {
      const { error } = await client.mutation(SetPresenceDocument, { input });
      if (error !== undefined) throw error;
    },
    [client],
  );
  return useMemo(
    () => ({
      status: state.status,
      error: state.error,
      byUser: state.byUser,
      statusOf: (userId) => state.byUser.get(userId)?.status ?? 'OFFLINE',
      setPresence,
    }),
    [state, setPresence],
  );
}
