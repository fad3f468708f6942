// The contract of an engine: what joins the processes of one log. memory/ serves one process, redis/ many; both pass
// the suite in test/contracts/engine.contract.ts. The log is the truth: whatever an engine loses, streams/ finds again.

/** Publish and follow between processes. Delivery is a hint: at most once, and in order per channel and publisher. */
export interface Broker {
  /** Whether followers can be sure to hear what is published. `away` while the connection is lost or unconfirmed. */
  readonly state: 'connected' | 'away';
  /**
   * Hands a message to everyone who follows the channel, on every node, this one included.
   * Rejects with UNAVAILABLE, at once, where it cannot be handed over; nothing is queued for later.
   */
  publish(channel: string, message: string): Promise<void>;
  /**
   * Resolves when listening is in force: whatever is published from then on arrives while `state` is `connected`.
   * Rejects with UNAVAILABLE, at once while `away` and within seconds otherwise, where it cannot be brought into
   * force. One channel may have many followers.
   */
  follow(channel: string, follower: Follower): Promise<Following>;
  /** Calls the listener at each change of `state`; answers the function that ends it. */
  onStateChange(listener: (state: Broker['state']) => void): () => void;
}

/** What a follower is told. A callback that throws is logged and harms nobody else. */
export interface Follower {
  onMessage(message: string): void;
  /** Messages may have been lost since the connection broke; listening is in force again (the broker answered a PING). */
  onRestored(): void;
}

export interface Following {
  /** Ends it; no callback comes afterwards. May be called again. Never rejects. */
  unfollow(): Promise<void>;
}

/** Where users are present, by a name that means nothing to the engine: a workspace, or one of its rooms. */
export type Place = string;

/** A user's presence in a place, through one WebSocket connection or one subscription. */
export interface PresenceSession {
  readonly place: Place;
  readonly userId: string;
  /** Unique among all nodes. */
  readonly sessionId: string;
}

export type PresenceStatus = 'ONLINE' | 'AWAY' | 'BUSY' | 'OFFLINE';

/** What a user has explicitly set. It stands until it is set again or the user's last session ends. */
export interface PresenceSetting {
  readonly status: PresenceStatus;
  readonly activity: {
    readonly kind: 'VIEWING' | 'EDITING' | 'COMMENTING';
    readonly resource: string;
  } | null;
  /** ISO 8601. */
  readonly setAt: string;
}

/** Everything known of one user's presence. All zero and null for whoever is not connected. */
export interface PresenceState {
  readonly userId: string;
  /** Grows with each change of any user; of two states of one user the one with the greater version is newer. */
  readonly version: number;
  /** Sessions whose connection is open. */
  readonly live: number;
  /** Sessions whose connection has closed and which are in their grace. */
  readonly leaving: number;
  readonly setting: PresenceSetting | null;
}

/**
 * Who is connected. Sessions hang on their node's lease: when a node dies, all of its sessions are removed together,
 * once, by one of the other nodes. A node that was frozen, or whose registry was lost, registers its sessions anew.
 */
export interface PresenceRegistry {
  /**
   * Registers this node's session or changes its phase. `leaving` of an unknown session registers nothing.
   * Where it rejects with UNAVAILABLE the wish stands all the same: it is carried out when the engine is back. So is
   * `untrack`. Whoever has called `track` calls `untrack` in the end, whatever either answered.
   */
  track(session: PresenceSession, phase: 'live' | 'leaving'): Promise<void>;
  untrack(session: PresenceSession): Promise<void>;
  /** Answers false, and keeps nothing, where the user has no session. */
  set(place: Place, userId: string, setting: PresenceSetting): Promise<boolean>;
  /** In the order asked for; one for each id, also for those who are not connected (with version 0). */
  read(place: Place, userIds: readonly string[]): Promise<readonly PresenceState[]>;
  /**
   * Users with a session (live or leaving) who don't appear offline: in a workspace by the order of their ids' UTF-8
   * bytes, in a room in the order in which they came.
   */
  listOnline(place: Place, page: OnlinePage): Promise<OnlineUsers>;
  /** Users online over all places: whoever is in two of them counts twice, who appears offline not at all. */
  count(): Promise<number>;
  /** Every change in the place, as the whole new state of the user. In force when it resolves, like Broker.follow. */
  follow(place: Place, follower: PresenceFollower): Promise<Following>;
}

export interface OnlinePage {
  /** `next` of the page before; null for the first. In a workspace any id will do: the page begins after it. */
  readonly after: string | null;
  readonly limit: number;
}

export interface OnlineUsers {
  readonly userIds: readonly string[];
  /** null where nobody follows. */
  readonly next: string | null;
  /** Over all pages. */
  readonly total: number;
}

export interface PresenceFollower {
  onChange(state: PresenceState): void;
  /** Changes may have been lost, and versions may have begun anew: read again what matters. */
  onRestored(): void;
}

/** Members that vanish by themselves unless put again: who is typing. */
export interface ExpiringSets {
  /** Answers whether the member is new to the set. */
  put(set: string, member: string, ttlMs: number): Promise<boolean>;
  /** Answers whether the member was there. */
  remove(set: string, member: string): Promise<boolean>;
  list(set: string): Promise<readonly { readonly member: string; readonly expiresInMs: number }[]>;
}

/** How often something is done, counted over all nodes. */
export interface Rates {
  /**
   * Takes up to `wanted` of the points that the key has in each window, which begins with the first that is taken. While the
   * engine is away each node counts for itself. Never UNAVAILABLE.
   */
  take(key: string, wanted: number, limit: RateLimit): Promise<TakenPoints>;
}

export interface RateLimit {
  /** For each key and window. */
  readonly points: number;
  readonly windowSeconds: number;
}

export interface TakenPoints {
  /** From 0 to what was wanted. */
  readonly granted: number;
  /** Until the window ends. */
  readonly resetsInMs: number;
}

/** The nodes that live, this one among them. */
export interface Nodes {
  /**
   * Whether no other node can have taken this one for dead, as far as its own clock can tell. False after a freeze, and
   * while the engine has been away for as long.
   */
  readonly isAlive: boolean;
  /** Calls the listener when this node may have been taken for dead, before it counts as alive again. Ends with the answer. */
  onLapsed(listener: () => void): () => void;
  /**
   * Whether every node that lives has had the time to be listed: not so soon after an engine that restarted has forgotten
   * them. Rejects with UNAVAILABLE while the engine is away.
   */
  isComplete(): Promise<boolean>;
  /** Replaces what this node says about a subject; null takes it back. It is forgotten with the node, or by an engine that restarts. */
  report(subject: string, text: string | null): Promise<void>;
  /**
   * What each node that lives says about a subject, by node id; null of one that has said nothing. Rejects with
   * UNAVAILABLE while this node is not among them.
   */
  read(subject: string): Promise<ReadonlyMap<string, string | null>>;
}

export interface Engine {
  readonly kind: 'memory' | 'redis';
  /** For people: "Redis 7.0.15 at 127.0.0.1:6379". Never holds a password. */
  readonly description: string;
  /** Unique for each run of a process. */
  readonly nodeId: string;
  readonly nodes: Nodes;
  readonly broker: Broker;
  /** Who is in which workspace. */
  readonly presence: PresenceRegistry;
  /** Who is in which room; nothing of it is told to `onUserGone`. */
  readonly rooms: PresenceRegistry;
  readonly expiring: ExpiringSets;
  readonly rates: Rates;
  /** Rejects with a sentence that says what is missing, while the engine cannot serve. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** What the engine tells its owner. */
export interface EngineEvents {
  /**
   * The user's last session in the workspace has ended, for whatever reason; called on the one node that removed it.
   * `setting` is what the user had set until then.
   */
  onUserGone(
    user: { readonly workspace: string; readonly userId: string },
    setting: PresenceSetting | null,
  ): void;
}

/** How quickly a dead node is noticed. Tests use shorter ones. */
export interface LeaseTimings {
  /** A node advances its lease's counter so often. */
  readonly heartbeatMs: number;
  /** A lease whose counter stood still for so long, on the observer's own monotonic clock, is dead. */
  readonly deadAfterMs: number;
  /** Observers look so often. */
  readonly observeMs: number;
}

export const defaultLeaseTimings: LeaseTimings = { heartbeatMs: 2_000, deadAfterMs: 6_000, observeMs: 500 };
