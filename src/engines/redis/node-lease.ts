// This node's lease in Redis, on which its sessions hang, and its eye on the leases of the others.
//
// Each registration has a lease of its own, `<node id>#1`, `#2`, …: a node that finds its lease gone, or is not sure
// of what Redis holds, registers all of its sessions under the next one and then has the old one removed. So removing
// a dead lease and registering anew can overlap: a session belongs to the lease that registered it last.

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { EngineEvents, LeaseTimings, PresenceSetting } from '../engine.ts';
import { LeaseWatch } from './lease-watch.ts';
import type { NodeSession, NodeSessions } from './node-sessions.ts';
import { toUnavailable } from './redis-connections.ts';
import { type Member, parseMember, type RedisKeys } from './redis-keys.ts';
import type { RedisScripts } from './redis-scripts.ts';
import { repeat } from './repeat.ts';

/** How many sessions one script call handles: some milliseconds in which Redis serves nobody else. */
const sessionsPerCall = 200;

export interface NodeLeaseOptions {
  readonly nodeId: string;
  readonly commands: Redis;
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly sessions: NodeSessions;
  readonly timings: LeaseTimings;
  readonly events: EngineEvents;
  readonly logger: Logger;
}

/** The node that a lease belongs to. */
export const nodeOf = (lease: string): string => lease.slice(0, lease.lastIndexOf('#'));

export class NodeLease {
  readonly #options: NodeLeaseOptions;
  readonly #watch: LeaseWatch;
  #registration = 0;
  /** Never used twice, so a counter that an observer remembers can't come back by itself. */
  #counter = 0;
  #renewal: Promise<void> | null = null;
  #sure: 'sure' | 'unsure' = 'unsure';
  /** When the last sign of life that Redis has acknowledged was sent, by this process's monotonic clock. */
  #signAt = Number.NEGATIVE_INFINITY;
  readonly #lapseListeners = new Set<() => void>();
  #ends: readonly (() => Promise<void>)[] = [];

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.timings.deadAfterMs);
    options.commands.on('close', () => {
      this.#watch.forget();
      // What answers next may be another server, to which not all of what this one had acknowledged has come.
      this.doubt();
    });
  }

  /** Takes the first lease; rejects with UNAVAILABLE where Redis is away. */
  async open(): Promise<void> {
    const { timings } = this.#options;
    await this.renew();
    this.#ends = [
      repeat(() => this.#attempt(() => this.#beat()), timings.heartbeatMs),
      repeat(() => this.#attempt(() => this.#observe()), timings.observeMs),
    ];
  }

  /** Removes this node's sessions, if Redis is there, and the lease. */
  async close(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
    await this.#renewal?.catch(() => undefined);
    await this.#attempt(() => this.#reap(this.#current, ''));
  }

  /** Registers sessions, of which there must be at least one. Answers false where the lease is gone. */
  async register(sessions: readonly NodeSession[]): Promise<boolean> {
    const { scripts, keys, sessions: book } = this.#options;
    const lease = this.#current;
    const four = sessions.flatMap(({ member, sessionId, phase }) => [
      member,
      sessionId,
      phase,
      book.settingOf(member),
    ]);
    const settings = await scripts.track(keys.leases, keys.sessionsOf(lease), keys.prefix, lease, ...four);
    if (!Array.isArray(settings)) return false;
    sessions.forEach(({ member }, index) => book.learn(member, String(settings[index])));
    return true;
  }

  /** The next heartbeat registers all sessions anew: a command's answer was lost, and Redis may hold anything. */
  doubt(): void {
    this.#sure = 'unsure';
  }

  /** Takes a new lease with all sessions and has the old one removed. One at a time. */
  renew(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Tells the owner of a user whose last session this node has removed. `setting` is JSON. */
  tellGone(member: Member, setting: string): void {
    try {
      const { kind, place, userId } = parseMember(member);
      if (kind !== 'workspace') return;
      this.#options.events.onUserGone(
        { workspace: place, userId },
        JSON.parse(setting) as PresenceSetting | null,
      );
    } catch (error) {
      this.#options.logger.error({ err: error }, 'onUserGone threw');
    }
  }

  /** Whether no other node can have seen this one's lease stand still for long enough. */
  get isAlive(): boolean {
    return performance.now() - this.#signAt < this.#options.timings.deadAfterMs;
  }

  /** Ends with the function it answers. */
  onLapsed(listener: () => void): () => void {
    this.#lapseListeners.add(listener);
    return () => this.#lapseListeners.delete(listener);
  }

  /** `sentAt` is before the counter was advanced. */
  #noteSign(sentAt: number): void {
    if (sentAt - this.#signAt >= this.#options.timings.deadAfterMs) this.#tellLapsed();
    this.#signAt = sentAt;
  }

  #tellLapsed(): void {
    for (const listener of this.#lapseListeners) listener();
  }

  get #current(): string {
    return `${this.#options.nodeId}#${this.#registration}`;
  }

  async #renew(): Promise<void> {
    const { commands, keys, sessions } = this.#options;
    const old = this.#registration === 0 ? null : this.#current;
    try {
      // Nobody is listed: this Redis is new, or has forgotten all. The others need no longer than this to come back, or to
      // know that they may have been taken for dead.
      const { deadAfterMs } = this.#options.timings;
      if ((await commands.hlen(keys.leases)) === 0) await commands.set(keys.young, '', 'PX', deadAfterMs);
      this.#registration += 1;
      this.#sure = 'sure';
      // Commands are carried out in the order of the calls: what is tracked from now on finds the new lease.
      const sentAt = performance.now();
      await commands.hset(keys.leases, this.#current, ++this.#counter);
      // The old lease may be gone for any time: Redis may have lost it, or others may have removed it.
      this.#tellLapsed();
      this.#signAt = sentAt;
      const all = sessions.all();
      for (let start = 0; start < all.length; start += sessionsPerCall) {
        // Who has been untracked since stays out: its own command has been sent before this one is.
        const batch = all.slice(start, start + sessionsPerCall).filter((session) => sessions.has(session));
        if (batch.length > 0 && !(await this.register(batch)))
          throw new Error('the new lease is gone already');
      }
      if (old !== null) await this.#reap(old, '');
    } catch (error) {
      this.#sure = 'unsure';
      throw toUnavailable(error);
    }
  }

  async #beat(): Promise<void> {
    const { scripts, keys } = this.#options;
    if (this.#sure === 'sure') {
      const sentAt = performance.now();
      const beaten = await scripts.beat(keys.leases, this.#current, ++this.#counter);
      if (beaten === 1) return this.#noteSign(sentAt);
    }
    await this.renew();
  }

  async #observe(): Promise<void> {
    const leases = await this.#options.commands.hgetall(this.#options.keys.leases);
    for (const { lease, counter } of this.#watch.look(leases, performance.now())) {
      if (lease !== this.#current) await this.#reap(lease, counter);
    }
  }

  /** A counter of '' removes the lease whatever its counter is: it is this node's own. */
  async #reap(lease: string, counter: string): Promise<void> {
    const { scripts, keys, logger } = this.#options;
    let expected = counter;
    for (;;) {
      const answer = await scripts.reap(
        keys.leases,
        keys.sessionsOf(lease),
        keys.prefix,
        lease,
        expected,
        sessionsPerCall,
      );
      if (!Array.isArray(answer)) return;
      const [done, ...gone] = answer as readonly (number | string)[];
      for (let index = 0; index < gone.length; index += 2)
        this.tellGone(String(gone[index]), String(gone[index + 1]));
      if (done === 1) break;
      if (expected !== '') expected = 'dying';
    }
    if (counter !== '')
      logger.warn({ lease }, 'the lease of a dead node and its presence sessions were removed');
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    // While Redis is away there is nothing to do, and nothing to say that its connection has not said.
    if (this.#options.commands.status !== 'ready') return;
    try {
      await work();
    } catch (error) {
      this.#options.logger.debug({ reason: toUnavailable(error).cause }, 'the leases could not be kept');
    }
  }
}
