import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PresenceView } from '../presence/visible-presence.ts';
import type { RoomChange } from './room-change.ts';
import { RoomTracker } from './room-tracker.ts';

const momentMs = 100;
const view = (id: string, status: PresenceView['status'] = 'ONLINE'): PresenceView => ({
  user: { id, name: id.toUpperCase(), avatarUrl: null },
  status,
  activity: null,
  deviceCount: 1,
  lastSeenAt: null,
});

/** Presence whose reading and listing are answered when the test says so. */
function setUp() {
  let self: { push(userId: string, view: PresenceView): void } | undefined;
  let finishJoin = (): void => undefined;
  let finishList = (_ids: readonly string[]): void => undefined;
  const presence = {
    join: vi.fn((subscriber: typeof self) => {
      self = subscriber;
      return new Promise<void>((resolve) => (finishJoin = resolve));
    }),
    look: vi.fn((_ids: readonly string[]): Promise<void> => Promise.resolve()),
    leave: vi.fn(),
    forget: vi.fn(),
    settled: async () => undefined,
    close: vi.fn(),
  };
  const listIds = () => new Promise<readonly string[]>((resolve) => (finishList = resolve));
  const tracker = new RoomTracker({ workspace: 'acme', presence, listIds, momentMs, maxNamed: 100 });
  const changes: RoomChange[] = [];
  const subscriber = { onChange: (change: RoomChange) => void changes.push(change) };
  const push = (id: string, status?: PresenceView['status']) => self?.push(id, view(id, status));
  const members = () => tracker.members.first.map(({ id }) => id);
  return {
    presence,
    tracker,
    changes,
    subscriber,
    push,
    members,
    joined: () => finishJoin(),
    listed: (...ids: string[]) => finishList(ids),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());
const settled = () => vi.advanceTimersByTimeAsync(0);

describe('the members of a room on one node', () => {
  it('are in the order in which they came, whenever they were heard of; nobody who left meanwhile is among them', async () => {
    const { tracker, subscriber, changes, push, members, joined, listed } = setUp();
    const join = tracker.join(subscriber, null);
    push('late');
    push('ghost');
    push('early');
    joined();
    await settled();
    // A moment passes while the order is being read.
    await vi.advanceTimersByTimeAsync(momentMs);
    push('ghost', 'OFFLINE');
    listed('early', 'ghost', 'late');
    await join;
    expect(members()).toEqual(['early', 'late']);
    expect(tracker.members.count).toBe(2);
    expect(changes.map(({ joined: came, left }) => [came.size, left.size])).toEqual([[0, 0]]);
  });

  it('come and go together where it is one moment', async () => {
    const { tracker, subscriber, changes, push, members, joined, listed } = setUp();
    const join = tracker.join(subscriber, null);
    joined();
    await settled();
    listed();
    await join;
    push('a');
    push('b');
    push('a', 'OFFLINE');
    push('c');
    expect(changes).toHaveLength(1);
    // Nobody is told in pieces: the members are those of the last moment.
    expect(members()).toEqual([]);
    await vi.advanceTimersByTimeAsync(momentMs);
    expect(changes.slice(1).map(({ joined: came }) => [...came.keys()])).toEqual([['b', 'c']]);
    expect(members()).toEqual(['b', 'c']);
    push('b', 'OFFLINE');
    push('b');
    await vi.advanceTimersByTimeAsync(momentMs);
    expect(changes).toHaveLength(2);
  });

  it('are read again where it failed, and whoever comes in is looked for', async () => {
    const { tracker, subscriber, presence, push, members, joined, listed } = setUp();
    presence.join.mockRejectedValueOnce(new Error('away'));
    await expect(tracker.join(subscriber, 'me')).rejects.toThrow('away');
    presence.look.mockImplementation(async () => push('me'));
    const join = tracker.join(subscriber, 'me');
    joined();
    await settled();
    listed();
    await join;
    expect(presence.look).toHaveBeenCalledWith(['me']);
    expect(members()).toEqual(['me']);
    tracker.close();
    expect(presence.close).toHaveBeenCalled();
  });
});
