import { useMemo } from 'react';
import type { NotificationType } from '../client/generated.ts';
import { unknownNotifications, type NotificationsState } from './notifications-state.ts';
import { NotificationsStore } from './notifications-store.ts';
import { useLiveStore } from './use-live-store.ts';
import type { Refetch } from './use-order.ts';

export interface NotificationsActions extends Refetch {
  /** Rejects with the error where it is refused. */
  markRead(id: string): Promise<void>;
  markAllRead(): Promise<void>;
  loadMore(): Promise<void>;
}

/**
 * The viewer's feed and its unread count, live and the same on every device and in every tab.
 * @param options.types only these are listed; the count is of all
 */
export function useNotifications({
  types,
}: { readonly types?: readonly NotificationType[] } = {}): NotificationsState & NotificationsActions {
  const listsNone = types?.length === 0;
  const wanted = types === undefined || listsNone ? null : [...types].sort();
  const { state, requireStore } = useLiveStore(
    `notifications ${wanted?.join() ?? 'of all types'}`,
    unknownNotifications,
    (client) => new NotificationsStore(client, wanted),
  );
  const actions = useMemo<NotificationsActions>(
    () => ({
      markRead: async (id) => requireStore().markRead(id),
      markAllRead: async () => requireStore().markAllRead(),
      loadMore: async () => requireStore().loadMore(),
      refetch: async () => requireStore().refetch(),
    }),
    [requireStore],
  );
  return useMemo(
    () => ({ ...state, ...(listsNone && { notifications: [], hasMore: false }), ...actions }),
    [state, listsNone, actions],
  );
}
