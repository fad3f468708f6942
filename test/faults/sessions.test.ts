// Revoked sessions, whatever is lost or frozen meanwhile: nobody receives what is published after the answer.
import { expect, test } from 'vitest';
import {
  AnnouncementDocument,
  AnnouncementsDocument,
  PublishAnnouncementDocument,
  RevokeSessionsDocument,
} from '../../src/client/generated.ts';
import { connect, type Person, type Subscribed } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { headCheckMs, useGatedNodes } from '../support/gated-nodes.ts';
import { startServer } from '../support/server.ts';

// Where sessions are revoked, and where they are.
const nodes = useGatedNodes();

let workspaces = 0;
async function begin() {
  const workspace = `sessions-${++workspaces}`;
  const scope = 'sessions:revoke announcements:publish';
  const admin = await connect(nodes.near, 'admin', { workspace, scope });
  const bob = await connect(nodes.far, 'bob', { workspace });
  const { announcements } = await admin.request(AnnouncementsDocument);
  const heard = bob.subscribe(AnnouncementDocument, { after: announcements.cursor });
  await announce(admin, 'hello');
  expect((await heard.next()).announcement.message).toBe('hello');
  return { workspace, admin, bob, heard };
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
  nodes.gate.dropping = true;
  try {
    await announce(admin, 'before');
    expect(await revoke(admin, 'bob')).toBe(1);
    await announce(admin, 'after');
  } finally {
    nodes.gate.dropping = false;
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
    nodes.far.process.kill('SIGSTOP');
    try {
      // Answered when the frozen node's lease has lapsed.
      expect(await revoke(admin, 'bob')).toBe(0);
      for (let index = 0; index < 20; index += 1) await announce(admin, `after ${index}`);
    } finally {
      nodes.far.process.kill('SIGCONT');
    }
    expect(await drain(heard)).toEqual({ messages: [], closed: '4401' });
  },
);

test('what was revoked is known to a node that starts later', { timeout: 60_000 }, async () => {
  const { admin, bob } = await begin();
  await revoke(admin, 'bob');
  await using later = await startServer({
    env: {
      DATABASE_URL: nodes.databaseUrl,
      REDIS_URL: nodes.redis.url,
      HEAD_CHECK_MS: String(headCheckMs),
    },
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
    const { workspace, admin, heard } = await begin();
    await nodes.redis.stop();
    try {
      const unsure = await failureOf(revoke(admin, 'bob'));
      expect(unsure.code).toBe('UNAVAILABLE');
      expect(unsure.message).toMatch(/are revoked.*Repeat/);
      expect(await drain(heard)).toMatchObject({ closed: '4401' });
    } finally {
      await nodes.redis.start();
    }
    // Redis has forgotten who lives and what they have said: they say it again.
    await expect.poll(() => revoke(admin, 'bob').catch(() => null), { timeout: 20_000 }).toBe(0);
    const carol = await connect(nodes.far, 'carol', { workspace });
    await carol.connected();
    const closing = carol.closed();
    expect(await revoke(admin, 'carol')).toBe(1);
    expect((await closing).code).toBe(4401);
  },
);
