// `npm run bench`: start-up, publish-to-receipt latency and sustained publishing, on memory with PGlite and on Redis with
// PostgreSQL. Each round starts a fresh server process per set-up, in alternating order. Everything runs on this machine:
// the load generator, the server, Redis and PostgreSQL (with fsync) share its cores, so the figures are of all together.
// One publishOrderUpdate appends two events, one sendMessage in a conversation of two appends three.
//
//   ROUNDS=5 npm run bench      more rounds; 3 unless given
//   SECONDS=5 npm run bench     how long each rate is sustained; 5 unless given
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { signDevelopmentToken } from '../src/auth/development.ts';
import { createDatabase, startPostgres } from '../test/support/postgres.ts';
import { startRedis } from '../test/support/redis.ts';
import { startServer } from '../test/support/server.ts';
import { createPublisher, openListener, pace, sustain, type Target } from './load.ts';
import { quantile, Recorder, toReport } from './statistics.ts';

const rounds = Number(process.env['ROUNDS'] ?? 3);
const sustainMs = Number(process.env['SECONDS'] ?? 5) * 1_000;
const publishers = 32;
/** A server's code is compiled while it runs: the rate of a fresh one climbs by half in its first seconds. */
const warmUpMs = 6_000;
const ordersInPlay = 50;
const conversationsInPlay = 50;
const latencyPerSecond = 100;
const latencyEvents = 500;

const publishOrder =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const followOrders =
  'subscription ($after: Cursor) { orderUpdated(after: $after) { cursor note order { id status customer { id name } } } }';
const createConversation =
  'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }';
const sendMessage = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { cursor } }';

const recorder = new Recorder();
const record = recorder.record.bind(recorder);

async function target(url: string): Promise<Target> {
  const scope = 'orders:publish';
  return {
    url,
    token: await signDevelopmentToken({ user: 'alice', workspace: `bench-${randomUUID()}`, scope }),
  };
}

async function measureLatency(setup: string, on: Target): Promise<void> {
  const publisher = createPublisher(on, publishers);
  const { orders } = await publisher.send<{ orders: { cursor: string } }>('{ orders { cursor } }', {});
  const sentAt: number[] = [];
  const latencies: number[] = [];
  const listener = openListener(on, {
    query: followOrders,
    variables: { after: orders.cursor },
    onEvent: (data) => {
      const { note } = (data as { orderUpdated: { note: string } }).orderUpdated;
      const sent = sentAt[Number(note)];
      if (sent !== undefined) latencies.push(performance.now() - sent);
    },
  });
  const publish = (index: number) => {
    sentAt[index] = performance.now();
    return publisher.send(publishOrder, {
      input: {
        orderId: `order-${index % ordersInPlay}`,
        customerId: 'alice',
        status: 'PROCESSING',
        note: String(index),
      },
    });
  };
  await pace(latencyPerSecond, latencyPerSecond, publish); // warms up
  await listener.reached(latencyPerSecond);
  latencies.length = 0;
  await pace(latencyPerSecond, latencyEvents, (index) => publish(latencyPerSecond + index));
  await listener.reached(latencyPerSecond + latencyEvents);
  record(`${setup}: publish to receipt, p50 at ${latencyPerSecond} events/s`, 'ms', quantile(latencies, 0.5));
  record(
    `${setup}: publish to receipt, p99 at ${latencyPerSecond} events/s`,
    'ms',
    quantile(latencies, 0.99),
  );
  await listener.close();
  publisher.close();
}

async function measureRates(setup: string, on: Target): Promise<void> {
  const publisher = createPublisher(on, publishers);
  const publish = (index: number) =>
    publisher.send(publishOrder, {
      input: {
        orderId: `order-${index % ordersInPlay}`,
        customerId: `customer-${index % ordersInPlay}`,
        status: 'SHIPPED',
      },
    });
  await sustain(publishers, warmUpMs, publish);
  record(
    `${setup}: publishOrderUpdate, ${publishers} publishers`,
    '/s',
    await sustain(publishers, sustainMs, publish),
  );

  publisher.close();

  // People of their own in each conversation: one who takes part in all would serialise them on their list's stream.
  const pairs = await Promise.all(
    Array.from({ length: conversationsInPlay }, (_, index) => openConversation(on.url, index)),
  );
  const send = (index: number) => pairs[index % pairs.length]?.send() ?? Promise.resolve();
  await sustain(publishers, warmUpMs, send);
  const name = `${setup}: sendMessage, ${publishers} senders, ${conversationsInPlay} conversations of two`;
  record(name, '/s', await sustain(publishers, sustainMs, send));
  for (const pair of pairs) pair.close();
}

async function openConversation(url: string, index: number) {
  const user = `sender-${index}`;
  const token = await signDevelopmentToken({ user, workspace: `bench-${randomUUID()}` });
  const sender = createPublisher({ url, token }, 4);
  const { createConversation: created } = await sender.send<{
    createConversation: { conversation: { id: string } };
  }>(createConversation, { input: { participantIds: ['receiver'] } });
  const input = { conversationId: created.conversation.id, body: 'Is it there yet?' };
  return { send: () => sender.send(sendMessage, { input }), close: sender.close };
}

/** From the command to the first answered query, as somebody waits for it: a new process each time. */
async function measureStart(name: string, env: Record<string, string>): Promise<void> {
  const started = performance.now();
  await using server = await startServer({ env });
  const on = await target(server.url);
  const publisher = createPublisher(on, 1);
  await publisher.send('{ viewer { id } }', {});
  record(name, 's', (performance.now() - started) / 1_000);
  publisher.close();
}

const redis = await startRedis();
const postgres = await startPostgres({ fsync: true });

async function onRedisAndPostgres(): Promise<void> {
  const env = { REDIS_URL: redis.url, DATABASE_URL: await createDatabase(postgres.url) };
  await measureStart('start to first answer, Redis and new PostgreSQL database', env);
  await using server = await startServer({ env });
  await measureLatency('Redis+PostgreSQL', await target(server.url));
  await measureRates('Redis+PostgreSQL', await target(server.url));
}

async function onMemoryAndPglite(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-bench-'));
  const env = { DATA_DIR: join(dataDir, 'data') };
  try {
    await measureStart('start to first answer, embedded, first start', env);
    await measureStart('start to first answer, embedded, later start', env);
    await using server = await startServer({ env });
    await measureLatency('memory+PGlite', await target(server.url));
    await measureRates('memory+PGlite', await target(server.url));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

try {
  for (let round = 0; round < rounds; round += 1) {
    const contenders = [onMemoryAndPglite, onRedisAndPostgres];
    if (round % 2 === 1) contenders.reverse();
    for (const contender of contenders) await contender();
    console.error(`round ${round + 1} of ${rounds} is done`);
  }
} finally {
  await Promise.all([redis.stop(), postgres.stop()]);
}

console.log(toReport(recorder.figures));
