// Connections as presence sessions: live while the connection is open, leaving for a short grace after it has closed, so
// that a page reload doesn't flicker.
//
//   live ──(connection closed)──▶ leaving ──(graceMs later, or the server closes)──▶ gone
//     └──────────────(its token was revoked: whoever is shown out is not shown any more)──▲
import type { Logger } from 'pino';
import type { PresenceRegistry, PresenceSession } from '../../engines/engine.ts';
import type { Connection } from '../../schema/context.ts';
import type { UserRef } from '../../schema/module.ts';

export interface PresenceSessions {
  /** The connection makes its user present for as long as it is open, unless its token is revoked already. */
  begin(user: UserRef, connection: Connection, isRevoked: () => boolean): void;
  /** Ends those of the user whose tokens are revoked by now. */
  endRevoked(user: UserRef): void;
  /** Resolves when the graces of all are over; waits for connections that are open. */
  ended(): Promise<void>;
  /** Ends every grace at once. */
  close(): Promise<void>;
}

export interface PresenceSessionsOptions {
  readonly registry: Pick<PresenceRegistry, 'track' | 'untrack'>;
  readonly logger: Logger;
  readonly graceMs: number;
}

export function createPresenceSessions(options: PresenceSessionsOptions): PresenceSessions {
  const open = new OpenSessions();
  return {
    begin(user, connection, isRevoked) {
      if (isRevoked()) return; // it is being closed
      open.add(new OpenSession(options, open, user, connection, isRevoked));
    },

    endRevoked(user) {
      for (const session of open.of(user)) if (session.isRevoked()) void session.end();
    },

    ended: () => open.ended(),

    async close() {
      await Promise.all(
        open
          .all()
          .filter(({ isLeaving }) => isLeaving)
          .map((session) => session.end()),
      );
    },
  };
}

/** By user. */
class OpenSessions {
  readonly #ofUsers = new Map<string, readonly OpenSession[]>();
  /** Those that have ended and are not untracked yet. */
  readonly #ending = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];

  add(session: OpenSession): void {
    this.#ofUsers.set(keyOf(session.user), [...this.of(session.user), session]);
  }

  /** Whether it was there. */
  delete(session: OpenSession): boolean {
    const all = this.of(session.user);
    const left = all.filter((other) => other !== session);
    if (left.length === 0) this.#ofUsers.delete(keyOf(session.user));
    else this.#ofUsers.set(keyOf(session.user), left);
    return left.length < all.length;
  }

  /** Its end is under way. */
  addEnding(ending: Promise<void>): void {
    this.#ending.add(ending);
    void ending.then(() => {
      this.#ending.delete(ending);
      if (this.#isEmpty) for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  async ended(): Promise<void> {
    if (!this.#isEmpty) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get #isEmpty(): boolean {
    return this.#ofUsers.size === 0 && this.#ending.size === 0;
  }

  of(user: UserRef): readonly OpenSession[] {
    return this.#ofUsers.get(keyOf(user)) ?? [];
  }

  all(): readonly OpenSession[] {
    return [...this.#ofUsers.values()].flat();
  }
}

type Step = 'live' | 'leaving' | 'gone';

class OpenSession {
  readonly user: UserRef;
  readonly isRevoked: () => boolean;
  readonly #options: PresenceSessionsOptions;
  readonly #all: OpenSessions;
  readonly #sessionId: string;
  readonly #stopListening: () => void;
  #phase: 'live' | 'leaving' = 'live';
  /** The last step under way; null where none is. */
  #last: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    options: PresenceSessionsOptions,
    all: OpenSessions,
    user: UserRef,
    connection: Connection,
    isRevoked: () => boolean,
  ) {
    this.#options = options;
    this.#all = all;
    this.user = user;
    this.isRevoked = isRevoked;
    this.#sessionId = connection.id;
    void this.#take('live');
    this.#stopListening = connection.onClosed(() => this.#leave());
  }

  get isLeaving(): boolean {
    return this.#phase === 'leaving';
  }

  /** May be called again. Never rejects. */
  end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopListening();
    if (!this.#all.delete(this)) return Promise.resolve();
    const gone = this.#take('gone');
    this.#all.addEnding(gone);
    return gone;
  }

  #leave(): void {
    this.#phase = 'leaving';
    void this.#take('leaving');
    this.#timer = setTimeout(() => void this.end(), this.#options.graceMs);
    this.#timer.unref();
  }

  /** Steps one after the other, each whatever became of the one before. Never rejects. */
  #take(step: Step): Promise<void> {
    const before = this.#last;
    const taken = (before === null ? this.#carryOut(step) : before.then(() => this.#carryOut(step))).then(
      () => {
        if (this.#last === taken) this.#last = null;
      },
    );
    this.#last = taken;
    return taken;
  }

  async #carryOut(step: Step): Promise<void> {
    const { registry, logger } = this.#options;
    const { workspace, userId } = this.user;
    const session: PresenceSession = { place: workspace, userId, sessionId: this.#sessionId };
    try {
      if (step === 'gone') await registry.untrack(session);
      else await registry.track(session, step);
    } catch (error) {
      // The registry carries it out when it is back.
      logger.warn({ err: error, step, userId }, 'presence is late: the engine is away');
    }
  }
}

const keyOf = ({ workspace, userId }: UserRef): string => JSON.stringify([workspace, userId]);
