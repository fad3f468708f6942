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
  /** Ends every grace at once. */
  close(): Promise<void>;
}

interface OpenSession {
  isRevoked(): boolean;
  isLeaving: boolean;
  /** May be called again. Never rejects. */
  end(): Promise<void>;
}

export interface PresenceSessionsOptions {
  readonly registry: Pick<PresenceRegistry, 'track' | 'untrack'>;
  readonly logger: Logger;
  readonly graceMs: number;
}

export function createPresenceSessions({
  registry,
  logger,
  graceMs,
}: PresenceSessionsOptions): PresenceSessions {
  const open = new Map<string, Set<OpenSession>>();

  return {
    begin(user, connection, isRevoked) {
      if (isRevoked()) return; // it is being closed
      const session: PresenceSession = {
        place: user.workspace,
        userId: user.userId,
        sessionId: connection.id,
      };
      const inTurn = takeTurns((error, step) => {
        // The registry carries it out when it is back.
        logger.warn({ err: error, step, userId: user.userId }, 'presence is late: the engine is away');
      });
      void inTurn('live', () => registry.track(session, 'live'));

      let timer: NodeJS.Timeout | undefined;
      const own: OpenSession = {
        isRevoked,
        isLeaving: false,
        end() {
          clearTimeout(timer);
          stopListening();
          if (!ofUser.delete(own)) return Promise.resolve();
          if (ofUser.size === 0 && open.get(key) === ofUser) open.delete(key);
          return inTurn('gone', () => registry.untrack(session));
        },
      };
      const stopListening = connection.onClosed(() => {
        stopListening();
        own.isLeaving = true;
        void inTurn('leaving', () => registry.track(session, 'leaving'));
        timer = setTimeout(() => void own.end(), graceMs);
        timer.unref();
      });
      const key = keyOf(user);
      const ofUser = open.get(key) ?? new Set();
      open.set(key, ofUser);
      ofUser.add(own);
    },

    endRevoked(user) {
      for (const session of [...(open.get(keyOf(user)) ?? [])]) if (session.isRevoked()) void session.end();
    },

    async close() {
      const all = [...open.values()].flatMap((sessions) => [...sessions]);
      await Promise.all(all.filter(({ isLeaving }) => isLeaving).map((session) => session.end()));
    },
  };
}

const keyOf = ({ workspace, userId }: UserRef): string => JSON.stringify([workspace, userId]);

/** Steps one after the other, each whatever became of the one before. What it answers never rejects. */
function takeTurns(report: (error: unknown, step: string) => void) {
  let last: Promise<void> = Promise.resolve();
  return (step: string, work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch((error: unknown) => report(error, step));
    return last;
  };
}
