// What one user says about typing in one conversation through this node: kept in the expiring set, told to all nodes at
// a measured pace, and ended with the connections that said it.
//
//   silent ──(say)──▶ typing ──(say: a renewal)──▶ typing
//      ▲                 │
//      └──(end; the last connection that said it closes; ttl without a word)──┘
//
// A start or a renewal is told at once if none was told for paceMs, else when that time is over. An end is told at once:
// whoever was not told of a start passes it over. So starting and stopping in turns is as slow for others as typing on.
import type { Logger } from 'pino';
import type { Broker, ExpiringSets } from '../../engines/engine.ts';
import type { Connection } from '../../schema/context.ts';
import type { UserView } from '../users/users.service.ts';
import { toMember, toTypists, typingTtlMs, userOf, type TypingMessage } from './typing-state.ts';

/** Starts and renewals are told to other nodes at most so often. */
export const paceMs = 2_000;

export interface TypingSpeakerOptions {
  readonly channel: string;
  readonly userId: string;
  readonly broker: Pick<Broker, 'publish'>;
  readonly expiring: ExpiringSets;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Nothing that it has said stands any more, nor does its pace: it may be forgotten. */
  onSilent(): void;
}

export class TypingSpeaker {
  readonly #options: TypingSpeakerOptions;
  /** Through which connections (null: over HTTP), and how to let go of each. */
  readonly #said = new Map<string | null, () => void>();
  /** When a start or a renewal was last told to all nodes. It outlives the silence after it. */
  #toldAt = -Infinity;
  #pacing: NodeJS.Timeout | undefined;
  #retiring: NodeJS.Timeout | undefined;
  #lapsing: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Under way or waiting. */
  #turns = 0;

  constructor(options: TypingSpeakerOptions) {
    this.#options = options;
  }

  /** `user` is what others are shown. Rejects with UNAVAILABLE while the engine is away. */
  say(user: UserView, connection: Connection | null): Promise<void> {
    const { channel, expiring, userId } = this.#options;
    const id = connection?.id ?? null;
    return this.#inTurn(async () => {
      const forget =
        this.#said.get(id) ?? connection?.onClosed(() => this.#onClosed(id)) ?? (() => undefined);
      this.#said.set(id, forget);
      this.#awaitLapse();
      await expiring.put(channel, toMember(userId, id), typingTtlMs);
      this.#tellAtPace(user);
    });
  }

  /** Ends whatever the user has said, here and on other nodes. Tells it if there was anything to end. */
  end(): Promise<void> {
    const { channel, expiring, userId } = this.#options;
    return this.#inTurn(async () => {
      this.#fallSilent();
      const members = (await expiring.list(channel)).filter(({ member }) => userOf(member) === userId);
      const removed = await Promise.all(members.map(({ member }) => expiring.remove(channel, member)));
      if (removed.includes(true)) this.#tell({ userId, expiresInMs: null });
    });
  }

  /** Without telling anybody: what was said lapses. */
  close(): void {
    this.#toldAt = -Infinity;
    this.#fallSilent();
  }

  #onClosed(id: string | null): void {
    const { channel, expiring, userId, logger } = this.#options;
    this.#inTurn(async () => {
      this.#said.delete(id);
      const removed = await expiring.remove(channel, toMember(userId, id));
      if (!removed || toTypists(await expiring.list(channel)).has(userId)) return;
      this.#fallSilent();
      this.#tell({ userId, expiresInMs: null });
    }).catch((error: unknown) => {
      logger.debug({ err: error, channel }, 'typing could not be ended with its connection; it lapses');
    });
  }

  /** One after the other: what a message or a closing connection ends must be in the set by then. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turns += 1;
    const result = this.#last.then(work);
    this.#last = result
      .catch(() => undefined) // told to whoever asked
      .then(() => {
        this.#turns -= 1;
        this.#retireIfSilent();
      });
    return result;
  }

  #tellAtPace(user: UserView): void {
    clearTimeout(this.#pacing);
    const waitMs = this.#untilPaceMs();
    if (waitMs > 0) {
      this.#pacing = setTimeout(() => this.#tellLater(user), waitMs).unref();
      return;
    }
    this.#toldAt = this.#options.now();
    this.#tell({ user, expiresInMs: typingTtlMs });
  }

  /** What came too soon after another may be the last word: it is told when its time has come. */
  #tellLater(user: UserView): void {
    const { channel, expiring, userId, logger, now } = this.#options;
    const toldAt = this.#toldAt;
    this.#inTurn(async () => {
      // It may have been told or ended meanwhile, also by another node.
      if (this.#toldAt !== toldAt) return;
      const expiresInMs = toTypists(await expiring.list(channel)).get(userId);
      if (expiresInMs === undefined) return;
      this.#toldAt = now();
      this.#tell({ user, expiresInMs });
    }).catch((error: unknown) => {
      logger.debug({ err: error, channel }, 'a renewal of typing could not be told');
    });
  }

  #tell(message: TypingMessage): void {
    const { channel, broker, logger } = this.#options;
    broker.publish(channel, JSON.stringify(message)).catch((error: unknown) => {
      logger.debug({ err: error, channel }, 'typing could not be told');
    });
  }

  #awaitLapse(): void {
    clearTimeout(this.#lapsing);
    this.#lapsing = setTimeout(() => this.#fallSilent(), typingTtlMs).unref();
  }

  #fallSilent(): void {
    clearTimeout(this.#pacing);
    clearTimeout(this.#lapsing);
    for (const forget of this.#said.values()) forget();
    this.#said.clear();
    this.#retireIfSilent();
  }

  /** How long a start or a renewal has to wait; not above zero: it need not. */
  #untilPaceMs(): number {
    return Math.ceil(this.#toldAt + paceMs - this.#options.now());
  }

  #retireIfSilent(): void {
    clearTimeout(this.#retiring);
    if (this.#said.size > 0 || this.#turns > 0) return;
    const waitMs = this.#untilPaceMs();
    if (waitMs > 0) this.#retiring = setTimeout(() => this.#retireIfSilent(), waitMs).unref();
    else this.#options.onSilent();
  }
}
