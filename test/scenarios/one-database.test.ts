// Nodes that could not hear each other don't share a database.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runServerToItsEnd, startServer } from '../support/server.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

it('a node without Redis is alone with its database, until it has gone, however it went', async () => {
  const env = { DATABASE_URL: database.url };
  const withRedis = { ...env, REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '' };

  const alone = await startServer({ env });
  const second = await runServerToItsEnd({ env });
  expect(second.code).toBe(1);
  expect(second.output).toContain('without Redis two nodes can not hear each other: set REDIS_URL');
  const other = await runServerToItsEnd({ env: withRedis });
  expect(other.code).toBe(1);
  expect(other.output).toContain('A node without REDIS_URL uses this database');
  await alone.kill();

  await using one = await startServer({ env: withRedis });
  await using two = await startServer({ env: withRedis });
  expect(one.url).not.toBe(two.url);
  const refused = await runServerToItsEnd({ env });
  expect(refused.output).toContain('without Redis two nodes can not hear each other');
});
