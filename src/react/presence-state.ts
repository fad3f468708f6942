import type { CombinedError } from '@urql/core';
import type { PresenceFragment } from '../client/generated.ts';

export interface PresenceView {
  readonly status: 'loading' | 'live' | 'failed';
  /** By user. Of whom nothing is known there is nothing. */
  readonly byUser: ReadonlyMap<string, PresenceFragment>;
  /** Those who have not been told anew since the connection came back. */
  readonly outdated: ReadonlySet<string>;
  readonly error: CombinedError | null;
}

export const unknownPresence: PresenceView = {
  status: 'loading',
  byUser: new Map(),
  outdated: new Set(),
  error: null,
};

/** Shown as they were until the news come: the page does not flicker over a short interruption. */
export const toOutdated = (view: PresenceView): PresenceView => ({
  ...view,
  outdated: new Set(view.byUser.keys()),
});

export function changePresence(view: PresenceView, presence: PresenceFragment): PresenceView {
  const byUser = new Map(view.byUser).set(presence.userId, presence);
  const outdated = new Set(view.outdated);
  outdated.delete(presence.userId);
  return { status: 'live', byUser, outdated, error: null };
}

/** Of everyone those who are online are told first: who was not told anew has left meanwhile. */
export function withoutOutdated(view: PresenceView): PresenceView {
  if (view.outdated.size === 0) return view;
  const byUser = new Map([...view.byUser].filter(([userId]) => !view.outdated.has(userId)));
  return { ...view, byUser, outdated: new Set() };
}

/**
 * What is known of those who are to be followed from now on, shown until the news come.
 * @param userIds null: everyone
 */
export function toSeed({ byUser }: PresenceView, userIds: readonly string[] | null): PresenceView {
  if (byUser.size === 0) return unknownPresence;
  const wanted = userIds === null ? null : new Set(userIds);
  const known = new Map([...byUser].filter(([userId]) => wanted === null || wanted.has(userId)));
  return toOutdated({ ...unknownPresence, byUser: known });
}
