// Notifications to a whole workspace: every feed once, however many there are and whatever else is written meanwhile.
import { sql, type SQL } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { SendNotification } from '../../src/modules/notifications/notification-draft.ts';
import { notificationsService } from '../../src/modules/notifications/notifications.service.ts';
import { usersService } from '../../src/modules/users/users.service.ts';
import { errorWith, onBothDatabases } from '../support/in-process.ts';
import { openTestRuntime, testViewer } from '../support/runtime.ts';

let workspaces = 0;
onBothDatabases('a notification to a workspace', (database) => {
  const begin = (workspace = `broadcast-${++workspaces}`) => {
    const { runtime } = database;
    const service = runtime.use(notificationsService);
    const sender = testViewer('sender', { workspace, scopes: ['notifications:send'] });
    const input: SendNotification = { workspace: true, type: 'SYSTEM', title: 'Hello', body: 'everyone' };
    const meet = (count: number, prefix = 'user') =>
      runtime.store.queries.execute(sql`
        insert into users (workspace, id)
        select ${workspace}, ${prefix} || '-' || number from generate_series(1, ${count}::int) as number`);
    /** How many feeds there are, what they hold, and what their streams have told. */
    const feeds = async () => {
      const [row] = (
        await runtime.store.queries.execute<{
          feeds: number;
          entries: number;
          unread: number;
          events: number;
        }>(sql`
          select
            (select count(distinct user_id)::int from notifications where workspace = ${workspace}) as feeds,
            (select count(*)::int from notifications where workspace = ${workspace}) as entries,
            (select coalesce(sum(unread_count), 0)::int from notification_inboxes where workspace = ${workspace}) as unread,
            (select count(*)::int from stream_entries where starts_with(topic, ${`${workspace}/`})) as events`)
      ).rows;
      return row;
    };
    const send = (change: Partial<SendNotification> = {}) => service.send(sender, { ...input, ...change });
    return { runtime, service, workspace, send, meet, feeds };
  };
  const all = (count: number) => ({ feeds: count, entries: count, unread: count, events: count });

  it('reaches everyone whom the workspace has seen, once, in batches; nobody elsewhere, and nobody seen later', async () => {
    const { send, meet, feeds } = begin();
    const elsewhere = begin();
    await meet(501);
    await elsewhere.meet(3);
    expect(await send()).toEqual({ recipientCount: 501, deduplicated: false });
    await meet(5, 'later');
    await expect.poll(feeds, { timeout: 20_000 }).toEqual(all(501));
    expect(await elsewhere.feeds()).toEqual(all(0));
  });

  it('several at once, and to single ones in between, are all there, each with its own unread count', async () => {
    const { runtime, service, workspace, send, meet, feeds } = begin();
    await meet(250);
    await Promise.all([
      send({ title: 'first' }),
      send({ title: 'second' }),
      ...Array.from({ length: 10 }, (_, index) =>
        send({ workspace: false, userIds: ['user-7'], title: `single ${index}` }),
      ),
    ]);
    await expect
      .poll(feeds, { timeout: 20_000 })
      .toEqual({ feeds: 250, entries: 510, unread: 510, events: 510 });
    const viewer = testViewer('user-7', { workspace });
    const { unreadCount, edges } = await service.list(viewer, { first: 50 });
    expect([unreadCount, edges.length]).toEqual([12, 12]);
    const { topicOf } = service;
    const events = await runtime.log.read(topicOf(workspace, 'user-7'), { after: 0, limit: 50 });
    expect(events.map(({ payload }) => (payload as { unreadCount: number }).unreadCount)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('the same idempotency key sends once; with other content, or to named users, it is a conflict', async () => {
    const { send, meet, feeds } = begin();
    await meet(3);
    const answers = await Promise.all([1, 2, 3].map(() => send({ idempotencyKey: 'k' })));
    expect(answers.map(({ recipientCount }) => recipientCount)).toEqual([3, 3, 3]);
    expect(answers.filter(({ deduplicated }) => deduplicated)).toHaveLength(2);
    await expect(send({ idempotencyKey: 'k', title: 'Other' })).rejects.toEqual(errorWith('CONFLICT'));
    await expect(send({ idempotencyKey: 'k', workspace: false, userIds: ['user-1'] })).rejects.toEqual(
      errorWith('CONFLICT'),
    );
    await expect.poll(feeds, { timeout: 20_000 }).toEqual(all(3));
    await send({ title: 'Another' });
    await expect.poll(feeds, { timeout: 20_000 }).toEqual({ feeds: 3, entries: 6, unread: 6, events: 6 });
  });

  it('to a workspace that has seen nobody goes to nobody', async () => {
    const { send, feeds } = begin();
    expect(await send()).toEqual({ recipientCount: 0, deduplicated: false });
    expect(await feeds()).toEqual(all(0));
  });

  it('whoever is erased, before or while the feeds are filled, has none', { timeout: 60_000 }, async () => {
    const { runtime, workspace, send, meet, feeds } = begin();
    await meet(1_500);
    const admin = testViewer('admin', { workspace, scopes: ['users:erase'] });
    const erase = (userId: string) => runtime.use(usersService).erase(admin, userId);
    await erase('user-2');
    expect((await send()).recipientCount).toBe(1_499);
    const erased = ['user-2'];
    // By their ids they are filled one after the other, and these are spread over all of them.
    for (let number = 100; number <= 999; number += 90) {
      await erase(`user-${number}`);
      erased.push(`user-${number}`);
    }
    const left = 1_500 - erased.length;
    await expect.poll(async () => (await feeds())?.feeds, { timeout: 20_000 }).toBe(left);
    const { rows } = await runtime.store.queries.execute(sql`
      select user_id from notifications where workspace = ${workspace} and user_id in ${erased}
      union all select user_id from notification_inboxes where workspace = ${workspace} and user_id in ${erased}`);
    expect(rows).toEqual([]);
  });

  it(
    'a large workspace keeps a small one waiting for a batch, not for all of it',
    { timeout: 60_000 },
    async () => {
      const [large, small] = [begin(), begin()];
      await large.meet(6_000);
      await small.meet(1);
      await large.send({ title: 'first' });
      await large.send({ title: 'second' });
      await small.send();
      await expect.poll(large.feeds, { timeout: 30_000 }).toMatchObject({ entries: 12_000 });
      const finished = async (workspace: string) => {
        const { rows } = await large.runtime.store.queries.execute<{ at: Date; title: string }>(sql`
        select min(created_at) as at from notifications where workspace = ${workspace}
        union all select max(created_at) from notifications where workspace = ${workspace}`);
        return rows.map(({ at }) => new Date(at).getTime());
      };
      const [ofSmall = Infinity] = await finished(small.workspace);
      const [, lastOfLarge = 0] = await finished(large.workspace);
      expect(ofSmall).toBeLessThan(lastOfLarge);
      // To each of them in the order in which they were sent.
      const viewer = testViewer('user-5999', { workspace: large.workspace });
      const { edges } = await large.service.list(viewer, { first: 2 });
      expect(edges.map(({ node }) => node.title)).toEqual(['second', 'first']);
    },
  );
});

it('whoever is erased while a batch is on its way to them has none when that is acknowledged', async () => {
  await using opened = await openTestRuntime('postgresql');
  const { runtime } = opened;
  const workspace = 'erased-meanwhile';
  const execute = <T extends Record<string, unknown>>(query: SQL) => runtime.store.queries.execute<T>(query);
  await execute(sql`
    insert into users (workspace, id) select ${workspace}, 'user-' || number from generate_series(1, 5) as number`);
  // The batch has chosen whom it is for, and waits for the feed of the first.
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let holds = (): void => undefined;
  const held = new Promise<void>((resolve) => (holds = resolve));
  const holding = runtime.log.write(async (write) => {
    await write.take([runtime.use(notificationsService).topicOf(workspace, 'user-1')]);
    holds();
    await released;
    return write.abandon(null);
  });
  await held;
  const countWaiting = async () => {
    const { rows } = await execute<{ count: number }>(
      sql`select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return rows[0]?.count;
  };
  const sender = testViewer('sender', { workspace, scopes: ['notifications:send', 'users:erase'] });
  await runtime
    .use(notificationsService)
    .send(sender, { workspace: true, type: 'SYSTEM', title: 'Hello', body: '' });
  await expect.poll(countWaiting).toBe(1);

  let isErased = false;
  const erase = runtime.use(usersService).erase(sender, 'user-4');
  const erasing = erase.then(() => (isErased = true));
  // It waits too, or does not and is done.
  await expect.poll(async () => isErased || (await countWaiting()) === 2, { timeout: 10_000 }).toBe(true);
  release();
  await Promise.all([holding, erasing]);
  const unfinished = sql`select id from notification_broadcasts where finished_at is null`;
  await expect.poll(async () => (await execute(unfinished)).rows, { timeout: 10_000 }).toEqual([]);
  const { rows } = await execute<{ user_id: string }>(sql`
    select user_id from notifications where workspace = ${workspace} order by user_id`);
  expect(rows.map((row) => row.user_id)).toEqual(['user-1', 'user-2', 'user-3', 'user-5']);
});
