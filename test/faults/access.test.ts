// Access ends at a number, however the news travels: with Redis losing everything that is published, with a node frozen
// while it happens, with tokens that run out in the middle of a burst.
import { describe, expect, test } from 'vitest';
import {
  GrantRoomAccessDocument,
  PublishRoomEventDocument,
  RevokeRoomAccessDocument,
  RoomEventDocument,
  RoomEventsDocument,
} from '../../src/client/generated.ts';
import { asChatter } from '../support/chatter.ts';
import { connect, ResponseError } from '../support/client.ts';
import { useGatedNodes } from '../support/gated-nodes.ts';

// Where people write, and where they listen. One of them writes as fast as can be.
const nodes = useGatedNodes({ RATE_MESSAGES: '100000' });

let workspaces = 0;
const newWorkspace = () => `access-${++workspaces}`;

/** Somewhere that Bob may listen, until his access is taken away. */
interface Place {
  tell(what: string): Promise<unknown>;
  removeBob(): Promise<unknown>;
  /** What is told next. */
  next(): Promise<string>;
}

const places = [
  {
    name: 'a conversation',
    async open(): Promise<Place> {
      const workspace = newWorkspace();
      const alice = asChatter(await connect(nodes.near, 'alice', { workspace }));
      const bob = asChatter(await connect(nodes.far, 'bob', { workspace }));
      const { id, cursor } = await alice.create({ participantIds: ['bob'] });
      const messages = bob.followMessages(id, cursor);
      return {
        tell: (body) => alice.send(id, body),
        removeBob: () => alice.remove(id, 'bob'),
        next: async () => (await messages.next()).message.body,
      };
    },
  },
  {
    name: 'a room',
    async open(): Promise<Place> {
      const workspace = newWorkspace();
      const input = { room: 'team:1', userIds: ['bob'] };
      const scope = 'rooms:manage rooms:publish';
      const backend = await connect(nodes.near, 'backend', { workspace, scope });
      const bob = await connect(nodes.far, 'bob', { workspace });
      await backend.request(GrantRoomAccessDocument, { input });
      const { roomEvents } = await bob.request(RoomEventsDocument, { room: input.room });
      const events = bob.subscribe(RoomEventDocument, { room: input.room, after: roomEvents.cursor });
      return {
        tell: (name) => backend.request(PublishRoomEventDocument, { input: { room: input.room, name } }),
        removeBob: () => backend.request(RevokeRoomAccessDocument, { input }),
        next: async () => (await events.next()).roomEvent.name,
      };
    },
  },
];

/** What is told until the stream ends, and the code that it failed with: none where its connection was closed. */
async function drain(next: () => Promise<string>) {
  const told: string[] = [];
  for (;;) {
    try {
      told.push(await next());
    } catch (error) {
      return { told, code: error instanceof ResponseError ? error.code : null };
    }
  }
}

describe.each(places)('in $name', ({ open }) => {
  const begin = async () => {
    const place = await open();
    // It is live before anything happens.
    await place.tell('hello');
    expect(await place.next()).toBe('hello');
    return place;
  };
  const removeBetween = async ({ tell, removeBob }: Place) => {
    await tell('before');
    await removeBob();
    await tell('after');
  };

  test('with Redis losing what is published, whoever is removed receives what came before it and nothing after', async () => {
    const place = await begin();
    nodes.gate.dropping = true;
    try {
      await removeBetween(place);
      expect(await drain(place.next)).toEqual({ told: ['before'], code: 'FORBIDDEN' });
    } finally {
      nodes.gate.dropping = false;
    }
  });

  test('a node that was frozen while somebody was removed thaws, and delivers what came before it and nothing after', async () => {
    const place = await begin();
    nodes.far.process.kill('SIGSTOP');
    try {
      await removeBetween(place);
    } finally {
      nodes.far.process.kill('SIGCONT');
    }
    expect(await drain(place.next)).toEqual({ told: ['before'], code: 'FORBIDDEN' });
  });
});

test('while messages pour in, who renewed goes on without a hole, and who did not is closed with 4403', async () => {
  const workspace = newWorkspace();
  const alice = asChatter(await connect(nodes.near, 'alice', { workspace }));
  const { id, cursor } = await alice.create({ participantIds: ['bob', 'carol'] });
  const soon = { workspace, expiresIn: 3 };
  const [bob, carol] = [
    asChatter(await connect(nodes.far, 'bob', soon)),
    asChatter(await connect(nodes.far, 'carol', soon)),
  ];
  const [atBob, atCarol] = [bob.followMessages(id, cursor), carol.followMessages(id, cursor)];
  await Promise.all([bob.connected(), carol.connected()]);
  const closed = carol.closed();

  const token = (await connect(nodes.far, 'bob', { workspace })).token;
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
  const { told } = await drain(async () => (await atCarol.next()).message.body);
  expect(told).toEqual(Array.from({ length: told.length }, (_, index) => `${index + 1}`));
  expect(told.length).toBeLessThan(last);
  await Promise.all([alice, bob].map((person) => person[Symbol.asyncDispose]()));
});
