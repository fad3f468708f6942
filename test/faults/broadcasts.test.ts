// A notification to a whole workspace, whose node is killed while it fills the feeds: another one goes on, and every feed
// has it once.
import pg from 'pg';
import { expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';

const people = 4_000;

test('killed midway, every feed has it once, with the right count', { timeout: 120_000 }, async () => {
  const redis = await startRedis();
  await using database = await openTestDatabase();
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url };
  const near = await startServer({ env });
  await using far = await startServer({ env });
  const client = new pg.Client(database.url);
  await client.connect();
  const workspace = 'crowd';
  const count = async (of: string) =>
    Number(
      (await client.query<{ count: string }>(`select count(*) from ${of} where workspace = 'crowd'`)).rows[0]
        ?.count,
    );
  await client.query(
    `insert into users (workspace, id) select 'crowd', 'user-' || number from generate_series(1, ${people}) as number`,
  );
  const sender = await connect(near, 'sender', { workspace, scope: 'notifications:send' });
  await using alice = await connect(far, 'user-999', { workspace });
  const notifications = '{ notifications { cursor unreadCount nodes { title } } }';
  const { cursor } = (await alice.request<{ notifications: { cursor: string } }>(notifications))
    .notifications;
  await using heard = alice.subscribe(
    `subscription { notification(after: "${cursor}") { kind unreadCount notifications { title } } }`,
  );

  const { sendNotification } = await sender.request<{ sendNotification: { recipientCount: number } }>(
    'mutation { sendNotification(input: { workspace: true, type: SYSTEM, title: "All", body: "" }) { recipientCount } }',
  );
  // The sender has been seen too.
  expect(sendNotification.recipientCount).toBe(people + 1);
  await expect.poll(() => count('notifications'), { interval: 1 }).toBeGreaterThan(0);
  await near.kill();
  const filled = await count('notifications');
  expect(filled).toBeLessThan(people);

  await expect.poll(() => count('notifications'), { timeout: 60_000 }).toBe(people + 1);
  expect(await count('(select distinct workspace, user_id from notifications) as feeds')).toBe(people + 1);
  expect(await count('(select * from notification_inboxes where unread_count = 1) as inboxes')).toBe(
    people + 1,
  );
  const told = { notification: { kind: 'RECEIVED', unreadCount: 1, notifications: [{ title: 'All' }] } };
  expect(await heard.next()).toEqual(told);
  expect(await alice.request(notifications)).toMatchObject({
    notifications: { unreadCount: 1, nodes: [{ title: 'All' }] },
  });
  await client.end();
  await Promise.all([sender[Symbol.asyncDispose](), far.stop(), redis.stop()]);
});
