// Notifications to a whole workspace: a durable job, recorded with the mutation, that fills the feeds in short batches. What
// is done and how far it has come commit together, so every feed gets it once, whichever node goes on after a crash.
import { randomUUID } from 'node:crypto';
import { and, asc, count, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Queries } from '../../store/store.ts';
import type { Log } from '../../streams/log.ts';
import type { Write } from '../../streams/log-write.ts';
import { users } from '../users/users.tables.ts';
import type { NotificationDraft } from './notification-draft.ts';
import { notificationBroadcasts } from './notifications.tables.ts';
import { notificationsTopic } from './notifications.topics.ts';

export interface Broadcasts {
  /** Records it, in the transaction of whoever sends it. Answers how many feeds there will be. */
  record(tx: Queries, workspace: string, draft: NotificationDraft): Promise<number>;
  /** There may be something to do: goes on at once. */
  wake(): void;
  /** Resolves when there is nothing to do for the moment. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface BroadcastsOptions {
  readonly log: Pick<Log, 'write'>;
  readonly logger: Logger;
  /** Inside a write that has taken the streams of all these users. */
  deliver(
    write: Write,
    workspace: string,
    userIds: readonly string[],
    draft: NotificationDraft,
    occurredAt: Date,
  ): Promise<void>;
  /** Looks so often for what another node has left. */
  readonly everyMs: number;
}

/** Feeds filled in one transaction, which holds their heads meanwhile. */
const batchSize = 200;
/** In a workspace they are delivered in the order in which they were sent. */
const isOldestOfItsWorkspace = sql`not exists (select 1 from notification_broadcasts as older where older.workspace = ${notificationBroadcasts.workspace} and older.finished_at is null and (older.created_at, older.id) < (${notificationBroadcasts.createdAt}, ${notificationBroadcasts.id}))`;
/** Finished ones are kept for so long, for whoever looks into the database. */
const keepFinished = sql`interval '1 day'`;

export function startBroadcasts({ log, logger, deliver, everyMs }: BroadcastsOptions): Broadcasts {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | null = null;
  let again = false;
  let closed = false;
  /** Workspaces take turns, a batch each: a large one keeps no other waiting. */
  let lastServed = '';

  /** Answers whether there was anything to do. */
  const fillNext = (): Promise<boolean> =>
    log.write<boolean>(async (write) => {
      const { tx } = write;
      const [job] = await tx
        .select()
        .from(notificationBroadcasts)
        .where(and(isNull(notificationBroadcasts.finishedAt), isOldestOfItsWorkspace))
        .orderBy(sql`${notificationBroadcasts.workspace} <= ${lastServed}`, notificationBroadcasts.workspace)
        .limit(1)
        .for('update', { skipLocked: true });
      if (job === undefined) return write.abandon(false);
      lastServed = job.workspace;
      const found = await tx
        .select({ id: users.id })
        .from(users)
        .where(
          and(
            eq(users.workspace, job.workspace),
            gt(users.id, job.filledTo),
            // In the database: on the way through JavaScript a moment loses its microseconds.
            sql`${users.createdAt} <= (select created_at from notification_broadcasts where id = ${job.id})`,
          ),
        )
        .orderBy(asc(users.id))
        .limit(batchSize)
        // Whoever is to be erased is so behind this, with what it brings.
        .for('key share');
      const last = found.at(-1);
      if (last === undefined) {
        await tx
          .update(notificationBroadcasts)
          .set({ finishedAt: sql`now()` })
          .where(eq(notificationBroadcasts.id, job.id));
        return true;
      }
      const userIds = found.map(({ id }) => id);
      const taken = await write.take(userIds.map((userId) => notificationsTopic(job.workspace, userId)));
      await deliver(write, job.workspace, userIds, job.draft, taken.occurredAt);
      await tx
        .update(notificationBroadcasts)
        .set({ filledTo: last.id })
        .where(eq(notificationBroadcasts.id, job.id));
      return true;
    });

  const work = async (): Promise<void> => {
    try {
      while (!closed && (await fillNext()));
    } catch (error) {
      // It is recorded: whoever looks next goes on.
      if (!closed)
        logger.warn({ err: error }, 'a notification to a workspace could not be delivered further');
    }
  };
  const wake = (): void => {
    if (closed) return;
    if (working !== null) {
      again = true;
      return;
    }
    working = work().finally(() => {
      working = null;
      if (!again) return;
      again = false;
      wake();
    });
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      wake();
      schedule();
    }, everyMs);
    timer.unref();
  };
  wake();
  schedule();

  return {
    wake,
    async settled() {
      while (working !== null) await working;
    },
    async record(tx, workspace, draft) {
      const [recipients] = await tx
        .select({ count: count() })
        .from(users)
        .where(eq(users.workspace, workspace));
      await tx
        .delete(notificationBroadcasts)
        .where(lt(notificationBroadcasts.finishedAt, sql`now() - ${keepFinished}`));
      await tx.insert(notificationBroadcasts).values({ id: randomUUID(), workspace, draft });
      return recipients?.count ?? 0;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}
