// Access ends at a number, however the news travels: with Redis losing everything that is published, with a node frozen
// while it happens, with tokens that run out in the middle of a burst.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asChatter, type Chatter } from '../support/chatter.ts';
import { connect, ResponseError, type Subscribed } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startRedisGate, type RedisGate } from '../support/redis-gate.ts';
import { startServer, type TestServer } from '../support/server.ts';

let redis: RedisServer;
let gate: RedisGate;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
/** Where people write, and where they listen. What `near` publishes goes through the gate. */
let near: TestServer;
let far: TestServer;

beforeAll(async () => {
  redis = await startRedis();
  gate = await startRedisGate(redis.port);
  database = await openTestDatabase();
  // One of them writes as fast as can be.
  const env = { DATABASE_URL: database.url, HEAD_CHECK_MS: '200', RATE_MESSAGES: '100000' };
  near = await startServer({ env: { ...env, REDIS_URL: gate.url } });
  far = await startServer({ env: { ...env, REDIS_URL: redis.url } });
}, 120_000);
afterAll(async () => {
  await Promise.all([near.stop(), far.stop()]);
  await Promise.all([gate[Symbol.asyncDispose](), redis.stop(), database.drop()]);
});

let workspaces = 0;
async function begin() {
  const workspace = `access-${++workspaces}`;
  const alice = asChatter(await connect(near, 'alice', { workspace }));
  const bob = asChatter(await connect(far, 'bob', { workspace }));
  const { id, cursor } = await alice.create({ participantIds: ['bob'] });
  const messages = bob.followMessages(id, cursor);
  // It is live before anything happens.
  await alice.send(id, 'hello');
  expect((await messages.next()).message.body).toBe('hello');
  return { alice, bob, id, messages };
}

/** Bodies until the stream ends, and the code that it failed with: none where its connection was closed. */
async function drain(messages: Subscribed<{ message: { body: string } }>) {
  const bodies: string[] = [];
  for (;;) {
    try {
      bodies.push((await messages.next()).message.body);
    } catch (error) {
      return { bodies, code: error instanceof ResponseError ? error.code : null };
    }
  }
}

const removeBetween = async (alice: Chatter, id: string) => {
  await alice.send(id, 'before');
  await alice.remove(id, 'bob');
  await alice.send(id, 'after');
};

test('with Redis losing what is published, whoever is removed receives what came before it and nothing after', async () => {
  const { alice, bob, id, messages } = await begin();
  gate.dropping = true;
  try {
    await removeBetween(alice, id);
    expect(await drain(messages)).toEqual({ bodies: ['before'], code: 'FORBIDDEN' });
  } finally {
    gate.dropping = false;
  }
  await Promise.all([alice[Symbol.asyncDispose](), bob[Symbol.asyncDispose]()]);
});

test('a node that was frozen while somebody was removed thaws, and delivers what came before it and nothing after', async () => {
  const { alice, bob, id, messages } = await begin();
  far.process.kill('SIGSTOP');
  await removeBetween(alice, id);
  far.process.kill('SIGCONT');
  expect(await drain(messages)).toEqual({ bodies: ['before'], code: 'FORBIDDEN' });
  await Promise.all([alice[Symbol.asyncDispose](), bob[Symbol.asyncDispose]()]);
});

test('while messages pour in, who renewed goes on without a hole, and who did not is closed with 4403', async () => {
  const workspace = `access-${++workspaces}`;
  const alice = asChatter(await connect(near, 'alice', { workspace }));
  const { id, cursor } = await alice.create({ participantIds: ['bob', 'carol'] });
  const soon = { workspace, expiresIn: 3 };
  const [bob, carol] = [
    asChatter(await connect(far, 'bob', soon)),
    asChatter(await connect(far, 'carol', soon)),
  ];
  const [atBob, atCarol] = [bob.followMessages(id, cursor), carol.followMessages(id, cursor)];
  await Promise.all([bob.connected(), carol.connected()]);
  const closed = carol.closed();

  const token = (await connect(far, 'bob', { workspace })).token;
  let last = 0;
  let pouring = true;
  const pour = async () => {
    while (pouring) await alice.send(id, `${(last += 1)}`);
  };
  const poured = pour();
  await bob.requestOverWebSocket('mutation ($token: String!) { renewSession(token: $token) { expiresAt } }', {
    token,
  });
  expect((await closed).code).toBe(4403);
  const whenClosed = last;
  await expect.poll(() => last).toBeGreaterThan(whenClosed + 5);
  pouring = false;
  await poured;

  for (let number = 1; number <= last; number += 1)
    expect((await atBob.next()).message.body).toBe(`${number}`);
  const { bodies } = await drain(atCarol);
  expect(bodies).toEqual(Array.from({ length: bodies.length }, (_, index) => `${index + 1}`));
  expect(bodies.length).toBeLessThan(last);
  await Promise.all([alice, bob].map((person) => person[Symbol.asyncDispose]()));
});
