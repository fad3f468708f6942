// `npm run soak -- --minutes 60 --people 300 --seed 1`: two nodes on real Redis and PostgreSQL, hundreds of people who come and go, events
// all the while. What the nodes hold when everybody has left is compared with what they held after the first few minutes of the
// same: nothing may have grown but what was published. Ends with 1 where something has.
import { parseArgs } from 'node:util';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { createDatabase, startPostgres } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import { startMeasuredServer } from '../fanout/server-process.ts';
import { createRandom } from '../audit/schedule.ts';
import { createPublisher } from '../load.ts';
import { visit, type Stage } from './person.ts';
import { readState, type State } from './state.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    warmUpMinutes: { type: 'string', default: '5' },
    people: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const [minutes, warmUpMinutes, people] = [
  Number(values.minutes),
  Number(values.warmUpMinutes),
  Number(values.people),
];
const workspace = 'demo';
const eventsPerSecond = 20;
/** Longer than any lease, grace, lapse and look takes. */
const settleMs = 45_000;
/** What garbage collection, caches and pools may make of it. */
const slack: Readonly<Record<string, number>> = {
  'heap, MiB': 24,
  'resident memory, MiB': 160,
  process_open_fds: 44,
};
/** Grows with what is published, and with nothing else. */
const growing = /^rows of (stream_entries|idempotency_keys)$/;

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }';
const orderOf = (number: number) => ({
  orderId: `soak-${number}`,
  customerId: `person-${number}`,
  status: 'PROCESSING',
  note: 'on its way',
});

await using redis = await startRedis();
await using postgres = await startPostgres();
const databaseUrl = await createDatabase(postgres.url);
const env = {
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'error',
  DATABASE_URL: databaseUrl,
  REDIS_URL: redis.url,
  MAX_CONNECTIONS_PER_USER: '10000',
};
const start = () =>
  startMeasuredServer({
    main: ['dist/cli/main.js', 'dev'],
    env,
    pinning: [],
    portPattern: /Tidings (?:is ready|listens) at http:\/\/[^\s:]+:(\d+)/,
  });
await using one = await start();
await using other = await start();
const nodes = [one, other];
const places = { nodes, redisUrl: redis.url, databaseUrl };

const draw = createRandom(Number(values.seed));
const random = (below: number): number => Math.floor(draw() * below);
const notes = new Map<string, number>();
let visits = 0;
let turn = 0;
const stage: Stage = {
  workspace,
  random,
  url: () => `http://127.0.0.1:${nodes[(turn += 1) % nodes.length]?.port}`,
  note: (what) => void notes.set(what, (notes.get(what) ?? 0) + 1),
};

await populate();
process.stdout.write(`warming up for ${warmUpMinutes} minutes …\n`);
await live(warmUpMinutes);
const before = await readState(places);
process.stdout.write(`${minutes} minutes with ${people} people …\n`);
await live(minutes);
const after = await readState(places);
process.exitCode = report(before, after) ? 0 : 1;

/** Everybody has been there, and every order: what is stored of them is stored. */
async function populate(): Promise<void> {
  const backend = await signDevelopmentToken({ user: 'backend', workspace, scope: 'orders:publish' });
  for (let number = 0; number < 200; number += 1) {
    const token = await signDevelopmentToken({ user: `person-${number}`, workspace });
    const url = `http://127.0.0.1:${one.port}`;
    const [publisher, person] = [
      createPublisher({ url, token: backend }, 1),
      createPublisher({ url, token }, 1),
    ];
    await publisher.send(publish, { input: orderOf(number) });
    await person.send('{ viewer { id } }', {});
    publisher.close();
    person.close();
  }
}

/** Everybody comes and goes for so long, and has left in the end. */
async function live(forMinutes: number): Promise<void> {
  const until = performance.now() + forMinutes * 60_000;
  const isOver = (): boolean => performance.now() >= until;
  const token = await signDevelopmentToken({
    user: 'backend',
    workspace,
    scope: 'orders:publish',
    expiresIn: 86_400,
  });
  const publisher = createPublisher({ url: `http://127.0.0.1:${one.port}`, token }, 4);
  const publishing = setInterval(() => {
    publisher.send(publish, { input: orderOf(random(200)) }).then(
      () => stage.note('published'),
      (error: unknown) => stage.note(`not published: ${String(error)}`),
    );
  }, 1_000 / eventsPerSecond);
  const comeAndGo = async (): Promise<void> => {
    while (!isOver()) {
      await visit(stage);
      visits += 1;
    }
  };
  await Promise.all(Array.from({ length: people }, comeAndGo));
  clearInterval(publishing);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  publisher.close();
}

/** Whether nothing has grown that should not. */
function report(earlier: State, later: State): boolean {
  let isSame = true;
  process.stdout.write(
    `\n${visits} visits; ${[...notes].map(([what, count]) => `${what}: ${count}`).join('; ')}\n\n`,
  );
  process.stdout.write('| what | before | after | |\n| --- | --- | --- | --- |\n');
  for (const [name, value] of later.figures) {
    const had = earlier.figures.get(name) ?? 0;
    const hasGrown = !growing.test(name) && value - had > (slack[name] ?? 0);
    if (hasGrown) isSame = false;
    process.stdout.write(
      `| ${name} | ${rounded(had)} | ${rounded(value)} | ${hasGrown ? 'has grown' : ''} |\n`,
    );
  }
  const internal = [...notes.keys()].filter((what) => /^INTERNAL|^not published/.test(what));
  for (const what of internal) process.stdout.write(`${what}\n`);
  return isSame && internal.length === 0;
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
