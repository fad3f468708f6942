import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PresenceFollower, PresenceRegistry, PresenceState } from '../../engines/engine.ts';
import { TidingsError } from '../../errors.ts';
import { PresenceTracker } from './presence-tracker.ts';
import type { NamesFollower } from '../users/users.service.ts';
import type { Profiles } from './profiles.ts';
import type { PresenceView } from './visible-presence.ts';

/** A registry whose content the test writes, and whose followers it tells. */
function createRegistry() {
  const held = new Map<string, PresenceState>();
  let follower: PresenceFollower | undefined;
  let away = false;
  const answer = async <T>(value: T): Promise<T> => {
    if (away) throw new TidingsError('UNAVAILABLE', 'away');
    return value;
  };
  const registry: Pick<PresenceRegistry, 'read' | 'listOnline' | 'follow'> = {
    read: vi.fn((_workspace: string, ids: readonly string[]) =>
      answer(
        ids.map((userId) => held.get(userId) ?? { userId, version: 0, live: 0, leaving: 0, setting: null }),
      ),
    ),
    listOnline: (_workspace, { after }) => {
      // One at a time, so that there are pages.
      const all = [...held.keys()].toSorted();
      const rest = all.filter((id) => after === null || id > after);
      return answer({
        userIds: rest.slice(0, 1),
        next: rest.length > 1 ? (rest[0] ?? null) : null,
        total: all.length,
      });
    },
    follow: async (_workspace, told) => {
      follower = told;
      return { unfollow: async () => undefined };
    },
  };
  return {
    registry,
    hold(userId: string, version: number, live: number) {
      const state = { userId, version, live, leaving: 0, setting: null };
      held.set(userId, state);
      return state;
    },
    /** Holds it and tells of it. */
    change(userId: string, version: number, live: number) {
      follower?.onChange(this.hold(userId, version, live));
      if (live === 0) held.delete(userId);
    },
    lose: () => held.clear(),
    restore: () => follower?.onRestored(),
    setAway: (is: boolean) => {
      away = is;
    },
  };
}

const profiles: Pick<Profiles, 'load' | 'follow'> = {
  follow: async () => ({ unfollow: async () => undefined }),
  load: async (_workspace, ids) =>
    new Map(ids.map((id) => [id, { user: { id, name: `${id}!`, avatarUrl: null }, lastSeenAt: null }])),
};

function follow(tracker: PresenceTracker, followees: readonly string[] | 'everyone') {
  const views: PresenceView[] = [];
  const subscriber = { push: (_userId: string, view: PresenceView) => views.push(view) };
  const joined = tracker.join(subscriber, followees);
  /** What is the newest of each user since the last call. */
  const take = () => {
    const newest = new Map(views.splice(0).map((view) => [view.user.name, view]));
    return [...newest].map(([name, { status, deviceCount }]) => `${name} ${status} ${deviceCount}`);
  };
  return { joined, take, leave: () => tracker.leave(subscriber, followees) };
}

function setUp(
  given: Partial<{
    profiles: Pick<Profiles, 'load' | 'follow'>;
    registry: Pick<PresenceRegistry, 'read' | 'listOnline' | 'follow'>;
  }> = {},
) {
  const source = createRegistry();
  const { registry } = source;
  const logger = pino({ level: 'silent' });
  const tracker = new PresenceTracker({
    place: 'acme',
    workspace: 'acme',
    registry,
    profiles,
    logger,
    settleMs: 4_000,
    ...given,
  });
  return { source, tracker };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('shares what is known: a second subscriber is served without reading again', async () => {
  const { source, tracker } = setUp();
  source.hold('ada', 1, 1);
  const one = follow(tracker, ['ada']);
  await one.joined;
  const other = follow(tracker, ['ada']);
  await other.joined;
  expect(one.take()).toEqual(['ada! ONLINE 1']);
  expect(other.take()).toEqual(['ada! ONLINE 1']);
  expect(source.registry.read).toHaveBeenCalledTimes(1);
});

test('follows everyone page by page, and whoever comes later', async () => {
  const { source, tracker } = setUp();
  source.hold('ada', 1, 1);
  source.hold('bob', 2, 2);
  const all = follow(tracker, 'everyone');
  await all.joined;
  expect(all.take()).toEqual(['ada! ONLINE 1', 'bob! ONLINE 2']);
  source.change('cy', 3, 1);
  source.change('bob', 4, 0);
  await settled();
  expect(all.take().toSorted()).toEqual(['bob! OFFLINE 0', 'cy! ONLINE 1']);
});

test('everyone is read anew for who follows after a pause in which nobody did', async () => {
  const { source, tracker } = setUp();
  const first = follow(tracker, 'everyone');
  await first.joined;
  first.leave();
  source.change('ada', 1, 1);
  const second = follow(tracker, 'everyone');
  await second.joined;
  expect(second.take()).toEqual(['ada! ONLINE 1']);
});

test('after the engine was away, what differs is shown, whatever the versions', async () => {
  const { source, tracker } = setUp();
  source.hold('ada', 900, 1);
  source.hold('bob', 901, 1);
  const all = follow(tracker, 'everyone');
  const some = follow(tracker, ['ada', 'dee']);
  await Promise.all([all.joined, some.joined]);
  all.take();
  some.take();

  source.hold('ada', 1, 3);
  source.hold('cy', 2, 1);
  source.hold('dee', 3, 1);
  source.restore();
  await settled();
  expect(all.take().toSorted()).toEqual(['ada! ONLINE 3', 'cy! ONLINE 1', 'dee! ONLINE 1']);
  expect(some.take().toSorted()).toEqual(['ada! ONLINE 3', 'dee! ONLINE 1']);
});

test('who is missing after the engine was away has left only when they still are a while later', async () => {
  const { source, tracker } = setUp();
  source.hold('ada', 900, 1);
  source.hold('bob', 901, 1);
  const all = follow(tracker, 'everyone');
  await all.joined;
  all.take();

  source.lose();
  source.restore();
  await vi.advanceTimersByTimeAsync(1_000);
  source.change('ada', 1, 1);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(all.take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(all.take()).toEqual(['bob! OFFLINE 0']);
});

test('reading anew is tried until it works', async () => {
  const { source, tracker } = setUp();
  source.hold('ada', 900, 1);
  const one = follow(tracker, ['ada']);
  await one.joined;
  one.take();
  source.setAway(true);
  source.hold('ada', 1, 2);
  source.restore();
  await vi.advanceTimersByTimeAsync(1_000);
  source.setAway(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(one.take()).toEqual(['ada! ONLINE 2']);
});

test('while the engine is away joining is refused, and leaves nothing behind', async () => {
  const { source, tracker } = setUp();
  source.setAway(true);
  const one = follow(tracker, ['ada']);
  await expect(one.joined).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  one.leave();
  const all = follow(tracker, 'everyone');
  await expect(all.joined).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  all.leave();
  source.setAway(false);
  source.hold('ada', 1, 1);
  const again = follow(tracker, 'everyone');
  await again.joined;
  expect(again.take()).toEqual(['ada! ONLINE 1']);
});

test('a database that is away costs the name, not the news', async () => {
  let isAway = false;
  const flaky: Pick<Profiles, 'load' | 'follow'> = {
    ...profiles,
    load: (workspace, ids) =>
      isAway ? Promise.reject(new TidingsError('UNAVAILABLE', 'away')) : profiles.load(workspace, ids),
  };
  const { source, tracker } = setUp({ profiles: flaky });
  const all = follow(tracker, 'everyone');
  await all.joined;
  isAway = true;
  source.change('ada', 1, 1);
  await settled();
  expect(all.take()).toEqual(['ada ONLINE 1']);
});

/** Names as the database has them, read when the test says so, and changed. */
function createNames() {
  const names = new Map<string, string>();
  const reads: (() => void)[] = [];
  let follower: NamesFollower | undefined;
  return {
    names,
    profiles: {
      async load(_workspace: string, ids: readonly string[]) {
        const found = ids.map((id) => names.get(id) ?? id);
        await new Promise<void>((resolve) => reads.push(resolve));
        return new Map(
          ids.map((id, index) => [
            id,
            { user: { id, name: found[index] ?? id, avatarUrl: null }, lastSeenAt: null },
          ]),
        );
      },
      async follow(_workspace: string, given: NamesFollower) {
        follower = given;
        return { unfollow: async () => undefined };
      },
    } satisfies Pick<Profiles, 'load' | 'follow'>,
    /** Answers the readings that are under way, with what was there when they began. */
    async answer() {
      for (const resolve of reads.splice(0)) resolve();
      await settled();
    },
    change(id: string, name: string) {
      names.set(id, name);
      follower?.onChanged([id, 'nobody']);
    },
    restore: () => follower?.onRestored(),
  };
}

async function followOne() {
  const database = createNames();
  database.names.set('ada', 'Ada');
  const { source, tracker } = setUp({ profiles: database.profiles });
  source.hold('ada', 1, 1);
  const one = follow(tracker, ['ada']);
  await settled();
  await database.answer();
  await one.joined;
  expect(one.take()).toEqual(['Ada ONLINE 1']);
  return { database, source, tracker, one };
}

test('where names can not be followed the registry is not followed either, until somebody tries again', async () => {
  const source = createRegistry();
  let followed = 0;
  const registry: typeof source.registry = {
    ...source.registry,
    async follow(place, follower) {
      const following = await source.registry.follow(place, follower);
      followed += 1;
      return {
        async unfollow() {
          followed -= 1;
          await following.unfollow();
        },
      };
    },
  };
  let away = true;
  const { tracker } = setUp({
    registry,
    profiles: {
      ...profiles,
      async follow() {
        if (away) throw new TidingsError('UNAVAILABLE', 'away');
        return { unfollow: async () => undefined };
      },
    },
  });
  await expect(follow(tracker, ['ada']).joined).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(followed).toBe(0);
  away = false;
  await follow(tracker, ['ada']).joined;
  expect(followed).toBe(1);
});

test('a name that is changed is told to whoever follows', async () => {
  const { database, one } = await followOne();
  database.change('ada', 'Ada L.');
  await database.answer();
  expect(one.take()).toEqual(['Ada L. ONLINE 1']);
  // One that went unheard is read when the engine is back.
  database.names.set('ada', 'Ada Lovelace');
  database.restore();
  await database.answer();
  expect(one.take()).toEqual(['Ada Lovelace ONLINE 1']);
});

test('a name that is to be forgotten is told to nobody, also where it was being read', async () => {
  const { database, source, tracker, one } = await followOne();
  source.change('ada', 2, 2);
  database.change('ada', 'Ada');
  await settled();
  expect(one.take()).toEqual(['Ada ONLINE 2']);
  database.names.delete('ada');
  tracker.forget('ada');
  source.change('ada', 3, 0);
  // The reading that had begun before answers the name, and is not believed.
  await database.answer();
  const other = follow(tracker, ['ada']);
  await settled();
  await database.answer();
  await other.joined;
  expect(one.take()).toEqual(['ada OFFLINE 0']);
  expect(other.take()).toEqual(['ada OFFLINE 0']);
});
