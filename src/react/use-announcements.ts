import type { AnnouncementFragment } from '../client/generated.ts';
import { AnnouncementsStore, noAnnouncements } from './announcements-store.ts';
import { useLiveStore } from './use-live-store.ts';

/** What everyone is told, the newest first: live, and for visitors without a token the public ones. */
export function useAnnouncements(): readonly AnnouncementFragment[] {
  return useLiveStore('announcements', noAnnouncements, (client) => new AnnouncementsStore(client)).state;
}
