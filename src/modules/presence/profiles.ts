// What the database knows of people that presence shows: their names, and when they were last seen.
import { and, eq, inArray, isNotNull } from 'drizzle-orm';
import type { Following } from '../../engines/engine.ts';
import type { Runtime } from '../../schema/context.ts';
import { toUserView, usersService, type NamesFollower } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import type { Profile } from './visible-presence.ts';

export interface Profiles {
  /** One for each id, also for those never seen. Rejects with UNAVAILABLE while the database is away. */
  load(workspace: string, userIds: readonly string[]): Promise<ReadonlyMap<string, Profile>>;
  /** In force when it resolves. Rejects with UNAVAILABLE while the engine is away. */
  follow(workspace: string, follower: NamesFollower): Promise<Following>;
  /** `at` is when the user was last seen. */
  rememberGone(user: { readonly workspace: string; readonly userId: string }, at: Date): Promise<void>;
}

export function createProfiles({ store, use }: Pick<Runtime, 'store' | 'use'>): Profiles {
  const loadLastSeen = (workspace: string, userIds: readonly string[]) =>
    store.queries
      .select({ id: users.id, lastSeenAt: users.lastSeenAt })
      .from(users)
      .where(
        and(eq(users.workspace, workspace), inArray(users.id, [...userIds]), isNotNull(users.lastSeenAt)),
      );

  return {
    async load(workspace, userIds) {
      if (userIds.length === 0) return new Map();
      const [views, rows] = await Promise.all([
        use(usersService).load(workspace, userIds),
        loadLastSeen(workspace, userIds),
      ]);
      const lastSeen = new Map(rows.map((row) => [row.id, row.lastSeenAt?.toISOString() ?? null]));
      return new Map(
        userIds.map((id) => [
          id,
          { user: views.get(id) ?? toUserView(id), lastSeenAt: lastSeen.get(id) ?? null },
        ]),
      );
    },

    follow: (workspace, follower) => use(usersService).followNames(workspace, follower),

    async rememberGone({ workspace, userId }, at) {
      // Who has been erased meanwhile does not come back for having left.
      await store.queries
        .update(users)
        .set({ lastSeenAt: at })
        .where(and(eq(users.workspace, workspace), eq(users.id, userId)));
    },
  };
}
