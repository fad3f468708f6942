// Somebody is erased while what that needs is away.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { failureOf } from '../support/failure.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { readDatabase } from '../support/traces.ts';

let database: TestDatabase;
let redis: RedisServer;
let server: TestServer;
beforeAll(async () => {
  [database, redis] = await Promise.all([openTestDatabase(), startRedis()]);
  server = await startServer({ env: { DATABASE_URL: database.url, REDIS_URL: redis.url } });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await Promise.all([database.drop(), redis.stop()]);
});

test('while Redis is away nothing is erased by halves: it is refused, and repeated it is done', async () => {
  const workspace = `w-${randomUUID()}`;
  const alice = await connect(server, 'alice', { workspace, name: 'Alice Liddell' });
  await using shop = await connect(server, 'shop', { workspace, scope: 'users:erase' });
  await alice.request(
    'mutation { createConversation(input: { participantIds: ["bob"], title: "Tea with Liddell" }) { conversation { id } } }',
  );
  const erase = () => shop.request('mutation { eraseUser(userId: "alice") { userId } }');
  const traces = async () => (await readDatabase(database.url)).filter((line) => line.includes('Liddell'));
  const before = await traces();
  expect(before.length).toBeGreaterThan(1);

  await alice.connected();
  const closed = alice.closed();
  await redis.stop();
  expect(await failureOf(erase())).toMatchObject({ code: 'UNAVAILABLE' });
  // What may be done at once was: the sessions have ended here.
  expect(await closed).toMatchObject({ code: 4401 });
  expect(await traces()).toEqual(before);

  await redis.start();
  const repeat = () =>
    erase().then(
      () => true,
      () => false,
    );
  await expect.poll(repeat, { timeout: 25_000 }).toBe(true);
  expect(await traces()).toEqual([]);
});
