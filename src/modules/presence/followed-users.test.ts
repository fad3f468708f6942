import { beforeEach, describe, expect, test } from 'vitest';
import type { PresenceSetting, PresenceState } from '../../engines/engine.ts';
import { FollowedUsers, type PresenceSubscriber } from './followed-users.ts';
import type { PresenceView, Profile } from './visible-presence.ts';

const at = '2026-11-21T12:00:00.000Z';
const gone = (userId: string, version = 0): PresenceState => ({
  userId,
  version,
  live: 0,
  leaving: 0,
  setting: null,
});
const online = (userId: string, version: number, live = 1): PresenceState => ({
  ...gone(userId, version),
  live,
});
const hidden = (userId: string, version: number): PresenceState => {
  const setting: PresenceSetting = { status: 'OFFLINE', activity: null, setAt: at };
  return { ...online(userId, version), setting };
};
/** Named unless the name is the id: that stands for somebody of whom no name was ever told. */
const profile = (id: string, name = `${id}!`): [string, Profile] => [
  id,
  { user: { id, name, avatarUrl: null }, lastSeenAt: null },
];

function subscriber() {
  const views: PresenceView[] = [];
  const follower: PresenceSubscriber = { push: (_userId, view) => views.push(view) };
  return {
    follower,
    /** What came since the last call: `ada ONLINE 2`. */
    take: () =>
      views
        .splice(0)
        .map(({ user, status, deviceCount }) => `${user.name.replace('!', '')} ${status} ${deviceCount}`),
  };
}

let users: FollowedUsers;
const read = (...states: PresenceState[]) => {
  const ids = states.map(({ userId }) => userId);
  users.beginRead(ids);
  for (const state of states) users.learn(state, at);
  users.know(new Map(ids.map((id) => profile(id))));
  users.endRead(ids);
};
beforeEach(() => {
  users = new FollowedUsers();
});

describe('following some users', () => {
  test('shows what was read, then what changes visibly, and nothing of others', () => {
    const { follower, take } = subscriber();
    users.add(follower, ['ada', 'bob']);
    read(online('ada', 3), gone('bob'));
    expect(take()).toEqual(['ada ONLINE 1', 'bob OFFLINE 0']);

    users.hear({ ...online('ada', 4, 0), leaving: 1 }, at);
    users.hear(online('bob', 5, 2), at);
    users.hear(online('eve', 6), at);
    expect(take()).toEqual(['bob ONLINE 2']);
    expect(users.userIds).toEqual(['ada', 'bob']);
  });

  test('a change heard while reading is not undone by what was read before it', () => {
    const { follower, take } = subscriber();
    users.add(follower, ['ada']);
    users.beginRead(['ada']);
    users.hear(online('ada', 7, 3), at);
    users.learn(online('ada', 6, 2), at);
    users.know(new Map([profile('ada')]));
    users.endRead(['ada']);
    users.hear(online('ada', 6, 2), at);
    expect(take()).toEqual(['ada ONLINE 3']);
  });

  test('somebody who leaves was last seen when that was noticed', () => {
    const { follower } = subscriber();
    const views: PresenceView[] = [];
    users.add({ push: (_id, view) => views.push(view) }, ['ada']);
    users.add(follower, ['ada']);
    read(online('ada', 1));
    users.hear(gone('ada', 2), at);
    expect(views.map(({ lastSeenAt }) => lastSeenAt)).toEqual([null, at]);
  });

  test('when somebody hidden leaves or comes back nothing is shown', () => {
    const { follower, take } = subscriber();
    users.add(follower, ['ada']);
    read(hidden('ada', 1));
    expect(take()).toEqual(['ada OFFLINE 0']);
    users.hear(gone('ada', 2), at);
    users.hear(hidden('ada', 3), at);
    expect(take()).toEqual([]);
  });

  test('a new name is shown, and asked for whenever somebody comes online', () => {
    const { follower, take } = subscriber();
    users.add(follower, ['ada']);
    read(gone('ada'));
    expect(users.hear(online('ada', 1), at)).toBe(true);
    expect(users.hear(online('ada', 2, 2), at)).toBe(false);
    users.know(new Map([profile('ada', 'Ada L.')]));
    expect(take()).toEqual(['ada OFFLINE 0', 'ada ONLINE 1', 'ada ONLINE 2', 'Ada L. ONLINE 2']);
  });

  test('whoever comes online without ever having told a name is shown when it was asked for', () => {
    const { follower, take } = subscriber();
    users.add(follower, ['ada']);
    users.beginRead(['ada']);
    users.learn(gone('ada'), at);
    users.know(new Map([profile('ada', 'ada')]));
    users.endRead(['ada']);
    expect(users.hear(online('ada', 1), at)).toBe(true);
    expect(take()).toEqual(['ada OFFLINE 0']);
    expect(users.nameless(['ada'])).toEqual(['ada']);
    users.know(new Map([profile('ada', 'Ada L.')]));
    expect(take()).toEqual(['Ada L. ONLINE 1']);
  });

  test('is forgotten when the last who follows a user leaves', () => {
    const [one, other] = [subscriber().follower, subscriber().follower];
    users.add(one, ['ada', 'bob']);
    users.add(other, ['bob']);
    read(online('ada', 1), online('bob', 2));
    users.remove(one, ['ada', 'bob']);
    expect(users.userIds).toEqual(['bob']);
    users.remove(other, ['bob']);
    expect(users.userIds).toEqual([]);
  });
});

describe('following everyone', () => {
  test('shows whoever is or comes online until they leave, and nobody who is offline anyway', () => {
    const { follower, take } = subscriber();
    users.add(follower, 'everyone');
    read(online('ada', 1), gone('bob'));
    expect(take()).toEqual(['ada ONLINE 1']);

    users.hear(online('cy', 2), at);
    expect(take()).toEqual([]);
    users.know(new Map([profile('cy')]));
    expect(take()).toEqual(['cy ONLINE 1']);
    users.hear(gone('cy', 3), at);
    users.hear(hidden('dee', 4), at);
    expect(take()).toEqual(['cy OFFLINE 0']);
    expect(users.userIds).toEqual(['ada']);
  });

  test('somebody who left while being read does not come back as a ghost', () => {
    const { follower, take } = subscriber();
    users.add(follower, 'everyone');
    users.beginRead(['ada']);
    users.hear(gone('ada', 6), at);
    users.learn(online('ada', 5), at);
    users.know(new Map([profile('ada')]));
    users.endRead(['ada']);
    expect(take()).toEqual([]);
    expect(users.userIds).toEqual([]);
  });

  test('keeps those whom others follow when it ends', () => {
    const [all, one] = [subscriber(), subscriber()];
    users.add(all.follower, 'everyone');
    users.add(one.follower, ['bob']);
    read(online('ada', 1), online('bob', 2));
    users.remove(all.follower, 'everyone');
    expect(users.userIds).toEqual(['bob']);
    users.hear(online('ada', 3, 2), at);
    expect(all.take()).toHaveLength(2);
  });
});

test('when versions begin anew, smaller ones are news', () => {
  const { follower, take } = subscriber();
  users.add(follower, ['ada']);
  read(online('ada', 900));
  users.forgetVersions();
  users.hear(online('ada', 1, 2), at);
  users.learn(gone('ada'), at);
  expect(take()).toEqual(['ada ONLINE 1', 'ada ONLINE 2']);
});
