// Somebody does whatever one can, on two nodes that log everything, and is erased: then nothing of what they wrote or were
// called stands anywhere, and their id only where docs/privacy.md says.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { developmentIssuer } from '../../src/auth/development.ts';
import { signToken, type Claims } from '../../src/testing/sign-token.ts';
import { connect, type Person } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runSql } from '../support/postgres.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { readDatabase, readRedis } from '../support/traces.ts';

let database: TestDatabase;
let redis: RedisServer;
let near: TestServer;
let far: TestServer;
beforeAll(async () => {
  [database, redis] = await Promise.all([openTestDatabase(), startRedis()]);
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url, LOG_LEVEL: 'trace' };
  [near, far] = await Promise.all([startServer({ env }), startServer({ env })]);
}, 120_000);
afterAll(async () => {
  await Promise.all([near.stop(), far.stop()]);
  await Promise.all([database.drop(), redis.stop()]);
});

/** Stands in whatever the person writes, or is called, and in what is written about them. */
const mark = 'wonderland';
const picture = `https://example.com/${mark}/picture.png`;

const scope = [
  'orders:publish',
  'bookings:publish',
  'notifications:send',
  'users:write',
  'users:erase',
  'rooms:manage',
  'chat:write',
].join(' ');

function tokenOf(id: string, claims: Claims): Promise<string> {
  const { key, issuer, audience } = developmentIssuer;
  if (!('secret' in key)) throw new Error('The development issuer has a secret.');
  return signToken({ secret: key.secret, issuer, audience }, id, claims);
}

interface Cast {
  readonly id: string;
  readonly person: Person;
  readonly bob: Person;
  readonly shop: Person;
  readonly conversationId: string;
}

/** Everything that a person can do, and that is done about them. */
async function live(workspace: string): Promise<Cast> {
  const id = `person-${randomUUID()}`;
  const token = await tokenOf(id, { workspace, name: `Alice ${mark}`, picture });
  const shop = await connect(near, 'shop', { workspace, scope });
  const person = await connect(far, id, { token });
  const bob = await connect(near, 'bob', { workspace, name: 'Bob Builder' });
  await shop.request('mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id } } }', {
    users: [{ id, name: `Alice of ${mark}`, avatarUrl: picture }],
  });

  const { createConversation } = await person.request<{
    createConversation: { conversation: { id: string } };
  }>(
    'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }',
    {
      input: {
        participantIds: ['bob'],
        title: `The trip to ${mark}`,
        clientConversationId: `${mark}-conversation`,
      },
    },
  );
  const conversationId = createConversation.conversation.id;
  const send = async (who: Person, input: object) => {
    const sent = await who.request<{ sendMessage: { message: { id: string } } }>(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
      { input: { conversationId, ...input } },
    );
    return sent.sendMessage.message.id;
  };
  const attachments = [{ url: picture, name: `${mark}.png`, contentType: 'image/png' }];
  const edited = await send(person, { body: `${mark} at first`, attachments, clientMessageId: `${mark}-1` });
  const deleted = await send(person, { body: `${mark} deleted`, clientMessageId: `${mark}-2` });
  await send(person, { body: `${mark} as it stays` });
  await send(shop, { body: `${mark} said for them`, asUserId: id, clientMessageId: `${mark}-3` });
  const answer = await send(bob, { body: `an answer that stays, to @${id}` });
  await person.request('mutation ($input: EditMessageInput!) { editMessage(input: $input) { cursor } }', {
    input: { messageId: edited, body: `${mark} after the edit` },
  });
  await person.request('mutation ($id: ID!) { deleteMessage(messageId: $id) { cursor } }', { id: deleted });
  await person.request(
    'mutation ($conversationId: ID!, $messageId: ID!) { markConversationRead(conversationId: $conversationId, messageId: $messageId) { unreadCount } }',
    { conversationId, messageId: answer },
  );
  await person.requestOverWebSocket(
    'mutation ($id: ID!) { setTyping(conversationId: $id, isTyping: true) { isTyping } }',
    { id: conversationId },
  );
  await person.requestOverWebSocket(
    'mutation ($input: SetPresenceInput!) { setPresence(input: $input) { status } }',
    { input: { status: 'BUSY', activity: { kind: 'EDITING', resource: `letters/${mark}` } } },
  );
  await shop.request('mutation ($input: RoomAccessInput!) { grantRoomAccess(input: $input) { room } }', {
    input: { room: 'team:tea', userIds: [id] },
  });
  await shop.request('mutation ($input: RoomAccessInput!) { revokeRoomAccess(input: $input) { room } }', {
    input: { room: 'team:closed', userIds: [id] },
  });
  for (const room of ['public:lobby', 'team:tea']) {
    const presence = person.subscribe(
      'subscription ($room: ID!) { roomPresence(room: $room, join: true) { count } }',
      { room },
    );
    await presence.next();
    await person.request(
      'mutation ($input: PublishRoomEventInput!) { publishRoomEvent(input: $input) { deduplicated } }',
      { input: { room, name: `${mark}.waved`, data: { said: mark }, idempotencyKey: `${mark}-${room}` } },
    );
  }

  const tell = (field: string, type: string, input: object) =>
    shop.request(`mutation ($input: ${type}!) { ${field}(input: $input) { deduplicated } }`, { input });
  for (const status of ['PENDING', 'SHIPPED']) {
    await tell('publishOrderUpdate', 'PublishOrderUpdateInput', {
      orderId: `order-${workspace}`,
      customerId: id,
      status,
      trackingNumber: `${mark}-tracking`,
      note: `to ${mark}, ${status}`,
      data: { address: mark },
      notifyCustomer: true,
    });
  }
  await tell('publishBookingUpdate', 'PublishBookingUpdateInput', {
    bookingId: `booking-${workspace}`,
    customerId: id,
    status: 'CONFIRMED',
    serviceName: 'A haircut',
    note: `for ${mark}`,
    data: { phone: mark },
    notifyCustomer: true,
  });
  await tell('sendNotification', 'SendNotificationInput', {
    userIds: [id],
    type: 'SYSTEM',
    title: `Welcome to ${mark}`,
    body: mark,
    data: { mark },
    url: `/${mark}`,
  });
  await person.request('mutation { markAllNotificationsRead { unreadCount } }');
  return { id, person, bob, shop, conversationId };
}

const traces = async (): Promise<readonly string[]> => [
  ...(await readDatabase(database.url)),
  ...(await readRedis(redis.url)),
  ...[near, far].flatMap((server) => server.output().split('\n')),
];

const holding = (lines: readonly string[], text: string) =>
  lines.filter((line) => line.toLowerCase().includes(text.toLowerCase()));

it('nothing of what they wrote, were called and were told stands in tables, log, Redis or logs', async () => {
  const { id, person, bob, shop, conversationId } = await live(`w-${randomUUID()}`);
  // It can fail: there is something to be found, in the database and in Redis.
  expect(holding(await readDatabase(database.url), mark).length).toBeGreaterThan(10);
  expect(holding(await readRedis(redis.url), mark).length).toBeGreaterThan(0);

  const closed = person.closed();
  await shop.request('mutation ($id: ID!) { eraseUser(userId: $id) { userId } }', { id });
  expect(await closed).toMatchObject({ code: 4401 });
  expect(holding(await readDatabase(database.url), mark)).toEqual([]);
  // Leaving has a grace, typing lapses.
  await expect.poll(async () => holding(await readRedis(redis.url), id), { timeout: 20_000 }).toEqual([]);
  expect(holding(await traces(), mark)).toEqual([]);
  expect(holding(near.output().split('\n').concat(far.output().split('\n')), id)).toEqual([]);

  // Where the id stays, and nowhere else.
  const remaining = holding(await readDatabase(database.url), id).map((line) => line.split(' ')[0] ?? '');
  expect([...new Set(remaining)].sort()).toEqual(await tablesThatKeepTheId());

  // Others have what is theirs, without a hole.
  const { conversation } = await bob.request<{
    conversation: { title: string | null; messages: { nodes: readonly { body: string }[] } };
  }>(
    'query ($id: ID!) { conversation(id: $id) { title participants { id name } messages { nodes { body sender { name } } } } }',
    { id: conversationId },
  );
  expect(conversation).toMatchObject({ title: null, participants: [{}, {}] });
  expect(conversation.messages.nodes.map(({ body }) => body).filter((body) => body !== '')).toEqual([
    `an answer that stays, to @${id}`,
  ]);
  const holes = await runSql(
    database.url,
    `select topic from stream_entries group by topic having count(*) <> max(number) - min(number) + 1`,
  );
  expect(holes).toEqual([]);
  await Promise.all([bob, shop].map((one) => one[Symbol.asyncDispose]()));
});

it('whoever was erased and signs in anew begins with nothing, and reads on where they took part', async () => {
  const workspace = `w-${randomUUID()}`;
  const { id, bob, shop, conversationId } = await live(workspace);
  await shop.request('mutation ($id: ID!) { eraseUser(userId: $id) { userId } }', { id });
  const issuedAt = Math.ceil(Date.now() / 1_000) + 1;
  await expect.poll(() => Date.now() / 1_000, { timeout: 5_000 }).toBeGreaterThan(issuedAt);
  const token = await tokenOf(id, { workspace });
  await using again = await connect(near, id, { token });
  const { conversation } = await again.request<{
    conversation: { messages: { nodes: readonly { id: string; body: string }[] } };
  }>('query ($id: ID!) { conversation(id: $id) { messages { nodes { id body } } } }', { id: conversationId });
  const said = conversation.messages.nodes.find(({ body }) => body !== '');
  const { markConversationRead } = await again.request<{ markConversationRead: object }>(
    'mutation ($conversationId: ID!, $messageId: ID!) { markConversationRead(conversationId: $conversationId, messageId: $messageId) { unreadCount } }',
    { conversationId, messageId: said?.id },
  );
  expect(markConversationRead).toEqual({ unreadCount: 0 });
  expect(await again.request('{ notifications { nodes { id } } }')).toEqual({ notifications: { nodes: [] } });
  await Promise.all([bob, shop].map((one) => one[Symbol.asyncDispose]()));
});

/** The tables of docs/privacy.md whose second column names an id that stays. */
async function tablesThatKeepTheId(): Promise<readonly string[]> {
  const page = await readFile(new URL('../../docs/privacy.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (.+?) +\|/gm)];
  return rows.flatMap(([, table = '', kept]) => (kept === 'nothing' ? [] : [table])).sort();
}
