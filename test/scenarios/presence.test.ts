// Who is here, on how many devices and doing what. Nothing that should not happen is waited for: something that happens
// later is, and must be the next to be told.
import { expect, it } from 'vitest';
import { connect, type Person, type Subscribed } from '../support/client.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { distributed, onBothSetups } from '../support/setups.ts';

interface Presence {
  readonly userId: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly status: 'ONLINE' | 'AWAY' | 'BUSY' | 'OFFLINE';
  readonly activity: { readonly kind: string; readonly resource: string } | null;
  readonly deviceCount: number;
  readonly lastSeenAt: string | null;
}
interface OnlineUsers {
  readonly nodes: readonly Presence[];
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const fields = 'userId user { id name } status activity { kind resource } deviceCount lastSeenAt';
const followed = `subscription ($userIds: [ID!]) { presenceChanged(userIds: $userIds) { ${fields} } }`;
const presence = `query ($userIds: [ID!]!) { presence(userIds: $userIds) { ${fields} } }`;
const onlineUsers = `query ($first: Int, $after: String) { onlineUsers(first: $first, after: $after) { nodes { ${fields} } totalCount pageInfo { hasNextPage endCursor } } }`;
const setPresence = `mutation ($input: SetPresenceInput!) { setPresence(input: $input) { ${fields} } }`;

function follow(person: Person, userIds: readonly string[] | null = null): Subscribed<Presence> {
  const results = person.subscribe<{ presenceChanged: Presence }>(followed, { userIds });
  return {
    next: async () => (await results.next()).presenceChanged,
    [Symbol.asyncDispose]: () => results[Symbol.asyncDispose](),
  };
}
const read = async (person: Person, ...userIds: string[]) =>
  (await person.request<{ presence: Presence[] }>(presence, { userIds })).presence;
const listOnline = async (person: Person, page: object = {}) =>
  (await person.request<{ onlineUsers: OnlineUsers }>(onlineUsers, page)).onlineUsers;
const set = async (person: Person, status: Presence['status'], activity?: Presence['activity']) =>
  (await person.request<{ setPresence: Presence }>(setPresence, { input: { status, activity } })).setPresence;

const seen = ({ userId, status, deviceCount }: Presence) => [userId, status, deviceCount];
const users = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);

/** The newest of each user, once it holds for all of these. */
async function untilOnline(events: Subscribed<Presence>, userIds: readonly string[]) {
  const newest = new Map<string, Presence>();
  while (!userIds.every((userId) => newest.get(userId)?.status === 'ONLINE')) {
    const event = await events.next();
    newest.set(event.userId, event);
  }
  return newest;
}

onBothSetups('presence', (stage) => {
  const people = () => {
    const workspace = stage.newWorkspace();
    return {
      near: (user: string, name = user) => stage.writer(user, { workspace, name }),
      far: (user: string, name = user) => stage.listener(user, { workspace, name }),
      workspace,
    };
  };

  it('a connection makes its user present, and its end, after a short grace, absent', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using atBob = follow(bob, ['alice']);
    expect(await atBob.next()).toEqual({
      userId: 'alice',
      user: { id: 'alice', name: 'alice' },
      status: 'OFFLINE',
      activity: null,
      deviceCount: 0,
      lastSeenAt: null,
    });
    const alice = await near('alice', 'Alice Meyer');
    await alice.connected();
    const online = await atBob.next();
    expect(online).toEqual({
      userId: 'alice',
      user: { id: 'alice', name: 'Alice Meyer' },
      status: 'ONLINE',
      activity: null,
      deviceCount: 1,
      lastSeenAt: null,
    });
    expect(await read(bob, 'alice')).toEqual([online]);
    const before = Date.now();
    await alice[Symbol.asyncDispose]();
    const gone = await atBob.next();
    expect(gone).toMatchObject({ status: 'OFFLINE', activity: null, deviceCount: 0 });
    expect(Date.parse(gone.lastSeenAt ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(gone.lastSeenAt ?? '')).toBeLessThanOrEqual(Date.now());
    await expect
      .poll(async () => Date.parse((await read(bob, 'alice'))[0]?.lastSeenAt ?? ''))
      .toBeGreaterThanOrEqual(before);
  });

  it('a page reload is not noticed, not even when its grace is over, and keeps what was set', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using atBob = follow(bob, ['alice', 'carol']);
    expect((await Promise.all([atBob.next(), atBob.next()])).map(seen).sort()).toEqual([
      ['alice', 'OFFLINE', 0],
      ['carol', 'OFFLINE', 0],
    ]);
    const alice = await near('alice');
    await alice.connected();
    expect(seen(await atBob.next())).toEqual(['alice', 'ONLINE', 1]);
    await set(alice, 'BUSY');
    expect(seen(await atBob.next())).toEqual(['alice', 'BUSY', 1]);
    await alice[Symbol.asyncDispose]();
    await using reloaded = await far('alice');
    await reloaded.connected();
    // Carol comes and goes after it: when her grace is over, that of the reloaded page is too.
    const carol = await near('carol');
    await carol.connected();
    // Where the new page is there before the old connection has gone, they are two devices for that moment.
    const next = async () => {
      for (;;) {
        const event = await atBob.next();
        if (event.userId !== 'alice' || event.status !== 'BUSY') return seen(event);
      }
    };
    expect(await next()).toEqual(['carol', 'ONLINE', 1]);
    await carol[Symbol.asyncDispose]();
    expect(await next()).toEqual(['carol', 'OFFLINE', 0]);
    await set(reloaded, 'AWAY');
    expect(await next()).toEqual(['alice', 'AWAY', 1]);
  });

  it('what was set ends with the last connection', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    const alice = await near('alice');
    await alice.connected();
    await set(alice, 'BUSY');
    await using atBob = follow(bob, ['alice']);
    expect(seen(await atBob.next())).toEqual(['alice', 'BUSY', 1]);
    await alice[Symbol.asyncDispose]();
    expect(seen(await atBob.next())).toEqual(['alice', 'OFFLINE', 0]);
    await using back = await near('alice');
    await back.connected();
    expect(seen(await atBob.next())).toEqual(['alice', 'ONLINE', 1]);
  });

  it('a name that is changed is told to whoever follows, and to whoever comes later', async () => {
    const { near, far, workspace } = people();
    await using alice = await near('alice', 'Alice');
    await using bob = await far('bob');
    await alice.connected();
    await using presences = follow(bob, ['alice']);
    expect((await presences.next()).user.name).toBe('Alice');
    const backend = await stage.writer('backend', { workspace, scope: 'users:write' });
    await backend.request(
      'mutation { upsertUsers(users: [{ id: "alice", name: "Alice L." }]) { users { id } } }',
    );
    expect(await presences.next()).toMatchObject({ status: 'ONLINE', user: { name: 'Alice L.' } });
    await using carol = await far('carol');
    await using later = follow(carol, ['alice']);
    expect((await later.next()).user.name).toBe('Alice L.');
  });

  it('two devices are one person, present until the last of them', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using phone = await near('alice');
    await using laptop = await far('alice');
    await phone.connected();
    await using atBob = follow(bob, ['alice']);
    // The other process may be a moment behind.
    while ((await atBob.next()).status !== 'ONLINE');
    expect((await read(bob, 'alice')).map(seen)).toEqual([['alice', 'ONLINE', 1]]);
    await laptop.connected();
    expect(seen(await atBob.next())).toEqual(['alice', 'ONLINE', 2]);
    await set(laptop, 'AWAY');
    expect(seen(await atBob.next())).toEqual(['alice', 'AWAY', 2]);
    await phone[Symbol.asyncDispose]();
    expect(seen(await atBob.next())).toEqual(['alice', 'AWAY', 1]);
    await set(laptop, 'ONLINE');
    expect(seen(await atBob.next())).toEqual(['alice', 'ONLINE', 1]);
    await laptop[Symbol.asyncDispose]();
    expect(seen(await atBob.next())).toEqual(['alice', 'OFFLINE', 0]);
  });

  it('away, busy and what somebody is doing; appearing offline is being offline to others', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using alice = await near('alice');
    expect((await failureOf(set(alice, 'AWAY'))).code).toBe('CONFLICT');
    await alice.connected();
    await using atBob = follow(bob, ['alice']);
    while ((await atBob.next()).status !== 'ONLINE');
    const activity = { kind: 'EDITING', resource: 'invoice/42' };
    for (const [status, doing] of [
      ['AWAY', null],
      ['BUSY', activity],
      ['BUSY', { kind: 'VIEWING', resource: 'invoice/43' }],
      ['ONLINE', activity],
    ] as const) {
      const answer = await set(alice, status, doing);
      expect(answer).toMatchObject({ userId: 'alice', status, activity: doing, deviceCount: 1 });
      expect(await atBob.next()).toEqual(answer);
    }
    const before = Date.now();
    const hidden = await set(alice, 'OFFLINE', activity);
    expect(hidden).toMatchObject({ status: 'OFFLINE', activity: null, deviceCount: 0 });
    expect(Date.parse(hidden.lastSeenAt ?? '')).toBeGreaterThanOrEqual(before);
    expect(await atBob.next()).toEqual(hidden);
    expect(await read(bob, 'alice')).toEqual([hidden]);
    expect((await listOnline(bob)).nodes.map(({ userId }) => userId)).toEqual(['bob']);
    await using late = follow(bob);
    expect(seen(await late.next())).toEqual(['bob', 'ONLINE', 1]);
    await set(alice, 'ONLINE');
    for (const events of [atBob, late]) expect(seen(await events.next())).toEqual(['alice', 'ONLINE', 1]);
  });

  it('requests and server-sent events make nobody present', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using atBob = follow(bob);
    expect(seen(await atBob.next())).toEqual(['bob', 'ONLINE', 1]);
    const carol = await near('carol');
    await read(carol, 'bob');
    await using stream = await openEvents(stage.servers.near, carol.token, {
      query: followed,
      variables: { userIds: ['carol'] },
    });
    // It is live, and tells Carol herself that she is not there.
    expect(await stream.next()).toMatchObject({ data: { data: { presenceChanged: { status: 'OFFLINE' } } } });
    await using dan = await near('dan');
    await dan.connected();
    expect(seen(await atBob.next())).toEqual(['dan', 'ONLINE', 1]);
    expect((await read(bob, 'carol')).map(seen)).toEqual([['carol', 'OFFLINE', 0]]);
    await carol.connected();
    expect(seen(await atBob.next())).toEqual(['carol', 'ONLINE', 1]);
    expect(await stream.next()).toMatchObject({ data: { data: { presenceChanged: { status: 'ONLINE' } } } });
    await carol[Symbol.asyncDispose]();
  });

  it('who is online, page by page; whoever appears offline is left out', async () => {
    const { near, far } = people();
    await using dora = await far('dora');
    await using ann = await near('ann');
    await using eve = await near('eve');
    await using ben = await far('ben');
    const everyone = [dora, ann, eve, ben];
    expect(await listOnline(ann)).toMatchObject({ nodes: [], totalCount: 0 });
    await using changes = follow(ann);
    await Promise.all(everyone.map((person) => person.connected()));
    await untilOnline(changes, ['ann', 'ben', 'dora', 'eve']);
    const first = await listOnline(ann, { first: 3 });
    expect(first.nodes.map(seen)).toEqual([
      ['ann', 'ONLINE', 1],
      ['ben', 'ONLINE', 1],
      ['dora', 'ONLINE', 1],
    ]);
    expect(first).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    const after = first.pageInfo.endCursor;
    const second = await listOnline(ann, { first: 3, after });
    expect(second.nodes.map(seen)).toEqual([['eve', 'ONLINE', 1]]);
    expect(second).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: false } });
    await set(ben, 'OFFLINE');
    const { nodes, totalCount } = await listOnline(eve);
    expect([nodes.map(({ userId }) => userId), totalCount]).toEqual([['ann', 'dora', 'eve'], 3]);
  });

  it('read for many at once: in the order asked for, the unknown ones too, each once', async () => {
    const { near, far } = people();
    await using bob = await far('bob');
    await using alice = await near('alice', 'Alice Meyer');
    await alice.connected();
    await using atBob = follow(bob, ['alice']);
    while ((await atBob.next()).status !== 'ONLINE');
    const ghost = {
      userId: 'ghost',
      user: { id: 'ghost', name: 'ghost' },
      status: 'OFFLINE',
      activity: null,
      deviceCount: 0,
      lastSeenAt: null,
    };
    const [unknown, known, ...rest] = await read(bob, 'ghost', 'alice', 'ghost');
    expect(unknown).toEqual(ghost);
    expect(known).toMatchObject({ user: { name: 'Alice Meyer' }, status: 'ONLINE', lastSeenAt: null });
    expect(rest).toEqual([]);
    expect(await read(bob)).toEqual([]);
    await using unheard = follow(bob, ['ghost']);
    expect(await unheard.next()).toEqual(ghost);
  });

  it('500 users can be asked for, 501 can not', async () => {
    const { far } = people();
    await using bob = await far('bob');
    expect(await read(bob, ...users(500))).toHaveLength(500);
    await using events = follow(bob, users(500));
    const first: string[] = [];
    while (first.length < 500) first.push((await events.next()).userId);
    expect(first.toSorted()).toEqual(users(500).toSorted());
    for (const refused of await Promise.all(
      [read(bob, ...users(501)), follow(bob, users(501)).next()].map(failureOf),
    )) {
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toContain('501');
    }
  });

  it('the whole workspace: everyone online first, then every change, and nobody from elsewhere', async () => {
    const here = people();
    const there = people();
    await using alice = await here.near('alice');
    await using carol = await here.far('carol');
    await using bob = await here.far('bob');
    await Promise.all([alice.connected(), carol.connected()]);
    await using atBob = follow(bob);
    const first = await untilOnline(atBob, ['alice', 'bob', 'carol']);
    expect([...first.keys()].sort()).toEqual(['alice', 'bob', 'carol']);

    await using stranger = await there.near('mallory');
    await using elsewhere = follow(stranger);
    expect(seen(await elsewhere.next())).toEqual(['mallory', 'ONLINE', 1]);
    expect((await read(stranger, 'alice')).map(seen)).toEqual([['alice', 'OFFLINE', 0]]);
    expect((await listOnline(stranger)).totalCount).toBe(1);

    await set(alice, 'BUSY');
    expect(seen(await atBob.next())).toEqual(['alice', 'BUSY', 1]);
    await using dan = await here.near('dan');
    await dan.connected();
    expect(seen(await atBob.next())).toEqual(['dan', 'ONLINE', 1]);
    await set(carol, 'OFFLINE');
    expect(seen(await atBob.next())).toEqual(['carol', 'OFFLINE', 0]);
    await alice[Symbol.asyncDispose]();
    expect(seen(await atBob.next())).toEqual(['alice', 'OFFLINE', 0]);
    // Whoever subscribes now is told of those who are there.
    await using late = follow(bob);
    const now = await untilOnline(late, ['bob', 'dan']);
    expect([...now.keys()].sort()).toEqual(['bob', 'dan']);
  });
});

it('a server process that is killed leaves no ghosts behind', async () => {
  await using servers = await distributed.open();
  const workspace = 'acme';
  await using bob = await connect(servers.far, 'bob', { workspace });
  await using alice = await connect(servers.near, 'alice', { workspace });
  await using phone = await connect(servers.near, 'carol', { workspace });
  await using laptop = await connect(servers.far, 'carol', { workspace });
  await using atBob = follow(bob, ['alice', 'carol']);
  const newest = await untilOnline(atBob, []);
  await Promise.all([alice.connected(), phone.connected(), laptop.connected()]);
  while (newest.get('carol')?.deviceCount !== 2 || newest.get('alice')?.status !== 'ONLINE') {
    const event = await atBob.next();
    newest.set(event.userId, event);
  }
  await set(phone, 'AWAY');
  expect(seen(await atBob.next())).toEqual(['carol', 'AWAY', 2]);
  const before = Date.now();
  await servers.near.kill();
  const told = [await atBob.next(), await atBob.next()];
  expect(told.map(seen).sort()).toEqual([
    ['alice', 'OFFLINE', 0],
    ['carol', 'AWAY', 1],
  ]);
  const lastSeenAt = told.find(({ userId }) => userId === 'alice')?.lastSeenAt ?? '';
  expect(Date.parse(lastSeenAt)).toBeGreaterThanOrEqual(before);
  expect((await listOnline(bob)).nodes.map(({ userId }) => userId)).toEqual(['bob', 'carol']);
  // And she comes back through the one that is left.
  await using again = await connect(servers.far, 'alice', { workspace });
  await again.connected();
  expect(seen(await atBob.next())).toEqual(['alice', 'ONLINE', 1]);
});
