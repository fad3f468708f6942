// PostgreSQL goes away, or its answer does, as those see it who publish and follow through the public protocol.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { startCommitCutter, type CommitCutter } from '../support/commit-cutter.ts';
import { failureOf } from '../support/failure.ts';
import { retried } from '../support/retried.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startServer, type TestServer } from '../support/server.ts';

let postgres: PostgresServer;
let cutter: CommitCutter;
let server: TestServer;
beforeAll(async () => {
  postgres = await startPostgres();
  cutter = await startCommitCutter(await postgres.createDatabase());
  server = await startServer({ env: { DATABASE_URL: cutter.url, HEAD_CHECK_MS: '200' } });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await cutter[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { cursor note } }';
interface Published {
  readonly publishOrderUpdate: {
    readonly deduplicated: boolean;
    readonly update: { readonly cursor: string };
  };
}
interface Followed {
  readonly orderUpdated: { readonly cursor: string; readonly note: string };
}

let orders = 0;
async function begin() {
  const orderId = `order-${++orders}`;
  const shop = await connect(server, 'shop', { scope: 'orders:publish' });
  const tell = (note: string, idempotencyKey = note) =>
    shop.request<Published>(publish, {
      input: {
        orderId,
        customerId: 'shop',
        status: 'PENDING',
        note,
        idempotencyKey: `${orderId}-${idempotencyKey}`,
      },
    });
  const { cursor } = (await tell('first')).publishOrderUpdate.update;
  const updates = shop.subscribe<Followed>(follow, { orderId, after: cursor });
  const next = async () => (await updates.next()).orderUpdated.note;
  await tell('second');
  expect(await next()).toBe('second');
  return { shop, orderId, tell, next };
}

test('while it is away mutations fail at once with UNAVAILABLE, the connection stays, and all goes on when it is back', async () => {
  const { shop, tell, next } = await begin();
  let closed = false;
  void shop.closed().then(() => (closed = true));
  await postgres.stop();
  for (const request of [() => tell('third'), () => shop.request('{ orders { cursor } }')]) {
    const { errors } = await failureOf(request());
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) } }]);
  }
  await postgres.start();
  await expect
    .poll(
      () =>
        tell('third').then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
  expect(await next()).toBe('third');
  await tell('fourth');
  expect(await next()).toBe('fourth');
  expect(closed).toBe(false);
  await shop[Symbol.asyncDispose]();
});

test('an answer to a commit that is lost is told as unknown; the same key then answers what has become of it', async () => {
  const { shop, tell, next } = await begin();
  cutter.cut();
  const unknown = await failureOf(tell('third'));
  cutter.mend();
  expect(unknown.code).toBe('UNAVAILABLE');
  expect(unknown.message).toMatch(/unknown whether it took effect.*same idempotency key/);
  const again = await retried(() => tell('third'));
  expect(again.publishOrderUpdate.deduplicated).toBe(true);
  await tell('fourth');
  // Once, though it was published twice and its first publisher never told anybody.
  expect([await next(), await next()]).toEqual(['third', 'fourth']);
  await shop[Symbol.asyncDispose]();
});

test('many who retry at once while it crashes again and again store each event once', async () => {
  const { shop, tell, next } = await begin();
  const notes = Array.from({ length: 24 }, (_, index) => `event ${index}`);
  const told = Promise.all(notes.flatMap((note) => [retried(() => tell(note)), retried(() => tell(note))]));
  for (let crash = 0; crash < 3; crash += 1) {
    await postgres.crash();
    await postgres.start();
  }
  const answers = await told;
  const cursors = answers.map(({ publishOrderUpdate: { update } }) => update.cursor);
  expect(new Set(cursors).size).toBe(notes.length);
  const heard: string[] = [];
  while (heard.length < notes.length) heard.push(await next());
  expect(heard.toSorted()).toEqual(notes.toSorted());
  await tell('the last');
  expect(await next()).toBe('the last');
  await shop[Symbol.asyncDispose]();
});
