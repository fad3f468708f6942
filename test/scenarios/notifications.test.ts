// Notifications: what backends send reaches every device of each recipient, and badges agree wherever it is read.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Person, Subscribed } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

interface Notification {
  readonly id: string;
  readonly type: string;
  readonly priority: string;
  readonly title: string;
  readonly body: string;
  readonly data: unknown;
  readonly url: string | null;
  readonly readAt: string | null;
}
interface NotificationEvent {
  readonly kind: 'RECEIVED' | 'READ';
  readonly cursor: string;
  readonly notifications: readonly Notification[];
  readonly readThrough: string | null;
  readonly unreadCount: number;
}
interface Feed {
  readonly cursor: string;
  readonly unreadCount: number;
  readonly nodes: readonly Notification[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
interface Marked {
  readonly notifications: readonly Notification[];
  readonly unreadCount: number;
}

const fields = 'id type priority title body data url createdAt readAt';
const marked = `notifications { ${fields} } unreadCount`;
const sending =
  'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { recipientCount deduplicated } }';
const reading = `query ($first: Int, $after: String, $unreadOnly: Boolean, $types: [NotificationType!]) { notifications(first: $first, after: $after, unreadOnly: $unreadOnly, types: $types) { cursor unreadCount nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`;
const following = `subscription ($types: [NotificationType!], $after: Cursor) { notification(types: $types, after: $after) { kind cursor notifications { ${fields} } readThrough unreadCount } }`;

const readFeed = async (person: Person, page: object = {}) =>
  (await person.request<{ notifications: Feed }>(reading, page)).notifications;
const markOne = async (person: Person, id: string | undefined) =>
  (
    await person.request<{ result: Marked }>(
      `mutation ($id: ID!) { result: markNotificationRead(id: $id) { ${marked} } }`,
      { id },
    )
  ).result;
const markSeveral = async (person: Person, ids: readonly (string | undefined)[]) =>
  (
    await person.request<{ result: Marked }>(
      `mutation ($ids: [ID!]!) { result: markNotificationsRead(ids: $ids) { ${marked} } }`,
      { ids },
    )
  ).result;
const markAll = async (person: Person) =>
  (await person.request<{ result: Marked }>(`mutation { result: markAllNotificationsRead { ${marked} } }`))
    .result;

function follow(person: Person, variables: object = {}): Subscribed<NotificationEvent> {
  const results = person.subscribe<{ notification: NotificationEvent }>(following, variables);
  return {
    next: async () => (await results.next()).notification,
    [Symbol.asyncDispose]: () => results[Symbol.asyncDispose](),
  };
}

const titles = ({ notifications }: Pick<Marked, 'notifications'>) => notifications.map(({ title }) => title);
const told = (event: NotificationEvent) => [event.kind, titles(event), event.unreadCount];
const users = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);

onBothSetups('notifications', (stage) => {
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const scope = 'notifications:send';
    const backends = [
      await stage.writer('backend', { workspace, scope }),
      await stage.listener('backend', { workspace, scope }),
    ] as const;
    const sendThrough = async (backend: Person, title: string, input: object = {}) =>
      (
        await backend.request<{ sendNotification: { recipientCount: number; deduplicated: boolean } }>(
          sending,
          { input: { userIds: ['alice'], type: 'SYSTEM', title, body: '', ...input } },
        )
      ).sendNotification;
    return {
      workspace,
      backends,
      sendThrough,
      send: (title: string, input?: object) => sendThrough(backends[0], title, input),
      near: (user: string) => stage.writer(user, { workspace }),
      far: (user: string) => stage.listener(user, { workspace }),
    };
  };
  /** A feed with these in it, the last one newest; its ids by title. */
  const fill = async (send: (title: string) => Promise<unknown>, reader: Person, ...names: string[]) => {
    for (const name of names) await send(name);
    const { nodes } = await readFeed(reader);
    return new Map(nodes.map(({ title, id }) => [title, id]));
  };

  it('every device of each recipient hears of it, with that recipient’s own count', async () => {
    const { send, near, far } = await begin();
    await using phone = await near('alice');
    await using laptop = await far('alice');
    await using bob = await far('bob');
    await using carol = await far('carol');
    const [onPhone, onLaptop, atBob, atCarol] = await Promise.all(
      [phone, laptop, bob, carol].map(async (device) =>
        follow(device, { after: (await readFeed(device)).cursor }),
      ),
    );
    expect(await send('first')).toEqual({ recipientCount: 1, deduplicated: false });
    const content = {
      type: 'PAYMENT',
      priority: 'HIGH',
      body: ' Thank you 👍\n',
      data: { amount: '299.99', items: [1, 2] },
      url: '/orders/1001?tab=payment',
    };
    expect((await send('Paid', { userIds: ['alice', 'bob', 'alice'], ...content })).recipientCount).toBe(2);
    expect((await send('last', { userIds: ['alice', 'bob', 'carol'] })).recipientCount).toBe(3);
    for (const events of [onPhone, onLaptop]) {
      expect(told(await events!.next())).toEqual(['RECEIVED', ['first'], 1]);
      const paid = await events!.next();
      expect(paid).toMatchObject({ kind: 'RECEIVED', readThrough: null, unreadCount: 2 });
      expect(paid.notifications).toMatchObject([{ title: 'Paid', ...content, readAt: null }]);
      expect(told(await events!.next())).toEqual(['RECEIVED', ['last'], 3]);
    }
    expect(told(await atBob!.next())).toEqual(['RECEIVED', ['Paid'], 1]);
    expect(told(await atBob!.next())).toEqual(['RECEIVED', ['last'], 2]);
    expect(told(await atCarol!.next())).toEqual(['RECEIVED', ['last'], 1]);
    const feed = await readFeed(laptop);
    expect([titles({ notifications: feed.nodes }), feed.unreadCount]).toEqual([['last', 'Paid', 'first'], 3]);
    expect(feed.nodes[1]).toMatchObject({ title: 'Paid', ...content });
  });

  it('the feed first, then what followed it: from the log, then live, and the same when read again', async () => {
    const { send, near, far } = await begin();
    await send('before');
    await using alice = await far('alice');
    const feed = await readFeed(alice);
    expect(feed.nodes.map(({ title }) => title)).toEqual(['before']);
    await send('missed');
    await markOne(await near('alice'), feed.nodes[0]?.id);
    await using events = follow(alice, { after: feed.cursor });
    expect(told(await events.next())).toEqual(['RECEIVED', ['missed'], 2]);
    expect(told(await events.next())).toEqual(['READ', ['before'], 1]);
    await send('live');
    const live = await events.next();
    expect(told(live)).toEqual(['RECEIVED', ['live'], 2]);
    await using again = follow(alice, { after: feed.cursor });
    expect(told(await again.next())).toEqual(['RECEIVED', ['missed'], 2]);
    expect(told(await again.next())).toEqual(['READ', ['before'], 1]);
    expect(await again.next()).toEqual(live);
    expect((await readFeed(alice)).cursor).toBe(live.cursor);
  });

  it('read on one device is read on all: one, several, everything', async () => {
    const { send, near, far } = await begin();
    const phone = await near('alice');
    await using laptop = await far('alice');
    const ids = await fill(send, phone, 'a', 'b', 'c', 'd', 'e');
    await using events = follow(laptop, { after: (await readFeed(laptop)).cursor });

    const one = await markOne(phone, ids.get('b'));
    expect([titles(one), one.unreadCount]).toEqual([['b'], 4]);
    expect(one.notifications[0]?.readAt).not.toBeNull();
    const first = await events.next();
    expect(told(first)).toEqual(['READ', ['b'], 4]);
    expect(first.notifications).toEqual(one.notifications);

    // Those read before are not told again; where there is nothing else, nothing is told.
    const several = await markSeveral(phone, [ids.get('a'), ids.get('b'), ids.get('c')]);
    expect([titles(several), several.unreadCount]).toEqual([['c', 'a'], 2]);
    expect(told(await events.next())).toEqual(['READ', ['c', 'a'], 2]);
    expect(await markOne(phone, ids.get('a'))).toEqual({ notifications: [], unreadCount: 2 });

    const everything = await markAll(phone);
    expect([titles(everything), everything.unreadCount]).toEqual([['e', 'd'], 0]);
    const last = await events.next();
    expect(told(last)).toEqual(['READ', ['e', 'd'], 0]);
    expect(last.readThrough).toBe(last.notifications[0]?.readAt);
    expect(await markAll(phone)).toEqual({ notifications: [], unreadCount: 0 });
    await send('f');
    expect(told(await events.next())).toEqual(['RECEIVED', ['f'], 1]);
    const feed = await readFeed(laptop);
    expect(feed.unreadCount).toBe(1);
    expect(feed.nodes.map(({ title, readAt }) => [title, readAt === null])).toEqual([
      ['f', true],
      ...['e', 'd', 'c', 'b', 'a'].map((title) => [title, false]),
    ]);
  });

  it('types choose what is heard of; what is read is always told, and counts are of everything', async () => {
    const { send, far } = await begin();
    await using alice = await far('alice');
    await using events = follow(alice, {
      types: ['ORDER', 'ALERT'],
      after: (await readFeed(alice)).cursor,
    });
    await send('system');
    await send('order', { type: 'ORDER' });
    await send('mention', { type: 'MENTION' });
    // Also where none of the types is among what was read.
    await markOne(alice, (await readFeed(alice, { types: ['SYSTEM'] })).nodes[0]?.id);
    await markAll(alice);
    await send('alert', { type: 'ALERT' });
    expect(told(await events.next())).toEqual(['RECEIVED', ['order'], 2]);
    expect(told(await events.next())).toEqual(['READ', ['system'], 2]);
    expect(told(await events.next())).toEqual(['READ', ['mention', 'order'], 0]);
    expect(told(await events.next())).toEqual(['RECEIVED', ['alert'], 1]);
    // The feed takes the same choice.
    const chosen = await readFeed(alice, { types: ['ORDER', 'ALERT'] });
    expect(chosen.nodes.map(({ title }) => title)).toEqual(['alert', 'order']);
    const unread = await readFeed(alice, { types: ['ORDER', 'ALERT'], unreadOnly: true });
    expect([unread.nodes.map(({ title }) => title), unread.unreadCount]).toEqual([['alert'], 1]);
  });

  it('many at once, through both processes: counted without a gap', async () => {
    const { backends, sendThrough, far } = await begin();
    await using alice = await far('alice');
    await using events = follow(alice, { after: (await readFeed(alice)).cursor });
    const names = Array.from({ length: 30 }, (_, index) => `${index}`);
    await Promise.all(
      names.map((name, index) =>
        sendThrough(backends[index % 2 === 0 ? 0 : 1], name, { userIds: ['alice', 'bob'] }),
      ),
    );
    const heard: string[] = [];
    for (let count = 1; count <= names.length; count += 1) {
      const event = await events.next();
      expect(event.unreadCount).toBe(count);
      heard.push(...titles(event));
    }
    expect(heard.toSorted()).toEqual(names.toSorted());
    expect((await readFeed(alice)).unreadCount).toBe(names.length);
  });

  it('pages of a feed are complete and stand still while more arrives', async () => {
    const { send, far } = await begin();
    const alice = await far('alice');
    for (const title of ['a', 'b', 'c', 'd', 'e']) await send(title);
    const found: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page = await readFeed(alice, { first: 2, after });
      found.push(...page.nodes.map(({ title }) => title));
      ({ endCursor: after, hasNextPage: more } = page.pageInfo);
      await send('meanwhile');
    }
    expect(found).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  it('a retried sending with its key sends once, also when all are under way together', async () => {
    const { backends, sendThrough, send, far } = await begin();
    await using alice = await far('alice');
    await using events = follow(alice, { after: (await readFeed(alice)).cursor });
    const input = { userIds: ['alice', 'bob'], idempotencyKey: 'k-1' };
    const [one, other] = backends;
    const answers = await Promise.all(
      [one, other, one, other, one].map((backend) => sendThrough(backend, 'once', input)),
    );
    expect(answers.map(({ deduplicated }) => deduplicated).sort()).toEqual([false, true, true, true, true]);
    expect(new Set(answers.map(({ recipientCount }) => recipientCount))).toEqual(new Set([2]));
    expect((await send('once', { ...input, userIds: ['bob', 'alice'] })).deduplicated).toBe(true);
    for (const changed of [
      () => send('twice', input),
      () => send('once', { ...input, userIds: ['alice'] }),
      () => send('once', { ...input, data: { changed: true } }),
    ])
      expect((await failureOf(changed())).code).toBe('CONFLICT');
    await send('next');
    expect(told(await events.next())).toEqual(['RECEIVED', ['once'], 1]);
    expect(told(await events.next())).toEqual(['RECEIVED', ['next'], 2]);
  });

  it('sending asks for its scope, and for recipients', async () => {
    const { workspace, sendThrough, send, far } = await begin();
    await using alice = await far('alice');
    await using events = follow(alice, { after: (await readFeed(alice)).cursor });
    const unscoped = await stage.writer('mallory', { workspace, scope: 'orders:publish', roles: ['staff'] });
    expect((await failureOf(sendThrough(unscoped, 'spam'))).code).toBe('FORBIDDEN');
    for (const userIds of [[], null, [''], [...users(500), 'alice']]) {
      const refused = await failureOf(send('refused', { userIds }));
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toContain('`userIds`');
    }
    expect((await send('to many', { userIds: [...users(499), 'alice'] })).recipientCount).toBe(500);
    expect(told(await events.next())).toEqual(['RECEIVED', ['to many'], 1]);
    expect((await readFeed(await far('user-498'))).unreadCount).toBe(1);
  });

  it('an order’s update with notifyCustomer is a notification of its customer, in feed and stream', async () => {
    const { workspace, far } = await begin();
    const shop = await stage.writer('shop', { workspace, scope: 'orders:publish' });
    const publish = (status: string, input: object = {}) =>
      shop.request(
        'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
        { input: { orderId: '42', customerId: 'alice', status, ...input } },
      );
    await using alice = await far('alice');
    await using events = follow(alice, { types: ['ORDER'], after: (await readFeed(alice)).cursor });
    await publish('PENDING');
    const shipped = { notifyCustomer: true, idempotencyKey: 'shipped' };
    await publish('SHIPPED', shipped);
    await publish('SHIPPED', shipped);
    await publish('DELIVERED', { notifyCustomer: true });
    const received = await events.next();
    expect(received).toMatchObject({ kind: 'RECEIVED', unreadCount: 1 });
    expect(received.notifications).toMatchObject([{ type: 'ORDER', title: expect.stringContaining('42') }]);
    expect(await events.next()).toMatchObject({ kind: 'RECEIVED', unreadCount: 2 });
    const feed = await readFeed(alice);
    expect([feed.nodes.length, feed.unreadCount]).toEqual([2, 2]);
    expect(feed.nodes[1]).toEqual(received.notifications[0]);
  });

  it('other people’s notifications do not exist', async () => {
    const { send, near, far } = await begin();
    const bob = await near('bob');
    await using alice = await far('alice');
    const ids = await fill((title) => send(title, { userIds: ['bob'] }), bob, 'private');
    await send('own');
    const own = (await readFeed(alice)).nodes[0]?.id;
    const before = await readFeed(bob);
    const [unknown, foreign] = [randomUUID(), ids.get('private') ?? ''];
    for (const attempt of [
      (id: string) => markOne(alice, id),
      (id: string) => markSeveral(alice, [own, id]),
    ]) {
      const [refused, missing] = [await failureOf(attempt(foreign)), await failureOf(attempt(unknown))];
      expect(refused.code).toBe('NOT_FOUND');
      expect(refused.message.replace(foreign, unknown)).toBe(missing.message);
    }
    expect((await readFeed(alice)).unreadCount).toBe(1);
    expect(await readFeed(bob)).toEqual(before);
    const { notifications } = await markAll(alice);
    expect(notifications.map(({ id }) => id)).toEqual([own]);
    expect(await readFeed(bob)).toEqual(before);
    await using events = follow(alice, { after: before.cursor });
    expect((await failureOf(events.next())).code).toBe('BAD_USER_INPUT');
  });

  it('the same user id in another workspace is somebody else', async () => {
    const here = await begin();
    const there = await begin();
    await using alice = await there.far('alice');
    await using events = follow(alice, { after: (await readFeed(alice)).cursor });
    await here.send('here', { idempotencyKey: 'k' });
    expect((await there.send('there', { idempotencyKey: 'k' })).deduplicated).toBe(false);
    expect(told(await events.next())).toEqual(['RECEIVED', ['there'], 1]);
    const { nodes } = await readFeed(await here.far('alice'));
    expect((await failureOf(markOne(alice, nodes[0]?.id))).code).toBe('NOT_FOUND');
  });
});
