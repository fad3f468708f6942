// A subscription to a room's members: a slow reader is told what has changed since it was told last, all at once.
import { PushIterator } from '../../streams/push-iterator.ts';
import type { UserView } from '../users/users.service.ts';
import { isNoChange, mergeChanges, noChange, type RoomChange } from './room-change.ts';
import type { RoomMembers, RoomSubscriber } from './room-tracker.ts';

export interface RoomPresenceView {
  readonly room: string;
  readonly count: number;
  /** Those who came first, at most 100. */
  readonly members: readonly UserView[];
  readonly joined: readonly UserView[];
  readonly left: readonly UserView[];
}

/** Members that are told by name. */
export const maxMembers = 100;

export interface RoomQueueOptions {
  readonly room: string;
  /** As they are when it is told. */
  members(): RoomMembers;
  /** Called once, when the subscription is over. Must not throw. */
  onReleased(): void;
}

/** By what is told: the same object for all who are told the same, so that fan-out makes one result of it. */
const views = new WeakMap<RoomMembers, WeakMap<RoomChange, RoomPresenceView>>();

function viewOf(room: string, members: RoomMembers, change: RoomChange): RoomPresenceView {
  const ofMembers = views.get(members) ?? new WeakMap<RoomChange, RoomPresenceView>();
  views.set(members, ofMembers);
  const known = ofMembers.get(change);
  if (known !== undefined) return known;
  const view: RoomPresenceView = {
    room,
    count: members.count,
    members: members.first,
    joined: [...change.joined.values()],
    left: [...change.left.values()],
  };
  ofMembers.set(change, view);
  return view;
}

export class RoomQueue extends PushIterator<RoomPresenceView> implements RoomSubscriber {
  readonly #options: RoomQueueOptions;
  /** null where there is nothing to tell. */
  #pending: RoomChange | null = null;
  #hasBegun = false;

  constructor(options: RoomQueueOptions) {
    super();
    this.#options = options;
  }

  onChange(change: RoomChange): void {
    if (this.closed) return;
    this.#pending = mergeChanges(this.#pending ?? noChange, change);
    this.wake();
  }

  protected take(): RoomPresenceView | undefined {
    const change = this.#pending;
    this.#pending = null;
    if (change === null || (this.#hasBegun && isNoChange(change))) return undefined;
    const { room, members } = this.#options;
    // The first state is the members as they are: whoever came meanwhile is among them.
    const told = this.#hasBegun ? change : noChange;
    this.#hasBegun = true;
    return viewOf(room, members(), told);
  }

  protected release(): void {
    this.#options.onReleased();
  }
}
