import type { CombinedError } from '@urql/core';
import { useMemo } from 'react';
import type { AnnouncementFragment } from '../client/generated.ts';
import { AnnouncementsStore, noAnnouncements } from './announcements-store.ts';
import type { FeedStatus } from './stream-feed.ts';
import { useLiveStore } from './use-live-store.ts';

export interface Announcements {
  readonly status: FeedStatus;
  /** The newest first. */
  readonly announcements: readonly AnnouncementFragment[];
  /** UNAUTHENTICATED: visitors without a token are shown none here. */
  readonly error: CombinedError | null;
}

/** What everyone is told, live; visitors without a token see the public ones, where the server shows them any. */
export function useAnnouncements(): Announcements {
  const { state } = useLiveStore(
    'announcements',
    noAnnouncements,
    (client) => new AnnouncementsStore(client),
  );
  return useMemo(() => ({ status: state.status, announcements: state.items, error: state.error }), [state]);
}
