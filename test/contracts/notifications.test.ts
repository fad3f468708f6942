// Notifications on both databases: sending, reading a feed, marking, and following it. That counts stay true under
// concurrent writers is in notification-counts.test.ts.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SendNotification } from '../../src/modules/notifications/notification-draft.ts';
import type { NotificationEntry } from '../../src/modules/notifications/notification-event.ts';
import { notificationsService } from '../../src/modules/notifications/notifications.service.ts';
import { notificationsTopic } from '../../src/modules/notifications/notifications.topics.ts';
import { ordersService } from '../../src/modules/orders/orders.service.ts';
import { toPageCursor } from '../../src/schema/page.ts';
import { toCursorText } from '../../src/streams/cursor.ts';
import { ask, errorWith, follow, onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';

onBothDatabases('notifications', (database) => {
  /** A workspace of the test's own. */
  function stage() {
    const workspace = `w-${randomUUID()}`;
    const service = database.runtime.use(notificationsService);
    const shop = testViewer('shop', { workspace, scopes: ['notifications:send', 'orders:publish'] });
    const alice = testViewer('alice', { workspace });
    const bob = testViewer('bob', { workspace });
    const topic = notificationsTopic(workspace, alice.id);
    return {
      workspace,
      service,
      shop,
      alice,
      bob,
      send: (input: Partial<SendNotification> = {}) =>
        service.send(shop, { userIds: ['alice'], type: 'ALERT', title: 'Look', body: '', ...input }),
      /** What is in alice's stream so far. */
      events: async () =>
        (await database.runtime.log.read(topic, { after: 0, limit: 1_000 })).map(
          (entry) => (entry as NotificationEntry).payload,
        ),
      titles: async (page = {}) => (await service.list(alice, page)).edges.map(({ node }) => node.title),
    };
  }

  test('large ones are marked in several events, none of which is larger than anybody should be sent', async () => {
    const { service, alice, send, events } = stage();
    const large = { body: 'x'.repeat(10_000), data: { text: 'x'.repeat(60_000) } };
    for (let index = 0; index < 20; index += 1) await send({ title: String(index), ...large });
    const ids = (await service.list(alice, {})).edges.map(({ node }) => node.id);
    const { notifications, unreadCount } = await service.markRead(alice, ids);
    expect([notifications.map(({ id }) => id), unreadCount]).toEqual([ids, 0]);
    const read = (await events()).filter(({ kind }) => kind === 'READ');
    expect(read.map((event) => event.notifications.length)).toEqual([14, 6]);
    expect(read.map((event) => event.unreadCount)).toEqual([6, 0]);
    expect(read.flatMap((event) => event.notifications.map(({ id }) => id))).toEqual(ids);
  });

  test('one message to many fills every feed and tells every stream', async () => {
    const { workspace, service, send } = stage();
    const userIds = Array.from({ length: 500 }, (_, index) => `user-${index}`);
    const data = { order: 42, tags: ['a', null] };
    expect(
      await send({ userIds, title: 'Hello', body: 'World', url: '/orders/42', priority: 'HIGH', data }),
    ).toEqual({
      recipientCount: 500,
      deduplicated: false,
    });
    for (const userId of ['user-0', 'user-499']) {
      const page = await service.list(testViewer(userId, { workspace }), {});
      expect(page.unreadCount).toBe(1);
      const [entry] = await database.runtime.log.read(notificationsTopic(workspace, userId), {
        after: 0,
        limit: 10,
      });
      expect(page.edges[0]?.node).toMatchObject({
        type: 'ALERT',
        priority: 'HIGH',
        title: 'Hello',
        url: '/orders/42',
        data,
      });
      expect(entry?.payload).toEqual({
        kind: 'RECEIVED',
        notifications: [page.edges[0]?.node],
        readThrough: null,
        unreadCount: 1,
      });
    }
  });

  test('a recipient named twice gets it once', async () => {
    const { send, titles } = stage();
    expect(await send({ userIds: ['alice', 'alice', 'bob'] })).toMatchObject({ recipientCount: 2 });
    expect(await titles()).toEqual(['Look']);
  });

  test.each([
    ['501 recipients', { userIds: Array.from({ length: 501 }, (_, index) => `u${index}`) }, /501 ids/],
    ['no recipient', { userIds: [] }, /`userIds` is empty/],
    ['neither userIds nor workspace', { userIds: null, workspace: false }, /Name them in `userIds`/],
    ['both', { workspace: true }, /Both `userIds` and `workspace`/],
    ['no title', { title: '' }, /`title` is empty/],
    ['a long body', { body: 'x'.repeat(10_001) }, /`body` has 10001/],
    ['a script as url', { url: 'javascript:alert(1)' }, /`url` is neither/],
  ])('%s is refused with a sentence, and nothing is sent', async (_what, input, message) => {
    const { send, events } = stage();
    await expect(send(input)).rejects.toEqual(errorWith('BAD_USER_INPUT', message));
    expect(await events()).toEqual([]);
  });

  test('sending needs the scope', async () => {
    const { service, alice } = stage();
    const input = { userIds: ['bob'], type: 'ALERT', title: 'Hi', body: '' } as const;
    await expect(service.send(alice, input)).rejects.toEqual(errorWith('FORBIDDEN', /notifications:send/));
  });

  test('the same idempotency key sends once; with other content it is a conflict', async () => {
    const { send, titles } = stage();
    const once = { userIds: ['alice', 'bob'], idempotencyKey: 'k1' };
    const first = await Promise.all([1, 2, 3, 4].map(() => send(once)));
    expect(first.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(await send({ ...once, userIds: ['bob', 'alice'], priority: null, workspace: false })).toEqual({
      recipientCount: 2,
      deduplicated: true,
    });
    await expect(send({ ...once, title: 'Other' })).rejects.toEqual(errorWith('CONFLICT'));
    await expect(send({ ...once, userIds: ['alice'] })).rejects.toEqual(errorWith('CONFLICT'));
    expect(await titles()).toEqual(['Look']);
  });

  test.each([
    ['text that looks like a number', '12'],
    ['a plain text', 'x'],
    ['zero', 0],
    ['a list', [1, '2']],
    ['nothing', null],
  ])('data comes back as it was sent: %s', async (_what, data) => {
    const { service, alice, send, events } = stage();
    await send({ data });
    const [edge] = (await service.list(alice, {})).edges;
    expect(edge?.node.data).toEqual(data);
    expect((await events())[0]?.notifications[0]?.data).toEqual(data);
    expect((await service.markAllRead(alice)).notifications[0]?.data).toEqual(data);
  });

  test('pages walk the feed newest first, filtered and not, without gap or repetition', async () => {
    const { service, alice, send, titles } = stage();
    const sent = Array.from({ length: 12 }, (_, index) => `t${index}`);
    for (const [index, title] of sent.entries())
      await send({ title, type: index % 3 === 0 ? 'ORDER' : 'ALERT' });
    const all = (await service.list(alice, { first: 100 })).edges.map(({ node }) => node);
    expect(new Set(all.map(({ title }) => title))).toEqual(new Set(sent));
    expect(all.map(({ createdAt }) => createdAt)).toEqual(
      all
        .map(({ createdAt }) => createdAt)
        .sort()
        .reverse(),
    );

    const walked: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page = await service.list(alice, { first: 5, after });
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      walked.push(...page.edges.map(({ node }) => node.id));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(walked).toEqual(all.map(({ id }) => id));

    expect(new Set(await titles({ types: ['ORDER', 'MENTION'] }))).toEqual(new Set(['t0', 't3', 't6', 't9']));
    const [newest] = all;
    await service.markRead(alice, [newest?.id ?? '']);
    const unread = await service.list(alice, { unreadOnly: true, first: 100 });
    expect(unread.edges).toHaveLength(11);
    expect(unread.unreadCount).toBe(11);
    await expect(service.list(alice, { types: [] })).rejects.toEqual(
      errorWith('BAD_USER_INPUT', /`types` is empty/),
    );
    await expect(service.list(alice, { first: 101 })).rejects.toEqual(errorWith('BAD_USER_INPUT'));
  });

  test('an empty page still tells the count, and a feed without anything is empty', async () => {
    const { service, alice, bob, send } = stage();
    await send();
    expect(await service.list(alice, { types: ['REVIEW'] })).toMatchObject({ edges: [], unreadCount: 1 });
    expect(await service.list(bob, {})).toMatchObject({ edges: [], unreadCount: 0, position: { number: 0 } });
  });

  test('a forged page cursor is bad input, whatever is inside', async () => {
    const { service, alice } = stage();
    const now = new Date().toISOString();
    const forged = [
      [],
      ['x', randomUUID()],
      [now, 'x'],
      [now],
      [now, randomUUID(), 1],
      [1, 2],
      ['0000-01-01T00:00:00.000Z', randomUUID()],
    ];
    for (const place of forged) {
      const after = toPageCursor('notifications', place);
      await expect(service.list(alice, { after })).rejects.toEqual(
        errorWith('BAD_USER_INPUT', /`after` is no cursor/),
      );
    }
    const orders = database.runtime.use(ordersService);
    for (const place of [
      ['infinity', 'x'],
      ['2026-02-31T00:00:00.000Z', 'x'],
      [now, 'a\u0000b'],
    ]) {
      const after = toPageCursor('orders', place);
      await expect(orders.list(alice, { after })).rejects.toEqual(errorWith('BAD_USER_INPUT'));
    }
  });

  test('marking tells what was unread, once, and every device hears of it', async () => {
    const { service, alice, send, events } = stage();
    for (const title of ['a', 'b', 'c']) await send({ title });
    const ids = (await service.list(alice, {})).edges.map(({ node }) => node.id);
    const [, b = '', c = ''] = ids;

    const one = await service.markRead(alice, [b]);
    expect(one).toMatchObject({ notifications: [{ id: b }], unreadCount: 2 });
    expect(await service.markRead(alice, [b])).toEqual({ notifications: [], unreadCount: 2 });
    const rest = await service.markRead(alice, [c, b, c]);
    expect(rest).toMatchObject({ notifications: [{ id: c }], unreadCount: 1 });

    const told = await events();
    expect(told).toHaveLength(5);
    expect(told.slice(3)).toEqual([
      { kind: 'READ', notifications: one.notifications, readThrough: null, unreadCount: 2 },
      { kind: 'READ', notifications: rest.notifications, readThrough: null, unreadCount: 1 },
    ]);
    const stored = (await service.list(alice, {})).edges
      .map(({ node }) => node)
      .filter(({ readAt }) => readAt !== null);
    expect(stored).toEqual(
      [...one.notifications, ...rest.notifications].sort((x, y) => ids.indexOf(x.id) - ids.indexOf(y.id)),
    );
  });

  test("what is unknown, somebody else's or no id at all is NOT_FOUND, and nothing is marked", async () => {
    const { service, alice, bob, send, events } = stage();
    await send({ userIds: ['alice', 'bob'] });
    const mine = (await service.list(alice, {})).edges[0]?.node.id ?? '';
    const foreign = (await service.list(bob, {})).edges[0]?.node.id ?? '';
    for (const id of [randomUUID(), foreign, 'x', `{${mine}}`, mine.toUpperCase()]) {
      await expect(service.markRead(alice, [mine, id])).rejects.toEqual(errorWith('NOT_FOUND'));
    }
    await expect(
      service.markRead(
        alice,
        Array.from({ length: 501 }, () => mine),
      ),
    ).rejects.toEqual(errorWith('BAD_USER_INPUT'));
    expect(await events()).toHaveLength(1);
    expect(await service.list(alice, {})).toMatchObject({
      unreadCount: 1,
      edges: [{ node: { readAt: null } }],
    });
  });

  test('marking all reads everything up to the moment and tells the newest 100', async () => {
    const { service, alice, send, events } = stage();
    for (let sent = 0; sent < 105; sent += 1) await send({ title: `t${sent}` });
    const newest = (await service.list(alice, { first: 100 })).edges.map(({ node }) => node.id);
    const marked = await service.markAllRead(alice);
    expect(marked.unreadCount).toBe(0);
    expect(marked.notifications.map(({ id }) => id)).toEqual(newest);
    expect(await service.markAllRead(alice)).toEqual({ notifications: [], unreadCount: 0 });
    const told = await events();
    expect(told).toHaveLength(106);
    const readThrough = marked.notifications[0]?.readAt;
    expect(told.at(-1)).toEqual({
      kind: 'READ',
      notifications: marked.notifications,
      readThrough,
      unreadCount: 0,
    });
    expect((await service.list(alice, { unreadOnly: true })).edges).toEqual([]);
  });

  test("an order's update notifies its customer where it says so", async () => {
    const { service, shop, alice } = stage();
    const update = { orderId: 'o1', customerId: 'alice', status: 'SHIPPED', note: 'On its way' } as const;
    const orders = database.runtime.use(ordersService);
    await orders.publishUpdate(shop, update);
    await orders.publishUpdate(shop, { ...update, notifyCustomer: true });
    const page = await service.list(alice, {});
    expect(page.edges.map(({ node }) => node)).toMatchObject([{ type: 'ORDER', body: 'On its way' }]);
    expect(page.unreadCount).toBe(1);
  });

  test('a subscription goes on after the cursor of the query, without a gap, and filters what is received', async () => {
    const { alice, send, service } = stage();
    await send({ title: 'before' });
    const read = await ask<{ notifications: { cursor: string; nodes: { id: string }[] } }>(
      database.runtime,
      alice,
      '{ notifications(unreadOnly: true) { cursor nodes { id } } }',
    );
    const { cursor, nodes } = read.notifications;
    await send({ title: 'missed', type: 'ALERT' });
    await send({ title: 'not wanted', type: 'ORDER' });
    const events = await follow(
      database.runtime,
      alice,
      `subscription($after: Cursor) {
        notification(types: [ALERT, MENTION], after: $after) { kind unreadCount notifications { title } }
      }`,
      { after: cursor },
    );
    expect(await events.next()).toMatchObject({
      kind: 'RECEIVED',
      unreadCount: 2,
      notifications: [{ title: 'missed' }],
    });
    await service.markRead(alice, [nodes[0]?.id ?? '']);
    await send({ title: 'neither', type: 'SYSTEM' });
    await send({ title: 'live', type: 'MENTION' });
    expect(await events.next()).toMatchObject({
      kind: 'READ',
      unreadCount: 2,
      notifications: [{ title: 'before' }],
    });
    expect(await events.next()).toMatchObject({
      kind: 'RECEIVED',
      unreadCount: 4,
      notifications: [{ title: 'live' }],
    });
    await events.end();
  });

  test("a cursor of somebody else's stream, and a viewer without a token, are refused", async () => {
    const { alice, workspace } = stage();
    const source = 'subscription($after: Cursor) { notification(after: $after) { kind } }';
    const foreign = { topic: notificationsTopic(workspace, 'bob'), number: 0, eventId: '' };
    const after = toCursorText(foreign, database.runtime.log.id);
    await expect(follow(database.runtime, alice, source, { after })).rejects.toEqual(
      errorWith('BAD_USER_INPUT', /`notifications`/),
    );
    await expect(follow(database.runtime, null, source)).rejects.toEqual(errorWith('UNAUTHENTICATED'));
  });
});
