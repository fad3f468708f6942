// A backup is restored under running nodes, as docs/backups.md tells it: nobody is silently told less.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OrderStore } from '../../src/react/order-store.ts';
import { connect, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { impatient, openKitClient, tokenOf } from '../support/kit-client.ts';
import { runPostgresProgram, runSql, startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startServer } from '../support/server.ts';

let postgres: PostgresServer;
let directory: string;
beforeAll(async () => {
  postgres = await startPostgres();
  directory = await mkdtemp(join(tmpdir(), 'tidings-backup-'));
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { cursor note } }';
interface Published {
  readonly publishOrderUpdate: { readonly update: { readonly cursor: string } };
}
interface Followed {
  readonly orderUpdated: { readonly cursor: string; readonly note: string };
}

/** A node on a database of its own, and a shop that publishes orders of alice's. */
async function begin(env: Readonly<Record<string, string>> = {}) {
  const url = await postgres.createDatabase();
  const server = await startServer({ env: { DATABASE_URL: url, HEAD_CHECK_MS: '200', ...env } });
  const shop = await connect(server, 'shop', { scope: 'orders:publish users:erase' });
  const alice = await connect(server, 'alice');
  const file = join(directory, `${new URL(url).pathname.slice(1)}.dump`);
  return {
    server,
    shop,
    alice,
    url,
    tell: async (orderId: string, note: string, status = 'PENDING') => {
      const input = { orderId, customerId: 'alice', status, note };
      return (await shop.request<Published>(publish, { input })).publishOrderUpdate.update.cursor;
    },
    backUp: () => runPostgresProgram('pg_dump', ['--format=custom', `--file=${file}`, url]),
    restore: () =>
      runPostgresProgram('pg_restore', [
        '--clean',
        '--if-exists',
        '--single-transaction',
        `--dbname=${url}`,
        file,
      ]),
    async [Symbol.asyncDispose]() {
      await Promise.all([shop, alice].map((person) => person[Symbol.asyncDispose]()));
      await server.stop();
    },
  };
}

const expired = {
  code: 'CURSOR_EXPIRED',
  message: expect.stringMatching(
    /what followed it is no longer kept, or the log was restored\. Query `order` anew and subscribe after its cursor/,
  ) as string,
};

/** The notes that somebody is told who subscribes after this cursor, and the error that ends it. */
const after = (person: Person, orderId: string, cursor: string) =>
  person.subscribe<Followed>(follow, { orderId, after: cursor });

test('what was lost is told as CURSOR_EXPIRED, live and resumed, also when its number is taken again; what both have goes on', async () => {
  await using stage = await begin();
  const { alice, tell } = stage;
  const kept = await tell('1', 'first');
  const quiet = await tell('2', 'quiet');
  await stage.backUp();
  const live = after(alice, '1', kept);
  await using untouched = after(alice, '2', quiet);
  const lost = await tell('1', 'lost');
  expect((await live.next()).orderUpdated).toEqual({ cursor: lost, note: 'lost' });

  await stage.restore();
  expect(await failureOf(live.next())).toMatchObject(expired);
  expect(await failureOf(after(alice, '1', lost).next())).toMatchObject(expired);
  await using resumed = after(alice, '1', kept);
  await tell('1', 'in its place');
  expect((await resumed.next()).orderUpdated.note).toBe('in its place');
  expect(await failureOf(after(alice, '1', lost).next())).toMatchObject(expired);
  const { order } = await alice.request<{ order: { cursor: string } }>('{ order(id: "1") { cursor } }');
  await using anew = after(alice, '1', order.cursor);
  await tell('1', 'and on');
  expect((await anew.next()).orderUpdated.note).toBe('and on');
  // A stream of which nothing was lost never noticed.
  await tell('2', 'no longer quiet');
  expect((await untouched.next()).orderUpdated.note).toBe('no longer quiet');
});

test('a stream that is written beyond its old place before anybody looks is told apart by its events', async () => {
  await using stage = await begin({ HEAD_CHECK_MS: '60000' });
  const { alice, tell } = stage;
  const kept = await tell('1', 'first');
  await stage.backUp();
  const live = after(alice, '1', kept);
  for (const note of ['lost', 'lost too']) await tell('1', note);
  for (const note of ['lost', 'lost too']) expect((await live.next()).orderUpdated.note).toBe(note);
  await stage.restore();
  for (const note of ['another', 'yet another', 'one more']) await tell('1', note);
  expect(await failureOf(live.next())).toMatchObject(expired);
});

test('the client kit reads anew by itself, shows what there is now, and goes on', async () => {
  await using stage = await begin();
  const { tell } = stage;
  await tell('1', 'first');
  await stage.backUp();
  const expiredFields: string[] = [];
  await using kit = openKitClient(stage.server, {
    ...impatient,
    token: tokenOf('alice'),
    onCursorExpired: ({ field }) => expiredFields.push(field),
  });
  const order = new OrderStore(kit.client, '1');
  order.start();
  const shown = () => order.state.order?.status;
  await expect.poll(() => kit.log).toContain('orderUpdated is followed');
  await tell('1', 'lost', 'SHIPPED');
  await expect.poll(shown).toBe('SHIPPED');
  await stage.restore();
  await expect.poll(shown, { timeout: 20_000 }).toBe('PENDING');
  expect(expiredFields).toContain('orderUpdated');
  await tell('1', 'after the restore', 'CANCELLED');
  await expect.poll(shown, { timeout: 20_000 }).toBe('CANCELLED');
  expect(order.state.lastUpdate?.note).toBe('after the restore');
  order.stop();
});

test('whoever was erased since the backup is back with it, and gone when erased again', async () => {
  await using stage = await begin();
  const told = (text: string) =>
    runSql(stage.url, `select 1 from stream_entries where payload::text like '%${text}%'`);
  await stage.tell('1', 'to the address of alice');
  await stage.backUp();
  const erase = () => stage.shop.request('mutation { eraseUser(userId: "alice") { userId } }');
  await erase();
  expect(await told('address of alice')).toEqual([]);
  await stage.restore();
  expect(await told('address of alice')).not.toEqual([]);
  await erase();
  expect(await told('address of alice')).toEqual([]);
});
