// Connections as presence sessions: live while the connection is open, leaving for a short grace after it has closed, so
// that a page reload doesn't flicker.
//
//   live ──(connection closed)──▶ leaving ──(graceMs later, or the server closes)──▶ gone
import type { Logger } from 'pino';
import type { PresenceRegistry, PresenceSession } from '../../engines/engine.ts';
import type { Connection } from '../../schema/context.ts';

export interface PresenceSessions {
  /** The connection makes its user present for as long as it is open. */
  begin(user: { readonly workspace: string; readonly userId: string }, connection: Connection): void;
  /** Ends every grace at once. */
  close(): Promise<void>;
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
  /** What ends each session that is in its grace. */
  const leaving = new Set<() => Promise<void>>();

  return {
    begin(user, connection) {
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

      const end = (): Promise<void> => {
        clearTimeout(timer);
        if (!leaving.delete(end)) return Promise.resolve();
        return inTurn('gone', () => registry.untrack(session));
      };
      let timer: NodeJS.Timeout | undefined;
      const stopListening = connection.onClosed(() => {
        stopListening();
        void inTurn('leaving', () => registry.track(session, 'leaving'));
        leaving.add(end);
        timer = setTimeout(() => void end(), graceMs);
        timer.unref();
      });
    },

    async close() {
      await Promise.all([...leaving].map((end) => end()));
    },
  };
}

/** Steps one after the other, each whatever became of the one before. What it answers never rejects. */
function takeTurns(report: (error: unknown, step: string) => void) {
  let last: Promise<void> = Promise.resolve();
  return (step: string, work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch((error: unknown) => report(error, step));
    return last;
  };
}
