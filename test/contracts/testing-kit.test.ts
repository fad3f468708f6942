// tidings/testing, as a team's own suite uses it; and each of its assertions seen to fail where it has to.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../support/database.ts';
import {
  ChatMessageDocument,
  NotificationDocument,
  OrderDocument,
  OrderUpdatedDocument,
  PresenceChangedDocument,
  RoomPresenceChangedDocument,
  SetPresenceDocument,
  SetTypingDocument,
  TypingDocument,
} from '../../src/client/generated.ts';
import type { TidingsModule } from '../../src/index.ts';
import { ResponseError, startTidings, type Person, type TestTidings } from '../../src/testing/index.ts';
import { plannerModules } from '../scenarios/planner/modules.ts';
import {
  CreateTaskDocument,
  TaskChangedDocument,
  TasksDocument,
} from '../scenarios/planner/generated/documents.ts';

/** What it is asked is never answered. */
const silentModule: TidingsModule = {
  name: 'test.silent',
  define(builder) {
    builder.queryField('neverAnswered', (t) =>
      t.boolean({ resolve: () => new Promise<boolean>(() => undefined) }),
    );
  },
};

let server: TestTidings;
beforeAll(async () => {
  server = await startTidings({
    modules: [...plannerModules, silentModule],
    publicRooms: ['product:*'],
    // Quicker than any person is.
    settings: { RATE_PRESENCE: '1000' },
  });
}, 60_000);
afterAll(() => server.close());

let workspaces = 0;
/** Of one test alone. */
const newWorkspace = () => `w-${(workspaces += 1)}`;

const failureOf = async (work: Promise<unknown>): Promise<Error> => {
  const thrown: unknown = await work.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  );
  return thrown as Error;
};

describe('a team’s own suite', () => {
  it('tests a domain of its own: whom a task concerns hears of it, and nobody else', async () => {
    const workspace = newWorkspace();
    await using mum = await server.connect('mum', { workspace, roles: ['parent'] });
    await using ben = await server.connect('ben', { workspace });
    await using eve = await server.connect('eve', { workspace });
    const { tasks } = await ben.request(TasksDocument);
    const bens = await ben.subscribe(TaskChangedDocument, { after: tasks.cursor });
    const eves = await eve.subscribe(TaskChangedDocument);

    await mum.request(CreateTaskDocument, { title: 'Dishes', assigneeId: 'ben' });

    const { taskChanged } = await bens.nextEvent();
    expect(taskChanged).toMatchObject({ kind: 'CREATED', task: { title: 'Dishes' } });
    await eves.expectNoEvent();
  });

  it('tests what the built-in ones do with what its backend publishes', async () => {
    const workspace = newWorkspace();
    const shop = server.publisher({ workspace });
    await shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using alice = await server.connect('alice', { workspace, name: 'Alice' });
    const { order } = await alice.request(OrderDocument, { id: '42' });
    const updates = await alice.subscribe(OrderUpdatedDocument, { orderId: '42', after: order?.cursor });
    const { update } = await shop.publishOrderUpdate({ orderId: '42', status: 'SHIPPED' });
    expect((await updates.nextEvent()).orderUpdated).toEqual(update);
    expect(update.order.customer.name).toBe('Alice');
  });

  it('tests who may: refusals come with their codes', async () => {
    const workspace = newWorkspace();
    await using eve = await server.connect('eve', { workspace });
    const shop = server.publisher({ workspace, scope: 'notifications:send' });
    const refused = shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const listening = await failureOf(eve.subscribe(ChatMessageDocument, { conversationId: 'none' }));
    expect(listening).toBeInstanceOf(ResponseError);
    expect(listening).toMatchObject({ code: 'NOT_FOUND' });
    await expect(eve.request('{ nonsense }')).rejects.toThrow('nonsense');
    await expect(eve.requestOverWebSocket('{ nonsense }')).rejects.toThrow('nonsense');
    await expect(server.connect('late', { expiresInSeconds: -1 })).rejects.toThrow('4403');
  });

  it('tests the end of access, and of connections', async () => {
    const workspace = newWorkspace();
    const backend = server.publisher({ workspace });
    const { conversation } = await backend.createConversation({ participantIds: ['alice', 'bob'] });
    await using alice = await server.connect('alice', { workspace });
    const messages = await alice.subscribe(ChatMessageDocument, { conversationId: conversation.id });
    await backend.sendMessage({ conversationId: conversation.id, body: 'bye' });
    await backend.removeParticipants({ conversationId: conversation.id, userIds: ['alice'] });
    expect((await messages.nextEvent()).chatMessage.message.body).toBe('bye');
    await expect(messages.nextEvent()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // Silence would prove nothing any more.
    await expect(messages.expectNoEvent()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await backend.revokeSessions({ userId: 'alice' });
    expect(await alice.closed).toMatchObject({ code: 4401 });
    await expect(alice.subscribe(OrderUpdatedDocument)).rejects.toThrow('4401');
  });
});

describe('nextEvent', () => {
  const orders = async () => {
    const workspace = newWorkspace();
    const shop = server.publisher({ workspace });
    const publish = (note: string) =>
      shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING', note });
    const alice = await server.connect('alice', { workspace });
    return { alice, publish, updates: await alice.subscribe(OrderUpdatedDocument) };
  };

  it('passes over what does not match, and tells all that has come where nothing does', async () => {
    const { alice, publish, updates } = await orders();
    for (const note of ['one', 'two', 'three']) await publish(note);
    const isTwo = ({ orderUpdated }: { orderUpdated: { note: string | null } }) =>
      orderUpdated.note === 'two';
    expect((await updates.nextEvent(isTwo)).orderUpdated.note).toBe('two');
    expect((await updates.nextEvent()).orderUpdated.note).toBe('three');
    const missed = await failureOf(updates.nextEvent(isTwo, { timeoutMs: 20 }));
    expect(missed.message).toMatch(/^No event that matches came within 20 ms. So far 3 have come:/);
    expect(missed.message).toMatch(/"one".*\n.*"two".*\n.*"three"/);
    expect(updates.received).toHaveLength(3);
    await alice.close();
  });

  it('waits for what is on its way, and says so where nothing came', async () => {
    const { alice, publish, updates } = await orders();
    const coming = updates.nextEvent();
    await publish('late');
    expect((await coming).orderUpdated.note).toBe('late');
    const missed = await failureOf(updates.nextEvent(undefined, { timeoutMs: 10 }));
    expect(missed.message).toBe(
      'No event came within 10 ms. So far 1 has come:\n  ' + JSON.stringify(updates.received[0]),
    );
    await alice.close();
    await expect(updates.nextEvent()).rejects.toThrow();
  });
});

describe('expectNoEvent', () => {
  it(
    '200 times: it sees what was published a line before, and nothing else',
    { timeout: 60_000 },
    async () => {
      const workspace = newWorkspace();
      const shop = server.publisher({ workspace });
      await using alice = await server.connect('alice', { workspace });
      await using bob = await server.connect('bob', { workspace });
      const [hers, his] = [
        await alice.subscribe(OrderUpdatedDocument, {}),
        await bob.subscribe(OrderUpdatedDocument, {}),
      ];
      for (let time = 0; time < 200; time += 1) {
        await hers.expectNoEvent();
        await shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
        const seen = await failureOf(hers.expectNoEvent());
        expect(seen.message).toMatch(/^An event has come: \{"orderUpdated"/);
        await his.expectNoEvent();
        await hers.nextEvent();
      }
    },
  );

  it('200 times: behind a cursor, while it still reads the log', { timeout: 60_000 }, async () => {
    const workspace = newWorkspace();
    const shop = server.publisher({ workspace });
    const pending = { orderId: '42', customerId: 'alice', status: 'PENDING' } as const;
    await shop.publishOrderUpdate(pending);
    await using alice = await server.connect('alice', { workspace });
    const { order } = await alice.request(OrderDocument, { id: '42' });
    await shop.publishOrderUpdate(pending);
    for (let time = 0; time < 200; time += 1) {
      const variables = { orderId: '42', after: order?.cursor };
      await using updates = await alice.subscribe(OrderUpdatedDocument, variables);
      await expect(updates.expectNoEvent()).rejects.toThrow('An event has come');
      expect(updates.received).toHaveLength(1);
    }
  });

  it('of a thousand it sees the last', { timeout: 60_000 }, async () => {
    const workspace = newWorkspace();
    const shop = server.publisher({ workspace });
    await using alice = await server.connect('alice', { workspace });
    const updates = await alice.subscribe(OrderUpdatedDocument, {});
    const note = 'x'.repeat(900);
    const pending = { orderId: '42', customerId: 'alice', status: 'PENDING', note } as const;
    for (let hundred = 0; hundred < 10; hundred += 1) {
      await Promise.all(Array.from({ length: 100 }, () => shop.publishOrderUpdate(pending)));
    }
    await shop.publishOrderUpdate({ orderId: '42', status: 'SHIPPED' });
    const seen = await failureOf(
      updates.expectNoEvent(({ orderUpdated }) => orderUpdated.order.status === 'SHIPPED'),
    );
    expect(seen.message).toMatch(/^An event that matches has come/);
    expect(updates.received).toHaveLength(1_001);
  });

  it('what is sent to a whole workspace is there, though it is delivered behind the answer', async () => {
    const workspace = newWorkspace();
    const people: Person[] = [];
    for (const user of ['alice', 'bob', 'carol']) people.push(await server.connect(user, { workspace }));
    const feeds = await Promise.all(people.map((person) => person.subscribe(NotificationDocument, {})));
    await server
      .publisher({ workspace })
      .sendNotification({ workspace: true, type: 'SYSTEM', title: 'All', body: '' });
    for (const feed of feeds) await expect(feed.expectNoEvent()).rejects.toThrow('An event has come');
  });

  it('live state, 50 times: typing, presence and rooms are told by then', { timeout: 60_000 }, async () => {
    const workspace = newWorkspace();
    const backend = server.publisher({ workspace });
    await using alice = await server.connect('alice', { workspace });
    const { conversation } = await backend.createConversation({ participantIds: ['alice', 'bob'] });
    const typing = await alice.subscribe(TypingDocument, { conversationId: conversation.id });
    const presence = await alice.subscribe(PresenceChangedDocument, {});
    await presence.nextEvent();
    await presence.expectNoEvent();
    const room = await alice.subscribe(RoomPresenceChangedDocument, { room: 'product:1' });
    await room.nextEvent();
    const happens =
      <Event>(reader: { expectNoEvent(): Promise<void>; nextEvent(): Promise<Event> }) =>
      async () => {
        await expect(reader.expectNoEvent()).rejects.toThrow('An event has come');
        return reader.nextEvent();
      };
    const [typed, seen, entered] = [happens(typing), happens(presence), happens(room)];
    await using bob = await server.connect('bob', { workspace });
    expect((await seen()).presenceChanged).toMatchObject({ userId: 'bob', status: 'ONLINE' });
    for (let time = 0; time < 50; time += 1) {
      await bob.request(SetPresenceDocument, { input: { status: time % 2 === 0 ? 'BUSY' : 'AWAY' } });
      expect((await seen()).presenceChanged.status).toBe(time % 2 === 0 ? 'BUSY' : 'AWAY');
      const inside = await bob.subscribe(RoomPresenceChangedDocument, { room: 'product:1', join: true });
      expect((await entered()).roomPresence.joined).toMatchObject([{ id: 'bob' }]);
      await inside[Symbol.asyncDispose]();
      expect((await entered()).roomPresence.left).toMatchObject([{ id: 'bob' }]);
      await typing.expectNoEvent();
    }
    for (const isTyping of [true, false]) {
      await bob.request(SetTypingDocument, { conversationId: conversation.id, isTyping });
      expect((await typed()).typing.isTyping).toBe(isTyping);
    }
  });

  it('says so where it can not be certain, and where there is nothing to be certain of', async () => {
    const workspace = newWorkspace();
    await using alice = await server.connect('alice', { workspace });
    const updates = await alice.subscribe(OrderUpdatedDocument, {});
    const bob = await server.connect('bob', { workspace });
    const waiting = failureOf(bob.requestOverWebSocket('{ neverAnswered }'));
    await bob.request('{ __typename }');
    const uncertain = updates.expectNoEvent(undefined, { timeoutMs: 100 });
    await expect(uncertain).rejects.toThrow('has not come to rest within 100 ms');
    await bob.close();
    await waiting;
    await updates.expectNoEvent();
    await updates[Symbol.asyncDispose]();
    await expect(updates.expectNoEvent()).rejects.toThrow('given up by the test');
  });
});

it(
  'on Redis and PostgreSQL, 100 times: what another node has published a line before is seen',
  { timeout: 60_000 },
  async () => {
    await using database = await openTestDatabase();
    const shared = { databaseUrl: database.url, redisUrl: process.env['TIDINGS_TEST_REDIS_URL'] };
    await using near = await startTidings(shared);
    await using far = await startTidings(shared);
    const alice = await far.connect('alice');
    const bob = await far.connect('bob');
    const hers = await alice.subscribe(OrderUpdatedDocument, {});
    const his = await bob.subscribe(OrderUpdatedDocument, {});
    const shop = near.publisher();
    for (let time = 0; time < 100; time += 1) {
      await shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
      await expect(hers.expectNoEvent()).rejects.toThrow('An event has come');
      await his.expectNoEvent();
      await hers.nextEvent();
    }
  },
);

it('servers side by side know nothing of each other', { timeout: 60_000 }, async () => {
  const [one, other] = await Promise.all([startTidings(), startTidings()]);
  try {
    const [hers, his] = [await one.connect('alice'), await other.connect('alice')];
    const [atOne, atOther] = [
      await hers.subscribe(OrderUpdatedDocument, {}),
      await his.subscribe(OrderUpdatedDocument, {}),
    ];
    await one.publisher().publishOrderUpdate({ orderId: '1', customerId: 'alice', status: 'PENDING' });
    await atOne.nextEvent();
    await atOther.expectNoEvent();
    const response = await fetch(other.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await one.token('alice')}` },
      body: '{ "query": "{ viewer { id } }" }',
    });
    expect(response.status).toBe(401);
    await one.close();
    await atOther.expectNoEvent();
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

it('says of settings that can not be right which they are', async () => {
  const refused = (settings: Readonly<Record<string, unknown>>) =>
    expect(startTidings({ settings: settings as Record<string, string> })).rejects;
  await refused({ RATE_MESSAGES: 'many' }).toThrow('RATE_MESSAGES is "many", but it must be a whole number');
  await refused({ RATE_MESAGES: '2' }).toThrow('There is no setting RATE_MESAGES');
  await refused({ RATE_MESSAGES: 2 }).toThrow('RATE_MESSAGES is 2, but settings are texts');
  await refused({ JWT_SECRET: 'mine' }).toThrow('JWT_SECRET is not for `settings`');
});

it(
  'a program that has closed what it started ends by itself, and leaves nothing',
  { timeout: 60_000 },
  () => {
    const entry = fileURLToPath(new URL('../../dist/testing/index.js', import.meta.url));
    const temporary = mkdtempSync(join(tmpdir(), 'tidings-kit-'));
    const program = `
    import { startTidings } from ${JSON.stringify(entry)};
    const server = await startTidings();
    const alice = await server.connect('alice');
    const bob = await server.connect('bob');
    const updates = await alice.subscribe('subscription { orderUpdated { cursor } }');
    await server.publisher().publishOrderUpdate({ orderId: '1', customerId: 'alice', status: 'PENDING' });
    await updates.nextEvent();
    await server.close();
    globalThis.closedAt = performance.now();
    process.on('exit', () => console.log(Math.round(performance.now() - closedAt)));
  `;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 40_000, env: { ...process.env, TMPDIR: temporary } },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(Number(stdout)).toBeLessThan(2_000);
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
  },
);
