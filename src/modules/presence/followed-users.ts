// The users that one workspace's subscribers follow on this node: the newest state of each, what was last shown, and to
// whom. Pure but for handing views to subscribers; presence-tracker.ts feeds it.
//
//   unknown ──(learn or hear, and know: state and name are there)──▶ shown ──(looks different)──▶ shown …
//      └───────────(nobody asks any more)──────────▶ forgotten ◀──────────────────┘
import type { PresenceState } from '../../engines/engine.ts';
import { toUserView } from '../users/users.service.ts';
import {
  appearsOffline,
  isConnected,
  lastSeenAfter,
  looksTheSame,
  toPresenceView,
  type PresenceView,
  type Profile,
} from './visible-presence.ts';

/** What stands for somebody of whom nothing is known but the id. */
export const unknownProfile = (userId: string): Profile => ({ user: toUserView(userId), lastSeenAt: null });

export interface PresenceSubscriber {
  /** Must not throw. */
  push(userId: string, view: PresenceView): void;
}

/** The users somebody follows; `everyone` means whoever is online, now or later. */
export type Followees = readonly string[] | 'everyone';

interface FollowedUser {
  /** Version -1 until the first one is known. */
  state: PresenceState;
  profile: Profile | null;
  /** When they were seen to leave while nothing was known of their name. */
  leftAt: string | null;
  shown: PresenceView | null;
  /** What was shown may not stand any more, though it would look the same. */
  mustShow: boolean;
  /** Those who follow this very user. */
  readonly subscribers: Set<PresenceSubscriber>;
  /**
   * Reads under way. Until they answer the user is not forgotten, nor the version: a read that says "online, version 5"
   * and is overtaken by "gone, version 6" would leave a ghost.
   */
  reads: number;
}

export class FollowedUsers {
  readonly #users = new Map<string, FollowedUser>();
  readonly #everyone = new Set<PresenceSubscriber>();

  add(subscriber: PresenceSubscriber, followees: Followees): void {
    if (followees === 'everyone') this.#everyone.add(subscriber);
    else for (const userId of followees) this.#meet(userId).subscribers.add(subscriber);
  }

  remove(subscriber: PresenceSubscriber, followees: Followees): void {
    if (followees !== 'everyone') {
      for (const userId of followees) {
        this.#users.get(userId)?.subscribers.delete(subscriber);
        this.#forgetIfUnasked(userId);
      }
      return;
    }
    this.#everyone.delete(subscriber);
    if (this.#everyone.size === 0)
      for (const userId of [...this.#users.keys()]) this.#forgetIfUnasked(userId);
  }

  get hasFollowersOfEveryone(): boolean {
    return this.#everyone.size > 0;
  }

  /** Every user at hand. */
  get userIds(): string[] {
    return [...this.#users.keys()];
  }

  isConnected(userId: string): boolean {
    const user = this.#users.get(userId);
    return user !== undefined && isConnected(user.state);
  }

  /** Those of whom something has to be read before they can be shown. */
  unshown(userIds: readonly string[]): string[] {
    return userIds.filter((userId) => {
      const user = this.#users.get(userId);
      return user === undefined || user.shown === null || user.profile === null;
    });
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** The name and what else was loaded may not be shown any more: nothing is, until it has been loaded anew. */
  forgetProfile(userId: string): void {
    const user = this.#users.get(userId);
    if (user === undefined) return;
    user.profile = null;
    user.leftAt = null;
    user.mustShow = true;
  }

  /** Hands over what is shown now; who follows everyone is not told of those who appear offline. */
  tell(subscriber: PresenceSubscriber, followees: Followees): void {
    for (const userId of followees === 'everyone' ? this.#users.keys() : followees) {
      const user = this.#users.get(userId);
      if (user === undefined || user.shown === null) continue;
      const view = user.profile === null ? toPresenceView(user.state, unknownProfile(userId)) : user.shown;
      if (followees !== 'everyone' || view.status !== 'OFFLINE') subscriber.push(userId, view);
    }
  }

  /** Called before users are read, and `endRead` when the answer has been learned, or will not come. */
  beginRead(userIds: readonly string[]): void {
    for (const userId of userIds) this.#meet(userId).reads += 1;
  }

  endRead(userIds: readonly string[]): void {
    for (const userId of userIds) {
      const user = this.#users.get(userId);
      if (user !== undefined) user.reads -= 1;
      this.#forgetIfUnasked(userId);
    }
  }

  /** A state that was read, at the moment `at`. Answers whether the user's name should be loaded now. */
  learn(state: PresenceState, at: string): boolean {
    return this.#take(state, at, 'now');
  }

  /** Nobody is shown as coming online without a name while it is about to be loaded. */
  #take(state: PresenceState, at: string, nameless: 'now' | 'when-named'): boolean {
    const user = this.#users.get(state.userId);
    // Of two states the greater version is newer: what was heard meanwhile stands.
    if (user === undefined || state.version <= user.state.version) return false;
    const cameOnline = isConnected(state) && !isConnected(user.state);
    const told = user.profile === null ? user.leftAt : user.profile.lastSeenAt;
    const lastSeenAt = lastSeenAfter(user.state, state, { told, at });
    if (user.profile === null) user.leftAt = lastSeenAt;
    else user.profile = { ...user.profile, lastSeenAt };
    user.state = state;
    if (nameless === 'when-named' && cameOnline && user.profile?.user.name === state.userId)
      user.profile = null;
    this.#show(state.userId, user);
    return cameOnline || user.profile === null;
  }

  /** A change, heard at the moment `at`. Answers as `learn` does. */
  hear(state: PresenceState, at: string): boolean {
    if (this.hasFollowersOfEveryone && !appearsOffline(state)) this.#meet(state.userId);
    const wantsName = this.#take(state, at, 'when-named');
    this.#forgetIfUnasked(state.userId);
    return wantsName && this.#users.has(state.userId);
  }

  /** Names have been loaded. A moment of leaving that was seen here is newer than one from the database. */
  know(profiles: ReadonlyMap<string, Profile>): void {
    for (const [userId, { user: view, lastSeenAt }] of profiles) {
      const user = this.#users.get(userId);
      if (user === undefined) continue;
      user.profile = { user: view, lastSeenAt: user.profile?.lastSeenAt ?? user.leftAt ?? lastSeenAt };
      user.leftAt = null;
      this.#show(userId, user);
      this.#forgetIfUnasked(userId);
    }
  }

  /** Those of the users who have no name yet, not even a provisional one. */
  nameless(userIds: readonly string[]): string[] {
    return userIds.filter((userId) => this.#users.get(userId)?.profile === null);
  }

  /** Versions begin anew: whatever is read or heard next is newer than all that is known. */
  forgetVersions(): void {
    for (const user of this.#users.values()) user.state = { ...user.state, version: -1 };
  }

  #meet(userId: string): FollowedUser {
    const known = this.#users.get(userId);
    if (known !== undefined) return known;
    const state: PresenceState = { userId, version: -1, live: 0, leaving: 0, setting: null };
    const user: FollowedUser = {
      state,
      profile: null,
      leftAt: null,
      shown: null,
      mustShow: false,
      subscribers: new Set(),
      reads: 0,
    };
    this.#users.set(userId, user);
    return user;
  }

  #show(userId: string, user: FollowedUser): void {
    if (user.profile === null || (user.state.version < 0 && user.shown === null)) return;
    const before = user.shown;
    const view = toPresenceView(user.state, user.profile);
    user.shown = view;
    if (before !== null && !user.mustShow && looksTheSame(before, view)) return;
    user.mustShow = false;
    for (const subscriber of user.subscribers) subscriber.push(userId, view);
    // Who follows everyone has never been told of somebody who was offline all along.
    if (view.status === 'OFFLINE' && (before === null || before.status === 'OFFLINE')) return;
    for (const subscriber of this.#everyone) subscriber.push(userId, view);
  }

  #forgetIfUnasked(userId: string): void {
    const user = this.#users.get(userId);
    if (user === undefined || user.subscribers.size > 0 || user.reads > 0) return;
    if (!this.hasFollowersOfEveryone || appearsOffline(user.state)) this.#users.delete(userId);
  }
}
