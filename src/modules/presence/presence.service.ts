// Presence: who is here, on how many devices and doing what, read once or followed.
import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import type { PresenceSetting, PresenceState, PresenceStatus } from '../../engines/engine.ts';
import { TidingsError } from '../../errors.ts';
import { serviceKey, type Context, type Runtime } from '../../schema/context.ts';
import { guardSubscription } from '../../schema/event-stream.ts';
import { requireFirst, requireIds, requireText } from '../../schema/input.ts';
import type { UserRef } from '../../schema/module.ts';
import { SharedInstances } from '../../schema/shared-instances.ts';
import { parsePageCursor, placeText, toPageCursor } from '../../schema/page.ts';
import type { PageInfoView } from '../../schema/scalars.ts';
import { ConflatingQueue } from '../../streams/conflating-queue.ts';
import { toUserView, usersService } from '../users/users.service.ts';
import type { Followees } from './followed-users.ts';
import { mayFollowPresence } from './presence.policy.ts';
import { PresenceTracker } from './presence-tracker.ts';
import { createProfiles, type Profiles } from './profiles.ts';
import { appearsOffline, toPresenceView, type ActivityView, type PresenceView } from './visible-presence.ts';

export interface SetPresence {
  readonly status: PresenceStatus;
  readonly activity?: ActivityView | null | undefined;
}

export interface OnlinePage {
  readonly nodes: readonly PresenceView[];
  readonly pageInfo: PageInfoView;
  readonly totalCount: number;
}

export interface PresenceService {
  /** One for each user, in the order asked for, repetitions left out. */
  read(viewer: Viewer, userIds: readonly string[]): Promise<readonly PresenceView[]>;
  /** By id. Who appears offline is left out. */
  listOnline(
    viewer: Viewer,
    page: { first?: number | null | undefined; after?: string | null | undefined },
  ): Promise<OnlinePage>;
  /** Answers the viewer's presence as set. Throws CONFLICT where no connection of the viewer is open. */
  set(viewer: Viewer, input: SetPresence): Promise<PresenceView>;
  /** The current presence of each user first, then each visible change; without ids, of everyone online. */
  follow(
    context: Context,
    userIds: readonly string[] | null | undefined,
  ): Promise<AsyncIterableIterator<PresenceView>>;
  /** Nobody is told the user's name from now on, unless the database still has it. */
  forget(user: UserRef): void;
  /** Resolves when whoever was heard of is told to those who follow. */
  settled(): Promise<void>;
  /** Ends what is still followed. */
  close(): void;
}

export interface PresenceServiceOptions {
  /** See PresenceTracker. Longer than the nodes need to notice that the engine is back and to register anew. */
  readonly settleMs?: number;
  /** Where names and last sights come from: the database unless given. */
  readonly profiles?: Pick<Profiles, 'load' | 'follow'>;
}

export const presenceService = serviceKey<PresenceService>('presence');

const onlineList = 'online-users';
const onlinePlace = z.tuple([placeText]);
const maxUsers = 500;

export function createPresenceService(
  runtime: Runtime,
  { settleMs = 4_000, profiles = createProfiles(runtime) }: PresenceServiceOptions = {},
): PresenceService {
  const { engine, logger } = runtime;
  const registry = engine.presence;
  const trackers = new SharedInstances<PresenceTracker>();

  const toViews = async (workspace: string, states: readonly PresenceState[]) => {
    const loaded = await profiles.load(
      workspace,
      states.map((state) => state.userId),
    );
    return states.map((state) =>
      toPresenceView(state, loaded.get(state.userId) ?? { user: toUserView(state.userId), lastSeenAt: null }),
    );
  };

  return {
    async read(viewer, userIds) {
      mayFollowPresence(viewer);
      const wanted = requireIds('userIds', userIds, { min: 0, max: maxUsers });
      if (wanted.length === 0) return [];
      return toViews(viewer.workspace, await registry.read(viewer.workspace, wanted));
    },

    async listOnline(viewer, page) {
      mayFollowPresence(viewer);
      const first = requireFirst(page.first, { fallback: 100, max: maxUsers });
      const after = parsePageCursor('after', onlineList, page.after, onlinePlace)?.[0] ?? null;
      const { userIds, next, total } = await registry.listOnline(viewer.workspace, {
        after,
        limit: first,
      });
      const states = await registry.read(viewer.workspace, userIds);
      // Somebody may have gone between the two.
      const nodes = await toViews(
        viewer.workspace,
        states.filter((state) => !appearsOffline(state)),
      );
      const cursorOf = (userId: string | undefined) =>
        userId === undefined ? null : toPageCursor(onlineList, [userId]);
      const pageInfo: PageInfoView = {
        hasNextPage: next !== null,
        hasPreviousPage: after !== null,
        startCursor: cursorOf(userIds[0]),
        endCursor: cursorOf(userIds.at(-1)),
      };
      return { nodes, pageInfo, totalCount: total };
    },

    async set(viewer, input) {
      const { workspace, id } = viewer;
      const activity = requireActivity(input.activity);
      const user = await runtime.use(usersService).viewer(viewer);
      const [before] = await registry.read(workspace, [id]);
      const setting = toSetting(input.status, activity, before?.setting ?? null);
      if (!(await registry.set(workspace, id, setting))) {
        throw new TidingsError(
          'CONFLICT',
          'You are not connected: setPresence stands while a WebSocket connection of yours is open.',
        );
      }
      const live = Math.max(before?.live ?? 0, 1);
      const state: PresenceState = { userId: id, version: 0, live, leaving: 0, setting };
      return toPresenceView(state, { user, lastSeenAt: null });
    },

    async follow(context, userIds) {
      const { workspace } = context.viewer;
      mayFollowPresence(context.viewer);
      const followees: Followees =
        userIds === null || userIds === undefined
          ? 'everyone'
          : requireIds('userIds', userIds, { min: 0, max: maxUsers });
      const { instance: tracker, release } = trackers.acquire(
        workspace,
        () => new PresenceTracker({ workspace, place: workspace, registry, profiles, logger, settleMs }),
      );
      const queue: ConflatingQueue<string, PresenceView> = new ConflatingQueue(() => {
        stopWatching();
        tracker.leave(queue, followees);
        release();
      });
      const stopWatching = guardSubscription(context, mayFollowPresence, (error) =>
        queue.fail(error, 'at-once'),
      );
      try {
        await tracker.join(queue, followees);
      } catch (error) {
        void queue.return();
        throw error;
      } finally {
        // The token may have expired while it was joining.
        if (queue.closed) tracker.leave(queue, followees);
      }
      return queue;
    },

    forget: ({ workspace, userId }) => trackers.find(workspace)?.forget(userId),

    async settled() {
      await Promise.all([...trackers.all()].map((tracker) => tracker.settled()));
    },

    close: () => trackers.close(),
  };
}

function requireActivity(activity: ActivityView | null | undefined): ActivityView | null {
  if (activity === null || activity === undefined) return null;
  const { kind, resource } = activity;
  return { kind, resource: requireText('activity.resource', resource, { min: 1, max: 512 }) };
}

/**
 * The same set again keeps its moment, so that nothing changes for anybody: were somebody invisible seen "last" at each
 * new setting, everybody would know that they are there. For the same reason nothing is kept of what they do.
 */
function toSetting(
  status: PresenceStatus,
  told: ActivityView | null,
  before: PresenceSetting | null,
): PresenceSetting {
  const activity = status === 'OFFLINE' ? null : told;
  const isSame =
    before?.status === status &&
    before.activity?.kind === activity?.kind &&
    before.activity?.resource === activity?.resource;
  return { status, activity, setAt: isSame ? before.setAt : new Date().toISOString() };
}
