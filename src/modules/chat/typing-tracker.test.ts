import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Follower } from '../../engines/engine.ts';
import { TidingsError } from '../../errors.ts';
import { toMember, type TypingChange, type TypingMessage } from './typing-state.ts';
import { TypingTracker } from './typing-tracker.ts';

const user = (id: string) => ({ id, name: id.toUpperCase(), avatarUrl: null });

function setUp() {
  const followers = new Set<Follower>();
  let members: { member: string; expiresInMs: number }[] = [];
  let away = false;
  /** What is heard while the set is being read. */
  let meanwhile: () => void = () => undefined;
  const tracker = new TypingTracker({
    channel: 'acme/typing/c',
    broker: {
      follow: async (_channel, follower) => {
        followers.add(follower);
        return { unfollow: async () => void followers.delete(follower) };
      },
    },
    expiring: {
      list: async () => {
        if (away) throw new TidingsError('UNAVAILABLE', 'away');
        const read = members;
        meanwhile();
        return read;
      },
    },
    logger: pino({ level: 'silent' }),
    loadUsers: async (ids) => new Map(ids.map((id) => [id, user(id)])),
    now: () => performance.now(),
  });
  const hear = (message: TypingMessage) =>
    followers.forEach((follower) => follower.onMessage(JSON.stringify(message)));
  return {
    tracker,
    followers,
    hold: (...typists: [string, number][]) => {
      members = typists.map(([id, expiresInMs]) => ({ member: toMember(id, '1'), expiresInMs }));
    },
    starts: (id: string, expiresInMs = 6_000) => hear({ user: user(id), expiresInMs }),
    stops: (id: string) => hear({ userId: id, expiresInMs: null }),
    restore: () => followers.forEach((follower) => follower.onRestored()),
    setAway: (is: boolean) => {
      away = is;
    },
    onRead: (work: () => void) => {
      meanwhile = work;
    },
  };
}

function subscribe(tracker: TypingTracker) {
  const changes: TypingChange[] = [];
  const subscriber = { push: (change: TypingChange) => changes.push(change) };
  return {
    joined: tracker.join(subscriber),
    take: () =>
      changes
        .splice(0)
        .map((change) => `${change.user.name} ${change.expiresAt === null ? 'stops' : 'types'}`),
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('tells who is typing, then every change; whoever joins later is told what is known', async () => {
  const { tracker, hold, starts, stops } = setUp();
  hold(['ada', 3_000]);
  const one = subscribe(tracker);
  await one.joined;
  expect(one.take()).toEqual(['ADA types']);
  starts('bob');
  stops('ada');
  stops('ada');
  expect(one.take()).toEqual(['BOB types', 'ADA stops']);
  const late = subscribe(tracker);
  await late.joined;
  expect(late.take()).toEqual(['BOB types']);
  expect(one.take()).toEqual([]);
});

test('typing lapses where the "stopped" gets lost, later where it was renewed', async () => {
  const { tracker, hold, starts } = setUp();
  hold(['ada', 3_000]);
  const one = subscribe(tracker);
  await one.joined;
  starts('bob');
  await pass(2_000);
  starts('bob');
  one.take();
  await pass(1_000);
  expect(one.take()).toEqual(['ADA stops']);
  await pass(4_999);
  expect(one.take()).toEqual([]);
  await pass(1);
  expect(one.take()).toEqual(['BOB stops']);
});

test('what is heard while reading stands against what was read', async () => {
  const { tracker, hold, starts, stops, onRead } = setUp();
  hold(['ada', 3_000], ['bob', 3_000]);
  onRead(() => {
    stops('ada');
    starts('cy');
  });
  const one = subscribe(tracker);
  await one.joined;
  expect(one.take().toSorted()).toEqual(['BOB types', 'CY types']);
});

test('after the engine was away it reads anew', async () => {
  const { tracker, hold, restore } = setUp();
  hold(['ada', 3_000], ['bob', 3_000]);
  const one = subscribe(tracker);
  await one.joined;
  one.take();
  hold(['bob', 5_000], ['cy', 3_000]);
  restore();
  await pass(0);
  expect(one.take()).toEqual(['BOB types', 'CY types', 'ADA stops']);
});

test('while the engine is away joining is refused; for whoever is there, typing lapses', async () => {
  const { tracker, followers, hold, setAway, restore } = setUp();
  hold(['ada', 3_000]);
  const one = subscribe(tracker);
  await one.joined;
  setAway(true);
  restore();
  await pass(3_000);
  expect(one.take()).toEqual(['ADA types', 'ADA stops']);

  const other = setUp();
  other.setAway(true);
  await expect(subscribe(other.tracker).joined).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(other.followers.size).toBe(0);
  tracker.close();
  await pass(0);
  expect(followers.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
