// Nodes behind a PgBouncer in transaction mode, with fewer sessions than they have connections, and the addresses that they
// refuse to start with.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { startPooler, type Pooler } from '../support/pgbouncer.ts';
import { runServerToItsEnd, startServer } from '../support/server.ts';

let database: TestDatabase;
let pooler: Pooler;
beforeAll(async () => {
  database = await openTestDatabase();
  pooler = await startPooler({ databaseUrl: database.url, poolSize: 3 });
});
afterAll(async () => {
  await pooler[Symbol.asyncDispose]();
  await database.drop();
});

const withPooler = () => ({
  DATABASE_URL: pooler.through(database.url),
  DATABASE_POOLING: 'transaction',
  DATABASE_DIRECT_URL: database.url,
});
const withRedis = () => ({ ...withPooler(), REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '' });

interface Sent {
  readonly sendMessage: { readonly message: { readonly body: string } };
}

it('two nodes with three sessions between them serve a crowd, in order and once', async () => {
  const env = withRedis();
  const [near, far] = await Promise.all([startServer({ env }), startServer({ env })]);
  const workspace = `w-${randomUUID()}`;
  await using alice = await connect(near, 'alice', { workspace });
  await using bob = await connect(far, 'bob', { workspace });
  const { createConversation } = await alice.request<{
    createConversation: { conversation: { id: string; cursor: string } };
  }>('mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id cursor } } }');
  const { id, cursor } = createConversation.conversation;
  const heard = bob.subscribe<{ chatMessage: { message: { body: string } } }>(
    'subscription ($id: ID!, $after: Cursor) { chatMessage(conversationId: $id, after: $after) { message { body } } }',
    { id, after: cursor },
  );
  const bodies = Array.from({ length: 80 }, (_, index) => `message ${index}`);
  const sent = Promise.all(
    bodies.map((body, index) =>
      (index % 2 === 0 ? alice : bob).request<Sent>(
        'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { body } } }',
        { input: { conversationId: id, body, clientMessageId: body } },
      ),
    ),
  );
  const told: string[] = [];
  while (told.length < bodies.length) told.push((await heard.next()).chatMessage.message.body);
  await sent;
  expect(told.toSorted()).toEqual(bodies.toSorted());
  const { conversation } = await bob.request<{ conversation: { unreadCount: number } }>(
    'query ($id: ID!) { conversation(id: $id) { unreadCount } }',
    { id },
  );
  expect(conversation.unreadCount).toBe(40);
  await Promise.all([near.stop(), far.stop()]);
});

it('a node without Redis is alone with its database behind a pooler too', async () => {
  await using alone = await startServer({ env: withPooler() });
  const second = await runServerToItsEnd({ env: withPooler() });
  expect(second.output).toContain('without Redis two nodes can not hear each other');
  expect(alone.url).toMatch(/^http/);
});

it('a pooler in transaction mode that nothing was said of is found at the start', async () => {
  const pooled = pooler.through(database.url);
  const unsaid = await runServerToItsEnd({ env: { DATABASE_URL: pooled } });
  expect(unsaid.code).toBe(1);
  expect(unsaid.output).toContain(
    'DATABASE_URL leads to a pooler in transaction mode, where statements and locks of a session get lost. ' +
      'Set DATABASE_POOLING=transaction, and DATABASE_DIRECT_URL',
  );
  const half = await runServerToItsEnd({
    env: { DATABASE_URL: pooled, DATABASE_DIRECT_URL: database.url },
  });
  expect(half.output).toContain('DATABASE_URL leads to a pooler in transaction mode');
  const notPast = await runServerToItsEnd({ env: { ...withPooler(), DATABASE_DIRECT_URL: pooled } });
  expect(notPast.output).toContain(
    'DATABASE_DIRECT_URL leads to a pooler in transaction mode: set it to the address of the database itself.',
  );
  const missing = await runServerToItsEnd({
    env: { DATABASE_URL: pooled, DATABASE_POOLING: 'transaction' },
  });
  expect(missing.output).toContain(
    'DATABASE_DIRECT_URL is unset, but DATABASE_POOLING is "transaction": set it to the address of the same database past',
  );
});

it('two addresses of two databases are refused, and neither is changed', async () => {
  await using other = await openTestDatabase();
  const env = { ...withPooler(), DATABASE_DIRECT_URL: other.url };
  const ended = await runServerToItsEnd({ env });
  expect(ended.code).toBe(1);
  expect(ended.output).toContain('DATABASE_URL and DATABASE_DIRECT_URL lead to two different databases');
});

it('a pooler in session mode needs nothing said of it', async () => {
  await using keeping = await startPooler({ databaseUrl: database.url, poolSize: 30, mode: 'session' });
  await using server = await startServer({ env: { DATABASE_URL: keeping.through(database.url) } });
  expect(server.url).toMatch(/^http/);
});
