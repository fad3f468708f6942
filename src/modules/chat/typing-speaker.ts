// What one user says about typing in one conversation through this node: kept in the expiring set, told to all nodes at
// a measured pace, and ended with the connections that said it.
//
//   silent ──(say: told at once)──▶ typing ──(say: told at most once per paceMs)──▶ typing
//      ▲                              │
//      └──(end; the last connection that said it closes; ttl without a word)──┘
import type { Logger } from 'pino';
import type { Broker, ExpiringSets } from '../../engines/engine.ts';
import type { Connection } from '../../schema/context.ts';
import type { UserView } from '../users/users.service.ts';
import { toMember, toTypists, typingTtlMs, userOf, type TypingMessage } from './typing-state.ts';

/** Renewals are told to other nodes at most so often. */
export const paceMs = 2_000;

export interface TypingSpeakerOptions {
  readonly channel: string;
  readonly userId: string;
  readonly broker: Pick<Broker, 'publish'>;
  readonly expiring: ExpiringSets;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Nothing that it has said stands any more: it may be forgotten. */
  onSilent(): void;
}

/** What was said through one connection, or over HTTP. */
interface Said {
  readonly expiresAt: number;
  forgetConnection(): void;
}

export class TypingSpeaker {
  readonly #options: TypingSpeakerOptions;
  readonly #said = new Map<string | null, Said>();
  /** When typing was last told to all nodes; null while silent. */
  #toldAt: number | null = null;
  #pacing: NodeJS.Timeout | undefined;
  #lapsing: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Under way or waiting. */
  #turns = 0;

  constructor(options: TypingSpeakerOptions) {
    this.#options = options;
  }

  /** `user` is what others are shown. Rejects with UNAVAILABLE while the engine is away. */
  say(user: UserView, connection: Connection | null): Promise<void> {
    const { channel, expiring, userId, now } = this.#options;
    const id = connection?.id ?? null;
    return this.#inTurn(async () => {
      const before = this.#said.get(id);
      const forgetConnection =
        before?.forgetConnection ?? connection?.onClosed(() => this.#onClosed(id)) ?? (() => undefined);
      this.#said.set(id, { expiresAt: now() + typingTtlMs, forgetConnection });
      this.#awaitLapse();
      const isNew = await expiring.put(channel, toMember(userId, id), typingTtlMs);
      // Another node has ended it, by a message that was sent there: this is a new start.
      if (isNew && before !== undefined && before.expiresAt > now()) this.#toldAt = null;
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
    const { now } = this.#options;
    clearTimeout(this.#pacing);
    const waitMs = this.#toldAt === null ? 0 : Math.ceil(this.#toldAt + paceMs - now());
    if (waitMs > 0) {
      this.#pacing = setTimeout(() => this.#tellLater(user), waitMs);
      this.#pacing.unref();
      return;
    }
    this.#toldAt = now();
    this.#tell({ user, expiresInMs: typingTtlMs });
  }

  /** A renewal that came too soon after another may be the last one: what it has added is told when its time has come. */
  #tellLater(user: UserView): void {
    const { channel, expiring, userId, logger, now } = this.#options;
    const toldAt = this.#toldAt;
    this.#inTurn(async () => {
      // It may have been told or ended meanwhile, also by another node.
      if (toldAt === null || this.#toldAt !== toldAt) return;
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
    this.#lapsing = setTimeout(() => this.#fallSilent(), typingTtlMs);
    this.#lapsing.unref();
  }

  #fallSilent(): void {
    clearTimeout(this.#pacing);
    clearTimeout(this.#lapsing);
    this.#toldAt = null;
    for (const { forgetConnection } of this.#said.values()) forgetConnection();
    this.#said.clear();
    this.#retireIfSilent();
  }

  #retireIfSilent(): void {
    if (this.#said.size === 0 && this.#turns === 0) this.#options.onSilent();
  }
}
