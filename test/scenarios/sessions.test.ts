// Sessions that are revoked: everything that a user's tokens have opened is closed on every node, and they open nothing
// any more. New tokens do.
import { expect, it } from 'vitest';
import {
  AnnouncementsDocument,
  AnnouncementDocument,
  PublishAnnouncementDocument,
  RevokeSessionsDocument,
} from '../../src/client/generated.ts';
import { post, type Identity, type Person } from '../support/client.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

const scope = 'sessions:revoke announcements:publish';
const revoke = async (admin: Person, userId: string) =>
  (await admin.request(RevokeSessionsDocument, { userId })).revokeSessions.closedConnections;
const announce = (admin: Person, message: string) =>
  admin.request(PublishAnnouncementDocument, { input: { message } });

onBothSetups('revoked sessions', (stage) => {
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const admin = await stage.writer('admin', { workspace, scope });
    const listener = (user: string, identity: Identity = {}) =>
      stage.listener(user, { ...identity, workspace });
    const writer = (user: string, identity: Identity = {}) => stage.writer(user, { ...identity, workspace });
    const { announcements } = await admin.request(AnnouncementsDocument);
    return { workspace, admin, listener, writer, cursor: announcements.cursor };
  };

  it('every connection of the user is closed with 4401 wherever it is, and counted; nobody else’s is', async () => {
    const { admin, listener, writer } = await begin();
    const people = await Promise.all([listener('alice'), writer('alice'), listener('alice')]);
    await using bob = await listener('bob');
    await Promise.all([...people, bob].map((person) => person.connected()));
    const closings = Promise.all(people.map((person) => person.closed()));
    expect(await revoke(admin, 'alice')).toBe(3);
    for (const { code, reason } of await closings) {
      expect([code, reason]).toEqual([4401, 'The sessions of this user were revoked. Sign in again.']);
    }
    // Still the same connection.
    const { viewer } = await bob.requestOverWebSocket<{ viewer: object }>('{ viewer { id } }');
    expect(viewer).toEqual({ id: 'bob' });
    expect(await revoke(admin, 'alice')).toBe(0);
    expect(await revoke(admin, 'nobody')).toBe(0);
  });

  it('what is published after the answer reaches none of them, what came before does', async () => {
    const { admin, listener, cursor } = await begin();
    await using alice = await listener('alice');
    await using announcements = alice.subscribe(AnnouncementDocument, { after: cursor });
    await using events = await openEvents(stage.servers.far, (await listener('alice')).token, {
      query: 'subscription ($after: Cursor) { announcement(after: $after) { message } }',
      variables: { after: cursor },
    });
    await announce(admin, 'before');
    expect((await announcements.next()).announcement.message).toBe('before');
    expect((await events.next())?.data).toEqual({ data: { announcement: { message: 'before' } } });
    expect(await revoke(admin, 'alice')).toBe(2);
    await announce(admin, 'after');
    await expect(announcements.next()).rejects.toThrow('4401');
    const last = await events.next();
    expect(last?.data).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await events.next()).toMatchObject({ event: 'complete' });
  });

  it('tokens from before are refused everywhere, also one that was just seen; a new one is not', async () => {
    const { workspace, admin, listener, writer } = await begin();
    const before = await listener('alice');
    await before.request('{ viewer { id } }');
    await revoke(admin, 'alice');
    for (const { url } of [stage.servers.near, stage.servers.far]) {
      const headers = { authorization: `Bearer ${before.token}` };
      const { status, body } = await post(url, { query: '{ viewer { id } }' }, headers);
      expect([status, body.errors?.[0]?.extensions?.['code']]).toEqual([401, 'UNAUTHENTICATED']);
      expect(body.errors?.[0]?.message).toMatch(/revoked.*Sign in again/);
    }
    await using again = await writer('alice', { token: before.token });
    const closing = again.closed();
    await expect(again.connected()).rejects.toThrow('4401');
    expect((await closing).code).toBe(4401);

    // Signed in again behind the answer, however soon.
    await using anew = await listener('alice');
    expect(await anew.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: 'alice' } });
    expect(await anew.request('{ viewer { id } }')).toEqual({ viewer: { id: 'alice' } });
    // The same user elsewhere is somebody else.
    await using elsewhere = await stage.listener('alice', { workspace: `${workspace}-2` });
    expect(await elsewhere.request('{ viewer { id } }')).toEqual({ viewer: { id: 'alice' } });
  });

  it('a connection is not renewed with a token from before, and keeps what it was renewed with', async () => {
    const { admin, listener } = await begin();
    const old = await listener('alice');
    expect(await revoke(admin, 'alice')).toBe(0);
    await using alice = await listener('alice');
    await alice.connected();
    const renew = 'mutation ($token: String!) { renewSession(token: $token) { expiresAt } }';
    const refused = await failureOf(alice.requestOverWebSocket(renew, { token: old.token }));
    expect(refused.code).toBe('UNAUTHENTICATED');
    expect(await alice.requestOverWebSocket('{ viewer { id } }')).toEqual({ viewer: { id: 'alice' } });
  });

  it('whoever is erased while connected does not come back for leaving', async () => {
    const { workspace, listener } = await begin();
    const eraser = await stage.writer('eraser', { workspace, scope: 'users:erase' });
    const alice = await listener('alice', { name: 'Alice' });
    await using bob = await listener('bob');
    interface Seen {
      readonly presenceChanged: {
        readonly status: string;
        readonly lastSeenAt: string | null;
        readonly user: { readonly name: string };
      };
    }
    const look = (person: Person) =>
      person.subscribe<Seen>(
        'subscription { presenceChanged(userIds: ["alice"]) { status lastSeenAt user { name } } }',
      );
    await using presence = look(bob);
    const until = async (status: string, name: string) => {
      for (;;) {
        const { presenceChanged: told } = await presence.next();
        if (told.status === status && told.user.name === name) return;
      }
    };
    await alice.connected();
    await until('ONLINE', 'Alice');
    await eraser.request('mutation { eraseUser(userId: "alice") { userId } }');
    await until('OFFLINE', 'alice');
    // Not even to whoever comes while others still follow.
    await using carol = await listener('carol');
    await using later = look(carol);
    expect((await later.next()).presenceChanged).toEqual({
      status: 'OFFLINE',
      lastSeenAt: null,
      user: { name: 'alice' },
    });
    const { presence: seen } = await bob.request<{ presence: object }>(
      '{ presence(userIds: ["alice"]) { lastSeenAt user { name } } }',
    );
    expect(seen).toEqual([{ lastSeenAt: null, user: { name: 'alice' } }]);
  });

  it('whoever revokes their own is told so, and that it has happened', async () => {
    const { admin } = await begin();
    const refused = await failureOf(revoke(admin, 'admin'));
    expect(refused.code).toBe('UNAUTHENTICATED');
    expect(refused.message).toMatch(/were revoked while this was under way, so it may have taken effect/);
    expect((await failureOf(admin.request('{ viewer { id } }'))).message).toMatch(/Sign in again/);
  });

  it('asks for its scope, and for a user', async () => {
    const { admin, listener } = await begin();
    await using mallory = await listener('mallory', { scope: 'announcements:publish', roles: ['staff'] });
    expect((await failureOf(revoke(mallory, 'admin'))).code).toBe('FORBIDDEN');
    expect((await failureOf(revoke(admin, ''))).code).toBe('BAD_USER_INPUT');
    expect((await failureOf(revoke(admin, 'x'.repeat(257)))).code).toBe('BAD_USER_INPUT');
  });

  it('many at once are all carried out', async () => {
    const { admin, listener } = await begin();
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const people = await Promise.all(users.map((user) => listener(user)));
    await Promise.all(people.map((person) => person.connected()));
    const closings = Promise.all(people.map((person) => person.closed()));
    const counts = await Promise.all(users.map((user) => revoke(admin, user)));
    expect(counts).toEqual(users.map(() => 1));
    expect((await closings).every(({ code }) => code === 4401)).toBe(true);
  });
});
