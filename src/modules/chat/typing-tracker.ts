// Typing in one conversation on this node, shared by all of its subscribers: hears the changes, reads who is typing when
// it opens and after the engine was away, and runs the clock itself, so that a "stopped" that got lost heals.
import type { Logger } from 'pino';
import type { Broker, ExpiringSets, Following } from '../../engines/engine.ts';
import type { UserView } from '../users/users.service.ts';
import { toTypists, TypingState, type TypingChange, type TypingMessage } from './typing-state.ts';

export interface TypingTrackerOptions {
  /** Of the conversation; also the name of its expiring set. */
  readonly channel: string;
  readonly broker: Pick<Broker, 'follow'>;
  readonly expiring: Pick<ExpiringSets, 'list'>;
  readonly logger: Logger;
  loadUsers(ids: readonly string[]): Promise<ReadonlyMap<string, UserView>>;
  /** Milliseconds of a monotonic clock. */
  now(): number;
}

export interface TypingSubscriber {
  /** Must not throw. */
  push(change: TypingChange): void;
}

export class TypingTracker {
  readonly #options: TypingTrackerOptions;
  readonly #state = new TypingState();
  readonly #subscribers = new Set<TypingSubscriber>();
  readonly #opened: Promise<Following>;
  /** For each reading under way, the users heard of since it began: what was heard stands. */
  readonly #readings = new Set<Set<string>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TypingTrackerOptions) {
    this.#options = options;
    this.#opened = this.#open();
  }

  /** Resolves when the subscriber has been told who is typing; from then on it is told of every change. */
  async join(subscriber: TypingSubscriber): Promise<void> {
    await this.#opened;
    this.#subscribers.add(subscriber);
    for (const typist of this.#state.typists) subscriber.push(typist);
  }

  leave(subscriber: TypingSubscriber): void {
    this.#subscribers.delete(subscriber);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#subscribers.clear();
    this.#opened.then(
      (following) => {
        clearTimeout(this.#timer);
        return following.unfollow();
      },
      () => undefined, // told to whoever joined
    );
  }

  async #open(): Promise<Following> {
    const { channel, broker, logger } = this.#options;
    const following = await broker.follow(channel, {
      onMessage: (message) => this.#hear(JSON.parse(message) as TypingMessage),
      onRestored: () => {
        this.#read().catch((error: unknown) => {
          // What is known lapses by itself, and whoever goes on typing is heard of again.
          logger.debug({ err: error, channel }, 'who is typing could not be read anew');
        });
      },
    });
    try {
      await this.#read();
    } catch (error) {
      await following.unfollow();
      throw error;
    }
    return following;
  }

  async #read(): Promise<void> {
    const { channel, expiring, loadUsers, now } = this.#options;
    const heard = new Set<string>();
    this.#readings.add(heard);
    try {
      const typists = toTypists(await expiring.list(channel));
      const readAt = now();
      const users = await loadUsers([...typists.keys()]);
      for (const [userId, expiresInMs] of typists) {
        const user = users.get(userId);
        if (user !== undefined && !heard.has(userId))
          this.#apply(this.#state.start(user, readAt + expiresInMs));
      }
      for (const { user } of this.#state.typists) {
        if (!typists.has(user.id) && !heard.has(user.id)) this.#apply(this.#state.stop(user.id));
      }
    } finally {
      this.#readings.delete(heard);
    }
  }

  #hear(message: TypingMessage): void {
    const userId = message.expiresInMs === null ? message.userId : message.user.id;
    for (const heard of this.#readings) heard.add(userId);
    if (message.expiresInMs === null) this.#apply(this.#state.stop(userId));
    else this.#apply(this.#state.start(message.user, this.#options.now() + message.expiresInMs));
  }

  #apply(change: TypingChange | null): void {
    if (change === null) return;
    this.#tell(change);
    this.#arm();
  }

  #tell(change: TypingChange): void {
    for (const subscriber of this.#subscribers) subscriber.push(change);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const at = this.#state.nextLapseAt;
    if (at === null) return;
    // Rounded up: a timer takes whole milliseconds, and must not come too early.
    this.#timer = setTimeout(() => this.#lapse(), Math.ceil(Math.max(at - this.#options.now(), 0)));
    this.#timer.unref();
  }

  #lapse(): void {
    for (const change of this.#state.lapse(this.#options.now())) this.#tell(change);
    this.#arm();
  }
}
