// The pooler before PostgreSQL is restarted, as those see it who publish and follow through the public protocol.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { failureOf } from '../support/failure.ts';
import { startPooler, type Pooler } from '../support/pgbouncer.ts';
import { retried } from '../support/retried.ts';
import { runServerToItsEnd, startServer, type TestServer } from '../support/server.ts';

let database: TestDatabase;
let pooler: Pooler;
let server: TestServer;
const environment = () => ({
  DATABASE_URL: pooler.through(database.url),
  DATABASE_POOLING: 'transaction',
  DATABASE_DIRECT_URL: database.url,
  HEAD_CHECK_MS: '200',
});
beforeAll(async () => {
  database = await openTestDatabase();
  pooler = await startPooler({ databaseUrl: database.url, poolSize: 4 });
  server = await startServer({ env: environment() });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await pooler[Symbol.asyncDispose]();
  await database.drop();
});

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note } }';
interface Published {
  readonly publishOrderUpdate: { readonly update: { readonly cursor: string } };
}

async function begin(orderId: string) {
  const shop = await connect(server, 'shop', { scope: 'orders:publish' });
  const tell = async (note: string) => {
    const input = {
      orderId,
      customerId: 'shop',
      status: 'PENDING',
      note,
      idempotencyKey: `${orderId}-${note}`,
    };
    return (await shop.request<Published>(publish, { input })).publishOrderUpdate.update.cursor;
  };
  const updates = shop.subscribe<{ orderUpdated: { note: string } }>(follow, {
    orderId,
    after: await tell('first'),
  });
  const next = async () => (await updates.next()).orderUpdated.note;
  // Open from here on: one that is being opened while the database goes is refused.
  await tell('second');
  expect(await next()).toBe('second');
  return { shop, tell, next };
}

test('while it is away mutations are UNAVAILABLE and connections stay; then all goes on, and the node is still alone', async () => {
  const { shop, tell, next } = await begin('away');
  let closed = false;
  void shop.closed().then(() => (closed = true));
  await pooler.kill();
  expect(await failureOf(tell('third'))).toMatchObject({ code: 'UNAVAILABLE' });
  await pooler.start();
  await retried(() => tell('third'));
  expect(await next()).toBe('third');
  const second = await runServerToItsEnd({ env: environment() });
  expect(second.output).toContain('without Redis two nodes can not hear each other');
  expect(closed).toBe(false);
  await shop[Symbol.asyncDispose]();
});

test('whoever retries while it restarts again and again stores each event once', async () => {
  const { shop, tell, next } = await begin('again');
  const notes = Array.from({ length: 24 }, (_, index) => `event ${index}`);
  const told = Promise.all(notes.flatMap((note) => [retried(() => tell(note)), retried(() => tell(note))]));
  for (let restart = 0; restart < 4; restart += 1) {
    await pooler.kill();
    await pooler.start();
  }
  expect(new Set(await told).size).toBe(notes.length);
  const heard: string[] = [];
  while (heard.length < notes.length) heard.push(await next());
  expect(heard.toSorted()).toEqual(notes.toSorted());
  await tell('the last');
  expect(await next()).toBe('the last');
  await shop[Symbol.asyncDispose]();
});
