// `npm run bench:broadcast`: a notification to a workspace of 10,000, and what it costs those who publish meanwhile, on
// memory with PGlite and on Redis with PostgreSQL (with fsync). Each round is a fresh server and database per set-up; its
// load generator, server and databases share the machine.
//
//   ROUNDS=5 npm run bench:broadcast      more rounds; 3 unless given
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signDevelopmentToken } from '../src/auth/development.ts';
import { createDatabase, startPostgres } from '../test/support/postgres.ts';
import { startRedis } from '../test/support/redis.ts';
import { startServer } from '../test/support/server.ts';
import { createPublisher, openListener, pace, type Publisher } from './load.ts';
import { quantile, Recorder, toReport } from './statistics.ts';

const rounds = Number(process.env['ROUNDS'] ?? 3);
const people = 10_000;
/** As many as one upsertUsers takes. */
const perUpsert = 500;
const perSecond = 50;
const publishesAlone = 250;
const workspace = 'bench';

const upsert = 'mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id } } }';
const broadcast =
  'mutation { sendNotification(input: { workspace: true, type: SYSTEM, title: "News", body: "For all." }) { recipientCount } }';
const publishOrder =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const followNotifications = 'subscription { notification { kind unreadCount } }';

const idOf = (index: number) => `user-${String(index).padStart(5, '0')}`;
const recorder = new Recorder();

/** Milliseconds until each was answered. */
async function publishFor(publisher: Publisher, count: number): Promise<number[]> {
  const latencies: number[] = [];
  await pace(perSecond, count, async (index) => {
    const sentAt = performance.now();
    const input = { orderId: `order-${index % 50}`, customerId: 'customer', status: 'PROCESSING' };
    await publisher.send(publishOrder, { input });
    latencies.push(performance.now() - sentAt);
  });
  return latencies;
}

async function measure(setup: string, env: Readonly<Record<string, string>>): Promise<void> {
  await using server = await startServer({ env });
  const tokenOf = (user: string) =>
    signDevelopmentToken({
      user,
      workspace,
      scope: 'users:write orders:publish notifications:send',
    });
  const backend = createPublisher({ url: server.url, token: await tokenOf('backend') }, 32);
  for (let first = 0; first < people; first += perUpsert) {
    const users = Array.from({ length: perUpsert }, (_, index) => ({
      id: idOf(first + index),
      name: `Somebody ${first + index}`,
    }));
    await backend.send(upsert, { users });
  }
  await publishFor(backend, publishesAlone); // warms up
  const alone = await publishFor(backend, publishesAlone);

  // The feeds are filled in the order of ids.
  const last = openListener(
    { url: server.url, token: await tokenOf(idOf(people - 1)) },
    { query: followNotifications, variables: {}, onEvent: () => undefined },
  );
  const meanwhile: number[] = [];
  const began = performance.now();
  await backend.send(broadcast, {});
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) meanwhile.push(...(await publishFor(backend, 10)));
  })();
  await last.reached(1);
  recorder.record(`${setup}: until the last of ${people} is told`, 's', (performance.now() - began) / 1_000);
  isOver = true;
  await publishing;
  for (const [title, latencies] of [
    ['alone', alone],
    ['meanwhile', meanwhile],
  ] as const) {
    for (const part of [0.5, 0.99]) {
      const name = `${setup}: publishOrderUpdate at ${perSecond}/s, ${title}, p${part * 100}`;
      recorder.record(name, 'ms', quantile(latencies, part));
    }
  }
  await last.close();
  backend.close();
}

const redis = await startRedis();
const postgres = await startPostgres({ fsync: true });

const setups = [
  async () => {
    const env = { REDIS_URL: redis.url, DATABASE_URL: await createDatabase(postgres.url) };
    await measure('Redis+PostgreSQL', env);
  },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tidings-bench-'));
    try {
      await measure('memory+PGlite', { DATA_DIR: join(dataDir, 'data') });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
];

try {
  for (let round = 0; round < rounds; round += 1) {
    for (const setup of round % 2 === 0 ? setups : setups.toReversed()) await setup();
    process.stderr.write(`round ${round + 1} of ${rounds} is done\n`);
  }
} finally {
  await Promise.all([redis.stop(), postgres.stop()]);
}
process.stdout.write(toReport(recorder.figures));
