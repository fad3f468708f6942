import { and, eq, isNotNull } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { contextOf, openTestRuntime, testViewer, type TestRuntime } from '../../../test/support/runtime.ts';
import { usersService } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import { presenceService } from './presence.service.ts';
import type { PresenceView } from './visible-presence.ts';

let opened: TestRuntime | undefined;
beforeAll(async () => {
  opened = await openTestRuntime('postgresql');
});
afterAll(() => opened?.close());

let workspaces = 0;

/** A workspace of the test's own, seen by somebody in it. */
function setUp() {
  if (opened === undefined) throw new Error('The runtime is not open yet.');
  const { runtime } = opened;
  const workspace = `w-${(workspaces += 1)}`;
  const viewer = testViewer('viewer', { workspace, name: 'Vi' });
  const session = (userId: string, id = '1') => ({
    place: workspace,
    userId,
    sessionId: `${workspace}-${userId}-${id}`,
  });
  return {
    service: runtime.use(presenceService),
    viewer,
    context: contextOf(runtime, viewer),
    runtime,
    connect: (userId: string, id?: string) => runtime.engine.presence.track(session(userId, id), 'live'),
    disconnect: (userId: string, id?: string) => runtime.engine.presence.untrack(session(userId, id)),
  };
}

const summary = ({ user, status, deviceCount }: PresenceView) => `${user.id} ${status} ${deviceCount}`;

async function take(views: AsyncIterator<PresenceView>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const result = await views.next();
    if (result.done === true) throw new Error('It ended.');
    taken.push(summary(result.value));
  }
  return taken;
}

test('reads one presence for each user asked for; unknown users look like users never seen', async () => {
  const { service, viewer, connect } = setUp();
  await connect('ada', '1');
  await connect('ada', '2');
  expect(await service.read(viewer, ['nobody', 'ada', 'nobody'])).toEqual([
    {
      user: { id: 'nobody', name: 'nobody', avatarUrl: null },
      status: 'OFFLINE',
      activity: null,
      deviceCount: 0,
      lastSeenAt: null,
    },
    {
      user: { id: 'ada', name: 'ada', avatarUrl: null },
      status: 'ONLINE',
      activity: null,
      deviceCount: 2,
      lastSeenAt: null,
    },
  ]);
  expect(await service.read(viewer, [])).toEqual([]);
  const tooMany = Array.from({ length: 501 }, (_, index) => `user-${index}`);
  await expect(service.read(viewer, tooMany)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('workspaces do not see each other', async () => {
  const [here, elsewhere] = [setUp(), setUp()];
  await here.connect('ada');
  expect((await elsewhere.service.read(elsewhere.viewer, ['ada'])).map(summary)).toEqual(['ada OFFLINE 0']);
});

test('remembers when the last session of a user ended', async () => {
  const { service, viewer, runtime, connect, disconnect } = setUp();
  const before = Date.now();
  // As whoever connects is, by their token.
  await runtime.use(usersService).remember(testViewer('ada', { workspace: viewer.workspace }));
  await connect('ada');
  await disconnect('ada');
  await vi.waitFor(async () => {
    const [ada] = await service.read(viewer, ['ada']);
    expect(Date.parse(ada?.lastSeenAt ?? '')).toBeGreaterThanOrEqual(before);
  });
});

test('lists who is online page by page, without whoever appears offline', async () => {
  const { service, viewer, connect } = setUp();
  for (const userId of ['cy', 'ada', 'viewer', 'bob']) await connect(userId);
  await service.set(viewer, { status: 'OFFLINE' });
  const first = await service.listOnline(viewer, { first: 2 });
  expect(first.nodes.map(summary)).toEqual(['ada ONLINE 1', 'bob ONLINE 1']);
  expect(first).toMatchObject({
    totalCount: 3,
    pageInfo: { hasNextPage: true, hasPreviousPage: false },
  });
  const second = await service.listOnline(viewer, { first: 2, after: first.pageInfo.endCursor });
  expect(second.nodes.map(summary)).toEqual(['cy ONLINE 1']);
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  const refused = { code: 'BAD_USER_INPUT' };
  await expect(service.listOnline(viewer, { after: 'nonsense' })).rejects.toMatchObject(refused);
  await expect(service.listOnline(viewer, { first: 501 })).rejects.toMatchObject(refused);
});

test('what is set is answered as others see it, and stands until the last session ends', async () => {
  const { service, viewer, connect, disconnect } = setUp();
  await connect('viewer');
  const activity = { kind: 'EDITING', resource: 'invoice/42' } as const;
  const set = await service.set(viewer, { status: 'BUSY', activity });
  expect(set).toEqual({
    user: { id: 'viewer', name: 'Vi', avatarUrl: null },
    status: 'BUSY',
    activity,
    deviceCount: 1,
    lastSeenAt: null,
  });
  expect(await service.set(viewer, { status: 'BUSY', activity: null })).toMatchObject({ activity: null });
  await disconnect('viewer');
  await connect('viewer');
  expect((await service.read(viewer, ['viewer'])).map(summary)).toEqual(['viewer ONLINE 1']);
});

test('nothing can be set without a connection, nor with an activity of no or too long a resource', async () => {
  const { service, viewer, connect } = setUp();
  await expect(service.set(viewer, { status: 'BUSY' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'You are not connected: setPresence stands while a WebSocket connection of yours is open.',
  });
  await connect('viewer');
  for (const resource of ['', 'x'.repeat(513)]) {
    const activity = { kind: 'VIEWING', resource } as const;
    await expect(service.set(viewer, { status: 'ONLINE', activity })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  }
});

test('whoever hides is seen last when they hid, and setting it again gives nothing away', async () => {
  const { service, viewer, connect } = setUp();
  await connect('viewer');
  const hidden = await service.set(viewer, { status: 'OFFLINE' });
  expect(hidden).toMatchObject({ status: 'OFFLINE', deviceCount: 0, activity: null });
  expect(hidden.lastSeenAt).not.toBeNull();
  const activity = { kind: 'VIEWING', resource: 'secret' } as const;
  const again = await service.set(viewer, { status: 'OFFLINE', activity });
  expect(again).toEqual(hidden);
  const { user: _user, ...seen } = hidden;
  expect(await service.read(viewer, ['viewer'])).toMatchObject([seen]);
});

test('whoever hides and then leaves was seen last when they hid', async () => {
  const { service, viewer, runtime, connect, disconnect } = setUp();
  await runtime.use(usersService).remember(viewer);
  await connect('viewer');
  await service.set(viewer, { status: 'OFFLINE' });
  const [hidden] = await service.read(viewer, ['viewer']);
  await disconnect('viewer');
  const stored = () =>
    runtime.store.queries
      .select({ lastSeenAt: users.lastSeenAt })
      .from(users)
      .where(and(eq(users.workspace, viewer.workspace), isNotNull(users.lastSeenAt)));
  await expect.poll(stored).toHaveLength(1);
  expect(await service.read(viewer, ['viewer'])).toEqual([hidden]);
});

test('following some users: their current presence, then their changes', async () => {
  const { service, context, viewer, connect, disconnect } = setUp();
  await connect('ada');
  const views = await service.follow(context, ['ada', 'bob']);
  expect(await take(views, 2)).toEqual(['ada ONLINE 1', 'bob OFFLINE 0']);
  await connect('bob');
  expect(await take(views, 1)).toEqual(['bob ONLINE 1']);
  await connect('viewer');
  await service.set(viewer, { status: 'AWAY' });
  await disconnect('ada');
  expect(await take(views, 1)).toEqual(['ada OFFLINE 0']);
  await views.return?.();
});

test('following everyone: whoever is online, then every change; a slow reader gets the newest', async () => {
  const { service, context, connect, disconnect } = setUp();
  await connect('ada');
  const views = await service.follow(context, null);
  expect(await take(views, 1)).toEqual(['ada ONLINE 1']);
  await connect('bob', '1');
  await connect('bob', '2');
  await disconnect('ada');
  await connect('cy');
  expect((await take(views, 3)).toSorted()).toEqual(['ada OFFLINE 0', 'bob ONLINE 2', 'cy ONLINE 1']);
  await views.return?.();
});

test('a subscription ends when its token expires', async () => {
  const { service, runtime, viewer } = setUp();
  const expired = { ...viewer, expiresAt: new Date(Date.now() - 1) };
  const views = await service.follow(contextOf(runtime, expired), ['ada']);
  await expect(
    (async () => {
      for (;;) if ((await views.next()).done === true) return;
    })(),
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
