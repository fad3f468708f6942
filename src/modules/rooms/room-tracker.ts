// Who is in one room, on this node, shared by all who follow the room. Joins and leaves of one moment travel together.
import { isNoChange, mergeChanges, noChange, type RoomChange } from './room-change.ts';
import type { PresenceTracker } from '../presence/presence-tracker.ts';
import type { PresenceView } from '../presence/visible-presence.ts';
import { toUserView, type UserView } from '../users/users.service.ts';

export interface RoomSubscriber {
  /** Something has changed, or, with `noChange`, there is a first state to tell. Must not throw. */
  onChange(change: RoomChange): void;
}

/** Who is there, as it is told: the same object until it changes. */
export interface RoomMembers {
  readonly count: number;
  /** Those who came first. */
  readonly first: readonly UserView[];
}

export interface RoomTrackerOptions {
  readonly workspace: string;
  readonly presence: Pick<PresenceTracker, 'join' | 'look' | 'leave' | 'forget' | 'settled' | 'close'>;
  /** The ids of everyone who is there, in the order in which they came. */
  listIds(): Promise<readonly string[]>;
  /** How long a moment is. */
  readonly momentMs: number;
  /** Members that are told by name. */
  readonly maxNamed: number;
}

export class RoomTracker {
  readonly #options: RoomTrackerOptions;
  /** As they are; in the order in which they came, like those below. */
  readonly #heard = new Map<string, UserView>();
  /** As subscribers have been told. */
  readonly #members = new Map<string, UserView>();
  readonly #subscribers = new Set<RoomSubscriber>();
  readonly #self = { push: (userId: string, view: PresenceView) => this.#hear(userId, view) };
  #opened: Promise<void> | null = null;
  #pending: RoomChange = noChange;
  #told: RoomMembers | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RoomTrackerOptions) {
    this.#options = options;
  }

  get workspace(): string {
    return this.#options.workspace;
  }

  /** The same object until they change. */
  get members(): RoomMembers {
    this.#told ??= {
      count: this.#members.size,
      first: [...this.#members.values()].slice(0, this.#options.maxNamed),
    };
    return this.#told;
  }

  /**
   * Resolves when the members are known and the subscriber has been told that there is something to tell; from then on it
   * is told what changes. `self` is whoever has just come in through this subscription: they are among the members then.
   * Rejects with UNAVAILABLE where engine or database are away.
   */
  async join(subscriber: RoomSubscriber, self: string | null): Promise<void> {
    await this.#open();
    if (self !== null && !this.#heard.has(self)) await this.#options.presence.look([self]);
    // What is waiting is part of the first state.
    this.#flush();
    this.#subscribers.add(subscriber);
    subscriber.onChange(noChange);
  }

  /** Resolves when whoever was heard of is told; the moment in which others might join them is cut short. */
  async settled(): Promise<void> {
    await this.#options.presence.settled();
    this.#flush();
  }

  leave(subscriber: RoomSubscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Nobody is told the user's name until it has been read anew. */
  forget(userId: string): void {
    this.#told = null;
    for (const users of [this.#heard, this.#members]) {
      if (users.has(userId)) users.set(userId, toUserView(userId));
    }
    const nameless = (users: RoomChange['joined']) =>
      users.has(userId) ? new Map(users).set(userId, toUserView(userId)) : users;
    this.#pending = { joined: nameless(this.#pending.joined), left: nameless(this.#pending.left) };
    this.#options.presence.forget(userId);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#options.presence.leave(this.#self, 'everyone');
    this.#options.presence.close();
  }

  #open(): Promise<void> {
    if (this.#opened === null) {
      const opening = this.#begin();
      this.#opened = opening;
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = null;
      });
    }
    return this.#opened;
  }

  /** Whoever was heard of while the others were being read has come after them. */
  async #begin(): Promise<void> {
    const { presence, listIds } = this.#options;
    await presence.join(this.#self, 'everyone');
    const inOrder = await listIds();
    const heard = new Map(this.#heard);
    this.#heard.clear();
    // A moment may have passed while they were being read.
    this.#told = null;
    this.#members.clear();
    for (const id of [...inOrder, ...heard.keys()]) {
      const user = heard.get(id);
      if (user === undefined) continue;
      this.#heard.set(id, user);
      this.#members.set(id, user);
    }
    // Nobody has been told anything yet.
    this.#pending = noChange;
  }

  /** Who leaves is told by the name they had last, which may have been forgotten. */
  #hear(userId: string, { user, status }: PresenceView): void {
    const known = this.#heard.get(userId);
    if (status === 'OFFLINE') {
      if (known === undefined) return;
      this.#heard.delete(userId);
      this.#note({ joined: new Map(), left: new Map([[userId, known]]) });
    } else {
      this.#heard.set(userId, user);
      if (known === undefined) this.#note({ joined: new Map([[userId, user]]), left: new Map() });
      else if (this.#members.has(userId)) {
        this.#told = null;
        this.#members.set(userId, user);
      }
    }
  }

  #note(change: RoomChange): void {
    this.#pending = mergeChanges(this.#pending, change);
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.momentMs);
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const change = this.#pending;
    this.#pending = noChange;
    if (isNoChange(change)) return;
    this.#told = null;
    for (const userId of change.left.keys()) this.#members.delete(userId);
    for (const [userId, user] of change.joined) this.#members.set(userId, user);
    for (const subscriber of this.#subscribers) subscriber.onChange(change);
  }
}
