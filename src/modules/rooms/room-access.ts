// Who may be in a room, and following it for as long as that holds. Taking access away is a control entry of the room's
// stream, so nobody has to be told: whoever lost it finds it there.
import { and, eq, sql } from 'drizzle-orm';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import type { Context } from '../../schema/context.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import type { Queries, Statement, Store } from '../../store/store.ts';
import type { EventFilter } from '../../streams/event-filter.ts';
import type { LogEntry } from '../../streams/log-entry.ts';
import { SharedWork, Turns } from '../../streams/shared-work.ts';
import type { StreamSubscription } from '../../streams/subscribe.ts';
import { mayEnter } from './rooms.policy.ts';
import { roomAccess, type RoomAccess as AccessKind } from './rooms.tables.ts';
import { roomTopic } from './rooms.topics.ts';

/** Under way at a time: the other connections are for whoever publishes. */
const maxReads = 4;

export interface RoomAccessChange {
  readonly room: string;
  readonly userIds: readonly string[];
}

/** A control entry of a room's stream. */
export interface RoomControl {
  readonly revoked: readonly string[];
}

const takesAccess = (entry: LogEntry, userId: string): boolean =>
  (entry.payload as RoomControl).revoked.includes(userId);

export interface RoomAccess {
  /** Throws NOT_FOUND where the viewer may not. Inside a transaction, with its handle. */
  requireMayEnter(viewer: Viewer, room: string, tx?: Queries): Promise<void>;
  /** Rejects with NOT_FOUND where the viewer may not enter. Ends with FORBIDDEN when access is taken away. */
  openStream(
    context: Context,
    room: string,
    options: { readonly after: string | null | undefined; readonly filter?: EventFilter },
  ): Promise<StreamSubscription>;
}

export function createRoomAccess(
  { store }: { readonly store: Store },
  { publicRooms }: { readonly publicRooms: readonly string[] },
): RoomAccess {
  /** A crowd that enters at once, or comes back after a node's death, asks together. */
  const reads = new SharedWork<Asked, AccessKind | null>(new Turns(maxReads), (asked) =>
    readAccess(store.queries, asked),
  );
  const requireMayEnter: RoomAccess['requireMayEnter'] = async (viewer, room, tx) => {
    const asked = { workspace: viewer.workspace, room, userId: viewer.id };
    const access = tx === undefined ? await reads.ask(asked) : ((await readAccess(tx, [asked]))[0] ?? null);
    if (!mayEnter(viewer, room, { access, publicRooms })) throw notFound('room', room);
  };
  return {
    requireMayEnter,
    openStream: (context, room, { after, filter }) =>
      openEventStream(context, {
        topic: roomTopic(context.viewer.workspace, room),
        after,
        anewFrom: '`roomEvents`',
        authorize: async (viewer) => {
          await requireMayEnter(viewer, room);
          return 'member';
        },
        endsAccess: (entry, viewer) => takesAccess(entry, viewer.id),
        ...(filter === undefined ? {} : { filter }),
      }),
  };
}

interface Asked {
  readonly workspace: string;
  readonly room: string;
  readonly userId: string;
}

const selectAccess: Statement = {
  name: 'select_room_access',
  text: `
    select given.access
    from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked(workspace, room, user_id, place)
    left join room_access as given using (workspace, room, user_id)
    order by asked.place`,
};

async function readAccess(
  queries: Queries,
  asked: readonly Asked[],
): Promise<readonly (AccessKind | null)[]> {
  const rows = await queries.run<{ readonly access: AccessKind | null }>(selectAccess, [
    asked.map(({ workspace }) => workspace),
    asked.map(({ room }) => room),
    asked.map(({ userId }) => userId),
  ]);
  return rows.map(({ access }) => access);
}

/** In one order, so that two that name the same users can't deadlock. */
export async function writeAccess(
  queries: Queries,
  workspace: string,
  { room, userIds }: RoomAccessChange,
  access: AccessKind,
): Promise<void> {
  await queries
    .insert(roomAccess)
    .values([...userIds].sort().map((userId) => ({ workspace, room, userId, access })))
    .onConflictDoUpdate({
      target: [roomAccess.workspace, roomAccess.room, roomAccess.userId],
      set: { access, changedAt: sql`now()` },
    });
}

/** What was taken away stays so: whoever was kept out of a room does not come back by being erased. */
export async function removeGrants(queries: Queries, workspace: string, userId: string): Promise<void> {
  await queries
    .delete(roomAccess)
    .where(
      and(
        eq(roomAccess.workspace, workspace),
        eq(roomAccess.userId, userId),
        eq(roomAccess.access, 'granted'),
      ),
    );
}
