// What a server tells of itself while something is away: soon, in words, and in figures that say what happened and what healed.
import { expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { httpGet } from '../support/http-get.ts';
import { readMetrics } from '../support/metrics.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';

const publish = `mutation ($note: String!) {
  publishOrderUpdate(input: { orderId: "1", customerId: "alice", status: PROCESSING, note: $note }) { update { cursor } }
}`;
interface Published {
  readonly publishOrderUpdate: { readonly update: { readonly cursor: string } };
}
const follow = 'subscription ($after: Cursor) { orderUpdated(orderId: "1", after: $after) { note } }';

const readyz = async (server: Pick<TestServer, 'url'>) => {
  const { status, text } = await httpGet(server, '/readyz');
  const { missing } = JSON.parse(text) as { readonly missing?: readonly string[] };
  return { status, missing };
};
const ready = { status: 200, missing: undefined };

test(
  'Redis goes: what it did not carry is a gap that heals, and all of it is told',
  { timeout: 90_000 },
  async () => {
    await using redis = await startRedis();
    await using database = await openTestDatabase();
    await using server = await startServer({
      env: { DATABASE_URL: database.url, REDIS_URL: redis.url, HEAD_CHECK_MS: '200' },
    });
    await using alice = await connect(server, 'alice', { scope: 'orders:publish' });
    const tell = (note: string) => alice.request<Published>(publish, { note });
    const { cursor: after } = (await tell('before')).publishOrderUpdate.update;
    await using updates = alice.subscribe(follow, { after });
    await tell('with Redis');
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'with Redis' } });
    expect(await readyz(server)).toMatchObject(ready);
    const before = await readMetrics(server);
    expect(before.value('tidings_dependency_up', { dependency: 'redis' })).toBe(1);

    await redis.stop();
    await expect
      .poll(() => readyz(server), { timeout: 10_000 })
      .toMatchObject({ status: 200, missing: [expect.stringMatching(/^Redis .* does not answer/)] });
    expect((await httpGet(server, '/readyz')).text).toContain('"status":"degraded"');
    await tell('without Redis');
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'without Redis' } });
    const meanwhile = await readMetrics(server);
    expect(meanwhile.value('tidings_dependency_up', { dependency: 'redis' })).toBe(0);
    expect(meanwhile.value('tidings_dependency_up', { dependency: 'database' })).toBe(1);
    // Its own stream and its customer's, of which one is followed.
    for (const [name, moved] of [
      ['tidings_announcements_failed_total', 2],
      ['tidings_stream_gaps_total', 1],
      ['tidings_stream_heals_total', 1],
    ] as const) {
      expect(meanwhile.value(name) - before.value(name), name).toBe(moved);
    }
    expect(meanwhile.value('tidings_followed_topics_behind')).toBe(0);
    expect(meanwhile.value('tidings_head_checks_total', { outcome: 'ok' })).toBeGreaterThan(
      before.value('tidings_head_checks_total', { outcome: 'ok' }),
    );
    // How many nodes live it can not know.
    expect(meanwhile.types.has('tidings_nodes')).toBe(true);
    expect(() => meanwhile.value('tidings_nodes')).toThrow();

    await redis.start();
    await expect.poll(() => readyz(server), { timeout: 20_000 }).toMatchObject(ready);
    await expect
      .poll(async () => (await readMetrics(server)).value('tidings_dependency_up', { dependency: 'redis' }))
      .toBe(1);
  },
);

test(
  'the database goes: it is named, and checks of the streams fail until it is back',
  { timeout: 90_000 },
  async () => {
    await using postgres = await startPostgres();
    const url = await postgres.createDatabase();
    await using server = await startServer({ env: { DATABASE_URL: url, HEAD_CHECK_MS: '200' } });
    await using alice = await connect(server, 'alice', { scope: 'orders:publish' });
    const published = await alice.request<Published>(publish, { note: 'before' });
    await using updates = alice.subscribe(follow, { after: published.publishOrderUpdate.update.cursor });
    await alice.request(publish, { note: 'followed' });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'followed' } });
    await postgres.stop();
    await expect
      .poll(() => readyz(server), { timeout: 10_000 })
      .toMatchObject({ status: 503, missing: [expect.stringMatching(/^The database cannot be reached/)] });
    const failed = async () =>
      (await readMetrics(server)).value('tidings_head_checks_total', { outcome: 'failed' });
    await expect.poll(failed, { timeout: 10_000 }).toBeGreaterThan(0);
    const metrics = await readMetrics(server);
    expect(metrics.value('tidings_dependency_up', { dependency: 'database' })).toBe(0);
    await postgres.start();
    await expect.poll(() => readyz(server), { timeout: 20_000 }).toMatchObject(ready);
  },
);

test(
  'a Redis that hangs does not hang whoever asks for readiness or metrics',
  { timeout: 90_000 },
  async () => {
    await using redis = await startRedis();
    await using database = await openTestDatabase();
    await using server = await startServer({ env: { DATABASE_URL: database.url, REDIS_URL: redis.url } });
    expect(await readyz(server)).toMatchObject(ready);
    redis.pause();
    try {
      // The answer before counts for a moment.
      const late = /^Redis (did not answer within 2 s|.* does not answer)/;
      const degraded = { status: 200, missing: [expect.stringMatching(late)] };
      await expect.poll(() => readyz(server), { timeout: 10_000 }).toMatchObject(degraded);
      // Many at once: they share what is asked.
      const answers = await Promise.all(Array.from({ length: 50 }, () => readyz(server)));
      for (const answer of answers) expect(answer).toMatchObject(degraded);
      const metrics = await readMetrics(server);
      expect(metrics.value('tidings_dependency_up', { dependency: 'redis' })).toBe(0);
    } finally {
      redis.resume();
    }
    await expect.poll(() => readyz(server), { timeout: 20_000 }).toMatchObject(ready);
  },
);

test('a node that drains is alive and not ready, and says so', async () => {
  await using database = await openTestDatabase();
  await using server = await startServer({
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
      DRAIN_SECONDS: '600',
    },
  });
  expect(await readyz(server)).toMatchObject(ready);
  server.process.kill('SIGTERM');
  await expect.poll(() => readyz(server)).toMatchObject({ status: 503, missing: ['This node is draining.'] });
  expect((await httpGet(server, '/healthz')).status).toBe(200);
  expect((await readMetrics(server)).value('tidings_draining')).toBe(1);
});
