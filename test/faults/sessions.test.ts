// Revoked sessions, whatever is lost or frozen meanwhile: nobody receives what is published after the answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  AnnouncementDocument,
  AnnouncementsDocument,
  PublishAnnouncementDocument,
  RevokeSessionsDocument,
} from '../../src/client/generated.ts';
import { connect, type Person, type Subscribed } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { failureOf } from '../support/failure.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startRedisGate, type RedisGate } from '../support/redis-gate.ts';
import { startServer, type TestServer } from '../support/server.ts';

let redis: RedisServer;
let gate: RedisGate;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
/** Where sessions are revoked, and where they are. What `near` publishes goes through the gate. */
let near: TestServer;
let far: TestServer;

beforeAll(async () => {
  redis = await startRedis();
  gate = await startRedisGate(redis.port);
  database = await openTestDatabase();
  const env = { DATABASE_URL: database.url, HEAD_CHECK_MS: '200' };
  near = await startServer({ env: { ...env, REDIS_URL: gate.url } });
  far = await startServer({ env: { ...env, REDIS_URL: redis.url } });
}, 120_000);
afterAll(async () => {
  await Promise.all([near.stop(), far.stop()]);
  await Promise.all([gate[Symbol.asyncDispose](), redis.stop(), database.drop()]);
});

let workspaces = 0;
async function begin() {
  const workspace = `sessions-${++workspaces}`;
  const scope = 'sessions:revoke announcements:publish';
  const admin = await connect(near, 'admin', { workspace, scope });
  const bob = await connect(far, 'bob', { workspace });
  const { announcements } = await admin.request(AnnouncementsDocument);
  const heard = bob.subscribe(AnnouncementDocument, { after: announcements.cursor });
  await announce(admin, 'hello');
  expect((await heard.next()).announcement.message).toBe('hello');
  return { admin, bob, heard };
}
const announce = (admin: Person, message: string) =>
  admin.request(PublishAnnouncementDocument, { input: { message } });
const revoke = async (admin: Person, userId: string) =>
  (await admin.request(RevokeSessionsDocument, { userId })).revokeSessions.closedConnections;

/** Messages until the connection is closed, and how it was. */
async function drain(heard: Subscribed<{ announcement: { message: string } }>) {
  const messages: string[] = [];
  for (;;) {
    try {
      messages.push((await heard.next()).announcement.message);
    } catch (error) {
      return { messages, closed: /closed with (\d+)/.exec(String(error))?.[1] };
    }
  }
}

test('with Redis losing what is published, the answer waits until every node has noticed', async () => {
  const { admin, heard } = await begin();
  gate.dropping = true;
  try {
    await announce(admin, 'before');
    expect(await revoke(admin, 'bob')).toBe(1);
    await announce(admin, 'after');
  } finally {
    gate.dropping = false;
  }
  const { messages, closed } = await drain(heard);
  // What came before may have been healed in time, or not: the connection is gone, and its cursor with it.
  expect(messages).not.toContain('after');
  expect(closed).toBe('4401');
});

test(
  'a node that was frozen meanwhile, and taken for dead, thaws and delivers nothing that came after',
  { timeout: 60_000 },
  async () => {
    const { admin, heard } = await begin();
    far.process.kill('SIGSTOP');
    try {
      // Answered when the frozen node's lease has lapsed.
      expect(await revoke(admin, 'bob')).toBe(0);
      for (let index = 0; index < 20; index += 1) await announce(admin, `after ${index}`);
    } finally {
      far.process.kill('SIGCONT');
    }
    expect(await drain(heard)).toEqual({ messages: [], closed: '4401' });
  },
);

test('what was revoked is known to a node that starts later', { timeout: 60_000 }, async () => {
  const { admin, bob } = await begin();
  await revoke(admin, 'bob');
  await using later = await startServer({
    env: { DATABASE_URL: database.url, REDIS_URL: redis.url, HEAD_CHECK_MS: '200' },
  });
  const refused = await failureOf(
    (await connect(later, 'bob', { token: bob.token })).request('{ viewer { id } }'),
  );
  expect(refused.code).toBe('UNAUTHENTICATED');
});

test(
  'without Redis the answer says that it can not be told, and the sessions end all the same',
  { timeout: 60_000 },
  async () => {
    const { admin, heard } = await begin();
    await redis.stop();
    try {
      const unsure = await failureOf(revoke(admin, 'bob'));
      expect(unsure.code).toBe('UNAVAILABLE');
      expect(unsure.message).toMatch(/are revoked.*Repeat/);
      expect(await drain(heard)).toMatchObject({ closed: '4401' });
    } finally {
      await redis.start();
    }
    await expect.poll(() => revoke(admin, 'bob').catch(() => null), { timeout: 20_000 }).toBe(0);
  },
);
