// The presence in one place on this node, shared by all of its subscribers: follows the registry once, reads what they
// ask for, and reads anew after the engine was away. What follows from it, followed-users.ts decides.
import type { Logger } from 'pino';
import type { Following, Place, PresenceRegistry, PresenceState } from '../../engines/engine.ts';
import { FollowedUsers, unknownProfile, type Followees, type PresenceSubscriber } from './followed-users.ts';
import type { Profiles } from './profiles.ts';
import { isConnected, type Profile } from './visible-presence.ts';

export interface PresenceTrackerOptions {
  /** Whose users they are. */
  readonly workspace: string;
  /** Where they are, as the registry names it. */
  readonly place: Place;
  readonly registry: Pick<PresenceRegistry, 'read' | 'listOnline' | 'follow'>;
  readonly profiles: Pick<Profiles, 'load' | 'follow'>;
  readonly logger: Logger;
  /**
   * After the engine was away its registry may be empty until every node has registered its sessions anew. Whoever is
   * missing then is taken to have left when they still are after so many milliseconds.
   */
  readonly settleMs: number;
}

/** Users read at a time. */
const readBatch = 500;
const firstRetryMs = 250;
const longestRetryMs = 5_000;

export class PresenceTracker {
  readonly #options: PresenceTrackerOptions;
  readonly #users = new FollowedUsers();
  /** null until somebody asks, and again where it failed. */
  #following: Promise<readonly Following[]> | null = null;
  /** Resolves when everyone online is known; kept up to date by changes until the last who follows everyone leaves. */
  #everyoneRead: Promise<void> | null = null;
  /** Grows when versions begin anew: what was asked before then is worth nothing. */
  #epoch = 0;
  readonly #unnamed = new Set<string>();
  /** null while there is nobody to name. */
  #naming: Promise<void> | null = null;
  /** By whose names were to be forgotten: how many had been by then. What was asked for before says what was. */
  readonly #forgotten = new Map<string, number>();
  #forgettings = 0;
  #closed = false;

  constructor(options: PresenceTrackerOptions) {
    this.#options = options;
  }

  #open(): Promise<unknown> {
    if (this.#following !== null) return this.#following;
    const { registry, profiles, place, workspace } = this.#options;
    const following = followAll([
      registry.follow(place, {
        onChange: (state) => {
          if (this.#users.hear(state, now())) this.#name(state.userId);
        },
        onRestored: () => this.#restore(),
      }),
      profiles.follow(workspace, {
        onChanged: (userIds) => this.#rename(userIds.filter((userId) => this.#users.has(userId))),
        onRestored: () => this.#rename(this.#users.userIds),
      }),
    ]);
    this.#following = following;
    following.catch(() => {
      if (this.#following === following) this.#following = null;
    });
    return following;
  }

  /**
   * Resolves when the subscriber has been handed the current presence of all it follows; from then on it is handed what
   * changes visibly. Rejects with UNAVAILABLE where engine or database are away. To be left in either case.
   */
  async join(subscriber: PresenceSubscriber, followees: Followees): Promise<void> {
    await this.#open();
    this.#users.add(subscriber, followees);
    if (followees === 'everyone') await this.#readEveryone();
    else await this.#read(this.#users.unshown(followees));
    this.#users.tell(subscriber, followees);
  }

  /** Resolves when what the registry holds of these users now is known, and has been handed over. */
  async look(userIds: readonly string[]): Promise<void> {
    await this.#open();
    await this.#read(userIds);
  }

  /** Resolves when everybody who was heard of has been named, and handed over. */
  async settled(): Promise<void> {
    await this.#naming;
  }

  leave(subscriber: PresenceSubscriber, followees: Followees): void {
    this.#users.remove(subscriber, followees);
    // Whoever comes online from now on may go unnoticed, even by a reading that is still under way.
    if (!this.#users.hasFollowersOfEveryone) this.#everyoneRead = null;
  }

  /** Nobody is told the user's name, or when they were last seen, until that has been read anew. */
  forget(userId: string): void {
    if (!this.#users.has(userId)) return;
    this.#forgettings += 1;
    this.#forgotten.set(userId, this.#forgettings);
    this.#users.forgetProfile(userId);
    this.#name(userId);
  }

  close(): void {
    this.#closed = true;
    this.#following?.then(
      (all) => all.forEach((following) => void following.unfollow()),
      () => undefined, // told to whoever joined
    );
  }

  #readEveryone(): Promise<void> {
    if (this.#everyoneRead === null) {
      const reading = this.#eachOnline((userIds) => this.#read(this.#users.unshown(userIds)));
      this.#everyoneRead = reading;
      reading.catch(() => {
        if (this.#everyoneRead === reading) this.#everyoneRead = null;
      });
    }
    return this.#everyoneRead;
  }

  async #eachOnline(work: (userIds: readonly string[]) => Promise<void>): Promise<void> {
    const { registry, place } = this.#options;
    let after: string | null = null;
    for (;;) {
      const page = await registry.listOnline(place, { after, limit: readBatch });
      await work(page.userIds);
      after = page.next;
      if (after === null) return;
    }
  }

  async #read(userIds: readonly string[]): Promise<void> {
    for (let start = 0; start < userIds.length; start += readBatch) {
      const batch = userIds.slice(start, start + readBatch);
      await this.#readBatch(batch, async () => {
        const nameless = this.#load(this.#users.nameless(batch));
        const [states, loaded] = await Promise.all([this.#readStates(batch), nameless]);
        for (const state of states) this.#users.learn(state, now());
        this.#users.know(loaded);
      });
    }
  }

  async #readBatch(batch: readonly string[], work: () => Promise<void>): Promise<void> {
    this.#users.beginRead(batch);
    try {
      await work();
    } finally {
      this.#users.endRead(batch);
    }
  }

  /** Again where versions have begun anew meanwhile. */
  async #readStates(userIds: readonly string[]): Promise<readonly PresenceState[]> {
    for (;;) {
      const epoch = this.#epoch;
      const states = await this.#options.registry.read(this.#options.place, userIds);
      if (epoch === this.#epoch) return states;
    }
  }

  /** But for whom it was forgotten meanwhile. */
  async #load(userIds: readonly string[]): Promise<ReadonlyMap<string, Profile>> {
    const { profiles, workspace } = this.#options;
    const begun = this.#forgettings;
    const loaded = await profiles.load(workspace, userIds);
    const isCurrent = (userId: string) => (this.#forgotten.get(userId) ?? 0) <= begun;
    const current = new Map([...loaded].filter(([userId]) => isCurrent(userId)));
    for (const userId of current.keys()) this.#forgotten.delete(userId);
    return current;
  }

  #rename(userIds: readonly string[]): void {
    for (const userId of userIds) this.#name(userId);
  }

  /** Somebody has come online, perhaps under a new name. A database that is away costs the name, not the news. */
  #name(userId: string): void {
    this.#unnamed.add(userId);
    this.#naming ??= this.#loadNames();
  }

  async #loadNames(): Promise<void> {
    const { workspace, logger } = this.#options;
    while (this.#unnamed.size > 0) {
      const batch = [...this.#unnamed].slice(0, readBatch);
      for (const userId of batch) this.#unnamed.delete(userId);
      try {
        this.#users.know(await this.#load(batch));
      } catch (error) {
        logger.warn({ err: error, workspace }, 'names for presence cannot be loaded; ids stand in for them');
        this.#users.know(new Map(this.#users.nameless(batch).map((id) => [id, unknownProfile(id)])));
      }
    }
    this.#naming = null;
  }

  #restore(): void {
    this.#epoch += 1;
    this.#users.forgetVersions();
    void this.#readAnew(this.#epoch);
  }

  /** Never rejects: insists until it has been done, or until a later restoration does it. */
  async #readAnew(epoch: number): Promise<void> {
    const missing = await this.#insist(epoch, async () => {
      const absent = await this.#refresh(this.#users.userIds, 'but-the-missing');
      if (this.#users.hasFollowersOfEveryone) {
        await this.#eachOnline((userIds) => this.#read(this.#users.unshown(userIds)));
      }
      return absent;
    });
    if (missing === undefined || missing.length === 0) return;
    await pause(this.#options.settleMs);
    await this.#insist(epoch, () => this.#refresh(missing, 'all'));
  }

  /** Reads states anew and answers who is missing: connected as far as is known, but not there. */
  async #refresh(userIds: readonly string[], learned: 'all' | 'but-the-missing'): Promise<string[]> {
    const missing: string[] = [];
    for (let start = 0; start < userIds.length; start += readBatch) {
      const batch = userIds.slice(start, start + readBatch);
      await this.#readBatch(batch, async () => {
        for (const state of await this.#readStates(batch)) {
          const isMissing = !isConnected(state) && this.#users.isConnected(state.userId);
          if (isMissing) missing.push(state.userId);
          if (isMissing && learned === 'but-the-missing') continue;
          if (this.#users.learn(state, now())) this.#name(state.userId);
        }
      });
    }
    return missing;
  }

  /** Tries until it works; undefined once somebody else has to. */
  async #insist<T>(epoch: number, work: () => Promise<T>): Promise<T | undefined> {
    for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      if (this.#closed || epoch !== this.#epoch) return undefined;
      try {
        return await work();
      } catch (error) {
        const { logger, workspace } = this.#options;
        logger.warn({ err: error, workspace, retryMs }, 'presence cannot be read anew; trying again');
      }
      await pause(retryMs);
    }
  }
}

const now = (): string => new Date().toISOString();

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** Where one of them fails the others are not followed either. */
async function followAll(starting: readonly Promise<Following>[]): Promise<readonly Following[]> {
  const started = await Promise.allSettled(starting);
  const failed = started.find((one) => one.status === 'rejected');
  const following = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (failed === undefined) return following;
  await Promise.all(following.map((one) => one.unfollow()));
  throw failed.reason;
}
