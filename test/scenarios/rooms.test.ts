// Rooms: who looks at this product, what is told in this team, who may enter, and who may not any more.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  GrantRoomAccessDocument,
  PublishRoomEventDocument,
  RevokeRoomAccessDocument,
  RoomEventDocument,
  RoomEventsDocument,
  RoomPresenceChangedDocument,
  RoomPresenceDocument,
  type PublishRoomEventInput,
  type RoomPresenceFragment,
} from '../../src/client/generated.ts';
import type { Person, Subscribed } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { distributed, onBothSetups } from '../support/setups.ts';
import { connect } from '../support/client.ts';

const namesOf = (users: readonly { readonly id: string }[]) => users.map(({ id }) => id);
const shown = ({ count, members, joined, left }: RoomPresenceFragment) => ({
  count,
  members: namesOf(members),
  joined: namesOf(joined),
  left: namesOf(left),
});

const publish = async (person: Person, input: PublishRoomEventInput) =>
  (await person.request(PublishRoomEventDocument, { input })).publishRoomEvent;
const enter = (person: Person, room: string, join = true) => {
  const subscribed = person.subscribe(RoomPresenceChangedDocument, { room, join });
  return {
    next: async () => shown((await subscribed.next()).roomPresence),
    leave: () => subscribed[Symbol.asyncDispose](),
  };
};
/** Names until the stream ends, and the code that it failed with. */
async function drain(events: Subscribed<{ roomEvent: { name: string } }>) {
  const names: string[] = [];
  for (;;) {
    try {
      names.push((await events.next()).roomEvent.name);
    } catch (error) {
      return { names, code: (error as { code?: string }).code };
    }
  }
}

onBothSetups('rooms', (stage) => {
  const newRoom = (kind = 'public') => `${kind}:${randomUUID()}`;
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('backend', { workspace, scope: 'rooms:manage rooms:publish' });
    const change =
      (document: typeof GrantRoomAccessDocument | typeof RevokeRoomAccessDocument) =>
      async (room: string, ...userIds: string[]) =>
        backend.request<object>(document, { input: { room, userIds } });
    return {
      workspace,
      backend,
      grant: change(GrantRoomAccessDocument),
      revoke: change(RevokeRoomAccessDocument),
    };
  };

  it('who is there first, then who joins and leaves; a subscription that ends leaves', async () => {
    const { workspace } = await begin();
    const room = newRoom();
    await using alice = await stage.listener('alice', { workspace, name: 'Alice' });
    await using bob = await stage.writer('bob', { workspace, name: 'Bob' });
    const atAlice = enter(alice, room);
    expect(await atAlice.next()).toEqual({ count: 1, members: ['alice'], joined: [], left: [] });
    const atBob = enter(bob, room);
    expect(await atBob.next()).toEqual({ count: 2, members: ['alice', 'bob'], joined: [], left: [] });
    expect(await atAlice.next()).toEqual({ count: 2, members: ['alice', 'bob'], joined: ['bob'], left: [] });
    const { roomPresence } = await bob.request(RoomPresenceDocument, { room });
    expect(shown(roomPresence)).toEqual({ count: 2, members: ['alice', 'bob'], joined: [], left: [] });
    expect(roomPresence.members.map(({ name }) => name)).toEqual(['Alice', 'Bob']);
    await atBob.leave();
    expect(await atAlice.next()).toEqual({ count: 1, members: ['alice'], joined: [], left: ['bob'] });
  });

  it('two tabs are one member, and whoever only looks on is none', async () => {
    const { workspace } = await begin();
    const room = newRoom();
    await using alice = await stage.listener('alice', { workspace });
    await using bob = await stage.writer('bob', { workspace });
    const looking = enter(alice, room, false);
    expect(await looking.next()).toEqual({ count: 0, members: [], joined: [], left: [] });
    const [first, second] = [enter(bob, room), enter(bob, room)];
    expect(await looking.next()).toMatchObject({ count: 1, joined: ['bob'] });
    expect([(await first.next()).count, (await second.next()).count]).toEqual([1, 1]);
    await first.leave();
    await using carol = await stage.writer('carol', { workspace });
    enter(carol, room);
    // Of the first tab that has gone nothing is heard.
    expect(await looking.next()).toEqual({
      count: 2,
      members: ['bob', 'carol'],
      joined: ['carol'],
      left: [],
    });
    await second.leave();
    expect(await looking.next()).toMatchObject({ count: 1, left: ['bob'] });
  });

  it('whoever’s connection goes has left', async () => {
    const { workspace } = await begin();
    const room = newRoom();
    await using alice = await stage.listener('alice', { workspace });
    const bob = await stage.writer('bob', { workspace });
    const looking = enter(alice, room, false);
    await looking.next();
    await enter(bob, room).next();
    expect(await looking.next()).toMatchObject({ joined: ['bob'] });
    await bob[Symbol.asyncDispose]();
    expect(await looking.next()).toMatchObject({ count: 0, left: ['bob'] });
  });

  it('of 130 who join all are counted and told, the first 100 by name', async () => {
    const { workspace } = await begin();
    const room = newRoom();
    await using alice = await stage.listener('alice', { workspace });
    const looking = enter(alice, room, false);
    await looking.next();
    const crowd = await Promise.all(
      Array.from({ length: 130 }, (_, index) => stage.writer(`user-${index}`, { workspace })),
    );
    await Promise.all(crowd.map((person) => enter(person, room).next()));
    const joined: string[] = [];
    let last = { count: 0, members: [] as string[] };
    while (joined.length < 130) {
      const event = await looking.next();
      joined.push(...event.joined);
      last = event;
    }
    expect(new Set(joined).size).toBe(130);
    expect(last.count).toBe(130);
    // As this subscriber was told of them.
    expect(last.members).toEqual(joined.slice(0, 100));
    const { roomPresence } = await alice.request(RoomPresenceDocument, { room });
    expect([roomPresence.count, roomPresence.members.length]).toEqual([130, 100]);
    await Promise.all(crowd.map((person) => person[Symbol.asyncDispose]()));
    const left: string[] = [];
    while (left.length < 130) left.push(...(await looking.next()).left);
    expect(new Set(left).size).toBe(130);
  });

  it('what is told in a room is read newest first, and followed from its cursor on', async () => {
    const { workspace, backend } = await begin();
    const room = newRoom();
    await using alice = await stage.listener('alice', { workspace });
    await using bob = await stage.writer('bob', { workspace, name: 'Bob' });
    await publish(bob, { room, name: 'poll.opened', data: { question: 'Tea?' } });
    await publish(backend, { room, name: 'poll.closed' });
    const { roomEvents } = await alice.request(RoomEventsDocument, { room });
    expect(roomEvents.nodes).toMatchObject([
      { room, name: 'poll.closed', data: null, sender: null },
      { room, name: 'poll.opened', data: { question: 'Tea?' }, sender: { id: 'bob', name: 'Bob' } },
    ]);
    await publish(bob, { room, name: 'in between' });
    await using events = alice.subscribe(RoomEventDocument, { room, after: roomEvents.cursor });
    expect((await events.next()).roomEvent.name).toBe('in between');
    const { event } = await publish(bob, { room, name: 'live' });
    expect((await events.next()).roomEvent).toEqual(event);
  });

  it('a retried publish with its key publishes once; with other content it is a conflict', async () => {
    const { workspace } = await begin();
    const room = newRoom();
    await using bob = await stage.writer('bob', { workspace });
    const input = { room, name: 'once', idempotencyKey: 'k-1' };
    const answers = await Promise.all([publish(bob, input), publish(bob, input)]);
    expect(answers.map(({ deduplicated }) => deduplicated).sort()).toEqual([false, true]);
    expect(answers[0].event).toEqual(answers[1].event);
    expect((await failureOf(publish(bob, { ...input, name: 'twice' }))).code).toBe('CONFLICT');
    expect((await bob.request(RoomEventsDocument, { room })).roomEvents.nodes).toHaveLength(1);
  });

  it('a room that one may not enter looks like one that does not exist, whatever one asks of it', async () => {
    const { workspace, grant } = await begin();
    const room = newRoom('team');
    await using mallory = await stage.writer('mallory', { workspace, rooms: ['team:other', 'doc:*'] });
    await grant(room, 'alice');
    const attempts = (of: string) => [
      failureOf(mallory.request(RoomPresenceDocument, { room: of })),
      failureOf(mallory.request(RoomEventsDocument, { room: of })),
      failureOf(publish(mallory, { room: of, name: 'hello' })),
      failureOf(mallory.subscribe(RoomEventDocument, { room: of }).next()),
      failureOf(mallory.subscribe(RoomPresenceChangedDocument, { room: of }).next()),
    ];
    const unknown = newRoom('team');
    const refused = await Promise.all(attempts(room));
    const missing = await Promise.all(attempts(unknown));
    expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'NOT_FOUND'));
    expect(refused.map(({ message }) => message.replaceAll(room, unknown))).toEqual(
      missing.map(({ message }) => message),
    );
    await using alice = await stage.listener('alice', { workspace });
    expect((await alice.request(RoomPresenceDocument, { room })).roomPresence.count).toBe(0);
  });

  it('whoever was granted access enters, and whoever’s token names the room', async () => {
    const { workspace, backend, grant } = await begin();
    const room = newRoom('team');
    await using alice = await stage.listener('alice', { workspace });
    await using bob = await stage.listener('bob', { workspace, rooms: ['team:*'] });
    expect(await grant(room, 'alice', 'alice')).toEqual({ grantRoomAccess: { room, userIds: ['alice'] } });
    for (const person of [alice, bob]) {
      const { roomEvents } = await person.request(RoomEventsDocument, { room });
      await using events = person.subscribe(RoomEventDocument, { room, after: roomEvents.cursor });
      await publish(backend, { room, name: 'hello' });
      expect((await events.next()).roomEvent.name).toBe('hello');
      await publish(person, { room, name: 'answered' });
      expect((await events.next()).roomEvent).toMatchObject({ name: 'answered', sender: {} });
    }
  });

  it.each(['granted', 'by claim', 'public'])(
    'revoked (%s): receives what came before and nothing after, leaves, and does not come back until granted',
    async (how) => {
      const { workspace, backend, grant, revoke } = await begin();
      const room = newRoom(how === 'public' ? 'public' : 'team');
      const rooms = how === 'by claim' ? ['team:*'] : [];
      await using alice = await stage.listener('alice', { workspace, rooms });
      await using watcher = await stage.listener('watcher', { workspace, rooms: ['*'] });
      if (how === 'granted') await grant(room, 'alice', 'bob');
      const looking = enter(watcher, room, false);
      await looking.next();
      const { roomEvents } = await alice.request(RoomEventsDocument, { room });
      await using events = alice.subscribe(RoomEventDocument, { room, after: roomEvents.cursor });
      const atAlice = enter(alice, room);
      await atAlice.next();
      expect(await looking.next()).toMatchObject({ joined: ['alice'] });

      await publish(backend, { room, name: 'before' });
      await revoke(room, 'alice');
      await publish(backend, { room, name: 'after' });
      expect(await drain(events)).toEqual({ names: ['before'], code: 'FORBIDDEN' });
      expect((await failureOf(atAlice.next())).code).toBe('FORBIDDEN');
      expect(await looking.next()).toMatchObject({ count: 0, left: ['alice'] });
      expect((await failureOf(publish(alice, { room, name: 'still here' }))).code).toBe('NOT_FOUND');
      expect((await failureOf(alice.subscribe(RoomEventDocument, { room }).next())).code).toBe('NOT_FOUND');

      // Back again, from where they were: what was told meanwhile is theirs too.
      await grant(room, 'alice');
      await using again = alice.subscribe(RoomEventDocument, { room, after: roomEvents.cursor });
      expect((await again.next()).roomEvent.name).toBe('before');
      expect((await again.next()).roomEvent.name).toBe('after');
    },
  );

  it('granting, revoking and publishing as a service ask for their scopes', async () => {
    const { workspace } = await begin();
    const input = { room: newRoom('team'), userIds: ['alice'] };
    await using mallory = await stage.writer('mallory', { workspace, scope: 'rooms:publish' });
    for (const document of [GrantRoomAccessDocument, RevokeRoomAccessDocument]) {
      expect((await failureOf(mallory.request<object>(document, { input }))).code).toBe('FORBIDDEN');
    }
    await using manager = await stage.writer('manager', { workspace, scope: 'rooms:manage' });
    expect((await failureOf(publish(manager, { room: input.room, name: 'hello' }))).code).toBe('NOT_FOUND');
  });

  it('the same room in another workspace is another room', async () => {
    const room = newRoom();
    const [here, there] = [await begin(), await begin()];
    await publish(there.backend, { room, name: 'elsewhere' });
    await using stranger = await stage.listener('alice', { workspace: there.workspace });
    await enter(stranger, room).next();
    await using alice = await stage.listener('alice', { workspace: here.workspace });
    expect((await alice.request(RoomEventsDocument, { room })).roomEvents.nodes).toEqual([]);
    expect(await enter(alice, room, false).next()).toMatchObject({ count: 0 });
  });
});

describe('rooms on two processes', () => {
  it('whoever was on a process that is killed has left', { timeout: 60_000 }, async () => {
    await using servers = await distributed.open();
    const room = 'public:lobby';
    await using alice = await connect(servers.far, 'alice');
    await using bob = await connect(servers.near, 'bob');
    const looking = enter(alice, room, false);
    await looking.next();
    await enter(bob, room).next();
    expect(await looking.next()).toMatchObject({ joined: ['bob'] });
    await servers.near.kill();
    expect(await looking.next()).toEqual({ count: 0, members: [], joined: [], left: ['bob'] });
  });
});
