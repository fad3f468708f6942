// Rooms: who may enter, what is told there, and who is there.
import { randomUUID } from 'node:crypto';
import type { Viewer } from '../../auth/viewer.ts';
import { watchAccess } from '../../schema/access-watch.ts';
import { serviceKey, type Context, type Runtime } from '../../schema/context.ts';
import type { UserRef } from '../../schema/module.ts';
import {
  optionalIdempotencyKey,
  optionalJson,
  requireId,
  requireIds,
  requireText,
} from '../../schema/input.ts';
import { readRecentEvents, type RecentEvents } from '../../schema/recent-events.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import { SharedInstances } from '../../schema/shared-instances.ts';
import type { OnlineUsers, Place, PresenceRegistry } from '../../engines/engine.ts';
import type { Queries } from '../../store/store.ts';
import { noEvents } from '../../streams/event-filter.ts';
import { SharedWork, Turns } from '../../streams/shared-work.ts';
import { publishOnce, type Published } from '../../streams/publish-once.ts';
import { rewritePayloads } from '../../streams/rewrite-payloads.ts';
import { PresenceTracker } from '../presence/presence-tracker.ts';
import type { Profile } from '../presence/visible-presence.ts';
import { toUserView, usersService, type NamesFollower, type UserView } from '../users/users.service.ts';
import {
  createRoomAccess,
  removeGrants,
  writeAccess,
  type RoomAccess,
  type RoomAccessChange,
  type RoomControl,
} from './room-access.ts';
import { RoomLeaving } from './room-leaving.ts';
import { maxMembers, RoomQueue, type RoomPresenceView } from './room-queue.ts';
import { RoomTracker } from './room-tracker.ts';
import { publishesAsService, requireMayManageRooms } from './rooms.policy.ts';
import { roomPlace, roomTopic } from './rooms.topics.ts';

export interface RoomEventPayload {
  readonly room: string;
  readonly name: string;
  readonly data: unknown;
  /** null where a backend service published it. */
  readonly sender: UserView | null;
}

export type RoomEventEntry = EntryOf<RoomEventPayload>;

export interface PublishRoomEvent {
  readonly room: string;
  readonly name: string;
  readonly data?: unknown;
  readonly idempotencyKey?: string | null | undefined;
}

export interface RoomsService extends RoomAccess {
  publishEvent(viewer: Viewer, input: PublishRoomEvent): Promise<Published<RoomEventEntry>>;
  listEvents(
    viewer: Viewer,
    page: { readonly room: string; readonly first?: number | null | undefined },
  ): Promise<RecentEvents<RoomEventEntry>>;
  grantAccess(viewer: Viewer, input: RoomAccessChange): Promise<RoomAccessChange>;
  /** Ends what those users follow of the room. */
  revokeAccess(viewer: Viewer, input: RoomAccessChange): Promise<RoomAccessChange>;
  /** Who is there now. */
  readMembers(viewer: Viewer, room: string): Promise<RoomPresenceView>;
  /**
   * Who is there first, then every change. With `join` the viewer is there too, for as long as it lives. Rejects with
   * NOT_FOUND where the viewer may not enter; ends with FORBIDDEN when that ends.
   */
  follow(context: Context, room: string, join: boolean): Promise<AsyncIterableIterator<RoomPresenceView>>;
  /** Nobody is told the user's name from now on, unless the database still has it. */
  forget(user: UserRef): void;
  /** Takes out what the user has published in rooms, and the access that was granted. Harmless to repeat. */
  eraseUser(user: UserRef): Promise<void>;
  /** Whoever leaves from now on goes on at another node. */
  drain(): void;
  /** Resolves when whoever has left by now is gone. */
  lingered(): Promise<void>;
  /** Resolves when whoever has come or gone is told to those who follow. */
  settled(): Promise<void>;
  close(): void;
}

export const roomsService = serviceKey<RoomsService>('rooms');

export interface RoomsOptions {
  /** Patterns of rooms that everyone in the workspace may enter. */
  readonly publicRooms: readonly string[];
}

/** Users at a time in grantRoomAccess and revokeRoomAccess. */
const maxUsers = 500;
/** Joins and leaves within so long travel together. */
const momentMs = 100;
/** Whoever follows a room at a node that drains has so long to follow it at another one. */
const graceMs = 3_000;
/** Longer than the nodes need to notice that the engine is back and to register anew. */
const settleMs = 4_000;

export function createRoomsService(runtime: Runtime, options: RoomsOptions): RoomsService {
  const { engine, log, logger, store } = runtime;
  const trackers = new SharedInstances<RoomTracker>();
  const leaving = new RoomLeaving({ registry: engine.rooms, logger, graceMs });
  const loadUsers = (workspace: string, ids: readonly string[], queries?: Queries) =>
    runtime.use(usersService).load(workspace, ids, queries);

  const openTracker = (workspace: string, room: string): RoomTracker => {
    const place = roomPlace(workspace, room);
    const registry = engine.rooms;
    /** Of a crowd that comes at once the names are read together. */
    const named = new SharedWork<string, Profile>(new Turns(1), async (ids) => {
      const users = await loadUsers(workspace, ids);
      return ids.map((id) => ({ user: users.get(id) ?? toUserView(id), lastSeenAt: null }));
    });
    const profiles = {
      load: async (_workspace: string, ids: readonly string[]) =>
        new Map(await Promise.all(ids.map(async (id) => [id, await named.ask(id)] as const))),
      follow: (of: string, follower: NamesFollower) => runtime.use(usersService).followNames(of, follower),
    };
    const presence = new PresenceTracker({ workspace, place, registry, profiles, logger, settleMs });
    return new RoomTracker({
      workspace,
      presence,
      listIds: () => listIds(registry, place),
      momentMs,
      maxNamed: maxMembers,
    });
  };

  const access = createRoomAccess(runtime, options);
  const { requireMayEnter } = access;

  return {
    ...access,

    async publishEvent(viewer, input) {
      const { workspace } = viewer;
      const room = requireId('room', input.room);
      const name = requireText('name', input.name, { min: 1, max: 128 });
      const data = optionalJson('data', input.data);
      const isService = publishesAsService(viewer);
      const topic = roomTopic(workspace, room);
      const request = {
        workspace,
        field: 'publishRoomEvent',
        publisher: viewer.id,
        key: optionalIdempotencyKey(input.idempotencyKey),
        content: { room, name, data },
        topic,
      };
      if (!isService) await requireMayEnter(viewer, room);
      return publishOnce<RoomEventEntry>(log, request, async (write, claim) => {
        const taken = await write.take([topic]);
        // Once more, behind whoever took it away meanwhile.
        if (!isService) await requireMayEnter(viewer, room, write.tx);
        await claim(taken);
        const sender = isService ? null : await runtime.use(usersService).viewer(viewer, write.tx);
        const payload: RoomEventPayload = { room, name, data, sender };
        return write.append({ topic, payload }) as RoomEventEntry;
      });
    },

    async listEvents(viewer, { room, first }) {
      const topic = roomTopic(viewer.workspace, requireId('room', room));
      return readRecentEvents<RoomEventEntry>(log, topic, first, () => requireMayEnter(viewer, room));
    },

    async grantAccess(viewer, input) {
      requireMayManageRooms(viewer);
      const change = requireChange(input);
      await writeAccess(store.queries, viewer.workspace, change, 'granted');
      return change;
    },

    async revokeAccess(viewer, input) {
      requireMayManageRooms(viewer);
      const change = requireChange(input);
      const topic = roomTopic(viewer.workspace, change.room);
      return log.write(async (write) => {
        await write.take([topic]);
        await writeAccess(write.tx, viewer.workspace, change, 'revoked');
        write.append({ topic, kind: 'control', payload: { revoked: change.userIds } satisfies RoomControl });
        return change;
      });
    },

    async readMembers(viewer, room) {
      await requireMayEnter(viewer, requireId('room', room));
      const { workspace } = viewer;
      const place = roomPlace(workspace, room);
      const { userIds, total } = await engine.rooms.listOnline(place, { after: null, limit: maxMembers });
      const users = await loadUsers(workspace, userIds);
      const members = userIds.flatMap((id) => users.get(id) ?? []);
      return { room, count: total, members, joined: [], left: [] };
    },

    async follow(context, room, join) {
      const { workspace, id: userId } = context.viewer;
      const place = roomPlace(workspace, requireId('room', room));
      // Authorized by it, before anything else is opened.
      const stream = await access.openStream(context, room, { after: null, filter: noEvents });
      const { instance: tracker, release } = trackers.acquire(place, () => openTracker(workspace, room));
      const closers = [release];
      const onReleased = () => closers.splice(0).forEach((close) => close());
      const queue = new RoomQueue({ room, members: () => tracker.members, onReleased });
      const closeWith = (close: () => void) => (queue.closed ? close() : void closers.push(close));
      let mayStay = true;
      const watch = watchAccess(stream, (error) => {
        mayStay = false;
        queue.fail(error, 'at-once');
      });
      closeWith(() => watch.stop());
      try {
        if (join) {
          const session = { place, userId, sessionId: randomUUID() };
          const tracked = engine.rooms.track(session, 'live');
          closeWith(() => {
            const isShownOut = !mayStay || runtime.revocations.isRevoked(context.viewer);
            leaving.leave(session, isShownOut ? 'shown-out' : 'left');
          });
          await tracked;
        }
        await tracker.join(queue, join ? userId : null);
        closeWith(() => tracker.leave(queue));
        return queue;
      } catch (error) {
        await queue.return();
        throw error;
      }
    },

    forget({ workspace, userId }) {
      for (const tracker of trackers.all()) if (tracker.workspace === workspace) tracker.forget(userId);
    },

    async eraseUser({ workspace, userId }) {
      await removeGrants(store.queries, workspace, userId);
      await rewritePayloads(store, {
        workspace,
        kind: 'room',
        holding: ['id', userId],
        rewrite: (payload) => withoutTextsOf(userId, payload as RoomEventPayload | RoomControl),
      });
    },

    drain: () => leaving.drain(),
    lingered: () => leaving.lingered(),

    async settled() {
      await Promise.all([...trackers.all()].map((tracker) => tracker.settled()));
    },

    close: () => trackers.close(),
  };
}

/** The application's own name of an event may say something too. */
const erasedName = 'erased';

function withoutTextsOf(userId: string, payload: RoomEventPayload | RoomControl): unknown {
  if (!('sender' in payload) || payload.sender?.id !== userId) return payload;
  if (payload.name === erasedName && payload.data === null) return payload;
  return { ...payload, name: erasedName, data: null };
}

async function listIds(registry: Pick<PresenceRegistry, 'listOnline'>, place: Place): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page: OnlineUsers = await registry.listOnline(place, { after, limit: 1_000 });
    ids.push(...page.userIds);
    after = page.next;
  } while (after !== null);
  return ids;
}

function requireChange({ room, userIds }: RoomAccessChange): RoomAccessChange {
  return { room: requireId('room', room), userIds: requireIds('userIds', userIds, { max: maxUsers }) };
}
