import type { PresenceFragment } from '../client/generated.ts';

/** By user. Of whom nothing is known there is nothing. */
export interface PresenceView {
  readonly byUser: ReadonlyMap<string, PresenceFragment>;
  /** The next one told is the first of all that are told anew. */
  readonly isOutdated: boolean;
}

export const unknownPresence: PresenceView = { byUser: new Map(), isOutdated: false };

/** Shown as it was until the first news: the page does not flicker over a short interruption. */
export const toOutdated = (view: PresenceView): PresenceView => ({ ...view, isOutdated: true });

export function changePresence(view: PresenceView, presence: PresenceFragment): PresenceView {
  const byUser = new Map(view.isOutdated ? [] : view.byUser);
  byUser.set(presence.userId, presence);
  return { byUser, isOutdated: false };
}
