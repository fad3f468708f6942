// What others see of a user's presence: a pure function of what the registry knows, so that every rule can be read
// and tested in one place.
import type { PresenceState, PresenceSetting, PresenceStatus } from '../../engines/engine.ts';
import type { UserView } from '../users/users.service.ts';

export type ActivityView = NonNullable<PresenceSetting['activity']>;

/** What is known of a person besides the registry. */
export interface Profile {
  readonly user: UserView;
  /** RFC 3339: when the user's last session ended; null for a user never seen. */
  readonly lastSeenAt: string | null;
}

export interface PresenceView {
  readonly user: UserView;
  readonly status: PresenceStatus;
  readonly activity: ActivityView | null;
  readonly deviceCount: number;
  /** RFC 3339; null while connected, and for a user never seen. */
  readonly lastSeenAt: string | null;
}

/** A session in its grace counts: its page may only be reloading. */
export const isConnected = ({ live, leaving }: PresenceState): boolean => live + leaving > 0;

const statusOf = (state: PresenceState): PresenceStatus =>
  isConnected(state) ? (state.setting?.status ?? 'ONLINE') : 'OFFLINE';

export const appearsOffline = (state: PresenceState): boolean => statusOf(state) === 'OFFLINE';

/**
 * Whoever has set OFFLINE looks like somebody who left at that moment. A page reload is never visible: of one device,
 * live 1, then leaving 1, then live 1 and leaving 1, then live 1 are all one device.
 */
export function toPresenceView(state: PresenceState, { user, lastSeenAt }: Profile): PresenceView {
  const status = statusOf(state);
  if (status === 'OFFLINE') {
    return { user, status, activity: null, deviceCount: 0, lastSeenAt: hiddenSince(state) ?? lastSeenAt };
  }
  const deviceCount = Math.max(state.live, 1);
  return { user, status, activity: state.setting?.activity ?? null, deviceCount, lastSeenAt: null };
}

/** When the user was last seen, once `after` has followed `before`; `told` is what was known until then. */
export function lastSeenAfter(
  before: PresenceState,
  after: PresenceState,
  { told, at }: { readonly told: string | null; readonly at: string },
): string | null {
  if (isConnected(after) || !isConnected(before)) return told;
  return hiddenSince(before) ?? at;
}

const hiddenSince = (state: PresenceState): string | null =>
  isConnected(state) && state.setting?.status === 'OFFLINE' ? state.setting.setAt : null;

/** Whether nobody could tell the two apart. Two OFFLINE are alike: when somebody invisible leaves, nothing is seen. */
export const looksTheSame = (one: PresenceView, other: PresenceView): boolean =>
  one.status === other.status &&
  one.deviceCount === other.deviceCount &&
  one.activity?.kind === other.activity?.kind &&
  one.activity?.resource === other.activity?.resource &&
  one.user.name === other.user.name &&
  one.user.avatarUrl === other.user.avatarUrl;
