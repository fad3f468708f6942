// `npm run bench:capacity`: what a node pays for each connection, subscription and delivery, measured at one size, and how well the sum
// of these tells what it pays at another: four times the connections, other rates, both kinds of topics at once. The node that is
// measured delivers; a second one takes what is published. Redis and PostgreSQL are real, and everything shares this machine.
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '../src/auth/development.ts';
import { createDatabase, startPostgres } from '../test/support/postgres.ts';
import { startRedis } from '../test/support/redis.ts';
import { pinApart } from './fanout/cores.ts';
import { startMeasuredServer, type MeasuredServer } from './fanout/server-process.ts';
import { createPublisher, pace } from './load.ts';
import { Recorder, toReport } from './statistics.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '15' } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const workspace = 'demo';
const main = ['dist/cli/main.js', 'dev'];
const portPattern = /Tidings (?:is ready|listens) at http:\/\/[^\s:]+:(\d+)/;
/** Openings that are under way at a time. */
const together = 50;

interface Size {
  readonly connections: number;
  /** To everybody at once. */
  readonly announcementsPerSecond: number;
  /** Each to the one who follows that order. */
  readonly ordersPerSecond: number;
}
/** Where the costs are taken from, one at a time, and where their sum is looked at. */
const fitted: Size = { connections: 1_000, announcementsPerSecond: 5, ordersPerSecond: 200 };
const checked: Size = { connections: 4_000, announcementsPerSecond: 3, ordersPerSecond: 120 };

interface Costs {
  /** CPU of one core, in microseconds. */
  readonly connecting: number;
  readonly idlePerSecond: number;
  readonly idlePerConnectionAndSecond: number;
  readonly sharedDelivery: number;
  readonly ownDelivery: number;
}

const recorder = new Recorder();
const { description, server: pinning } = pinApart();
process.stdout.write(`${description}; ${rounds} rounds, each window ${seconds} s\n`);
for (let round = 1; round <= rounds; round += 1) {
  const costs = await fit();
  await check(costs);
  process.stdout.write(`round ${round} of ${rounds}\n`);
}
process.stdout.write(toReport(recorder.figures));

async function fit(): Promise<Costs> {
  await using stage = await openStage(fitted.connections);
  const { node } = stage;
  const idlePerSecond = await perSecond(node, idle);
  const connecting = await during(node, () => stage.connect());
  const idleWithAll = await perSecond(node, idle);
  const shared = await during(node, () => stage.announce(fitted.announcementsPerSecond));
  const own = await during(node, () => stage.publish(fitted.ordersPerSecond));
  const costs: Costs = {
    connecting: connecting / fitted.connections,
    idlePerSecond,
    idlePerConnectionAndSecond: (idleWithAll - idlePerSecond) / fitted.connections,
    sharedDelivery: (shared - idleWithAll * seconds) / stage.taken('announcement'),
    ownDelivery: (own - idleWithAll * seconds) / stage.taken('orderUpdated'),
  };
  recorder.record('a connection with two subscriptions: to open it', 'µs', costs.connecting);
  recorder.record('a node with nobody, each second', 'µs', costs.idlePerSecond);
  recorder.record('a connection that is open, each second', 'µs', costs.idlePerConnectionAndSecond);
  recorder.record('a delivery of what 1,000 follow', 'µs', costs.sharedDelivery);
  recorder.record('a delivery of what one follows', 'µs', costs.ownDelivery);
  return costs;
}

/** All at once, at another size: what the costs add up to, and what it is. */
async function check(costs: Costs): Promise<void> {
  await using stage = await openStage(checked.connections);
  const { node } = stage;
  const before = await node.memory();
  const connecting = await during(node, () => stage.connect());
  recorder.record(
    `memory of each of ${checked.connections} connections`,
    'KiB',
    ((await node.memory()) - before) / 1_024 / checked.connections,
  );
  compare('to connect them', costs.connecting * checked.connections, connecting);
  const used = await during(node, async () => {
    await Promise.all([
      stage.announce(checked.announcementsPerSecond),
      stage.publish(checked.ordersPerSecond),
    ]);
  });
  const predicted =
    seconds * (costs.idlePerSecond + costs.idlePerConnectionAndSecond * checked.connections) +
    costs.sharedDelivery * stage.taken('announcement') +
    costs.ownDelivery * stage.taken('orderUpdated');
  compare('the mix', predicted / seconds, used / seconds);
}

function compare(what: string, predicted: number, measured: number): void {
  const name = `${checked.connections} connections, ${what}`;
  recorder.record(`${name}: the sum of the costs`, 'ms', predicted / 1_000);
  recorder.record(`${name}: measured`, 'ms', measured / 1_000);
  recorder.record(`${name}: measured, of the sum`, '%', (measured / predicted) * 100);
}

function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

async function during(node: MeasuredServer, work: () => Promise<unknown>): Promise<number> {
  const before = await node.cpu();
  await work();
  return (await node.cpu()) - before;
}

async function perSecond(node: MeasuredServer, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  return (await during(node, work)) / ((performance.now() - startedAt) / 1_000);
}

type Field = 'announcement' | 'orderUpdated';

interface Stage extends AsyncDisposable {
  readonly node: MeasuredServer;
  /** Everybody follows the announcements, and an order of their own. */
  connect(): Promise<void>;
  /** For the length of a window, and until all of it has arrived. */
  announce(perSecond: number): Promise<void>;
  publish(perSecond: number): Promise<void>;
  /** How many have been delivered of it. */
  taken(field: Field): number;
}

async function openStage(connections: number): Promise<Stage> {
  const opened: AsyncDisposable[] = [];
  const end = async () => {
    for (const one of opened.toReversed()) await one[Symbol.asyncDispose]();
  };
  const keep = <T extends AsyncDisposable>(one: T): T => {
    opened.push(one);
    return one;
  };
  const redis = keep(await startRedis());
  const postgres = keep(await startPostgres());
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: await createDatabase(postgres.url),
    REDIS_URL: redis.url,
    MAX_CONNECTIONS_PER_ADDRESS: '1000000',
  };
  const node = keep(await startMeasuredServer({ main, env, pinning, portPattern }));
  const publishing = keep(await startMeasuredServer({ main, env, pinning: [], portPattern }));
  const token = await signDevelopmentToken({
    user: 'backend',
    workspace,
    scope: 'orders:publish announcements:publish',
  });
  const publisher = createPublisher({ url: `http://127.0.0.1:${publishing.port}`, token }, 8);
  const sockets: WebSocket[] = [];
  const taken: Record<Field, number> = { announcement: 0, orderUpdated: 0 };
  opened.push({
    async [Symbol.asyncDispose]() {
      publisher.close();
      for (const socket of sockets) socket.terminate();
    },
  });
  const update = (order: number, status: string) =>
    publisher.send(
      'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
      { input: { orderId: `capacity-${order}`, customerId: `customer-${order}`, status } },
    );
  let next = 0;
  for (let start = 0; start < connections; start += together) {
    await Promise.all(Array.from({ length: together }, (_, index) => update(start + index, 'PENDING')));
  }
  const arrived = (field: Field, count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (taken[field] >= count ? resolve() : setTimeout(look, 20));
      look();
    });
  return {
    node,
    taken: (field) => taken[field],
    async connect() {
      for (let start = 0; start < connections; start += together) {
        const some = Array.from({ length: together }, (_, index) => follow(node.port, start + index, taken));
        sockets.push(...(await Promise.all(some)));
      }
      await untilOpen(node.port, 2 * connections);
    },
    async announce(perSecond) {
      const before = taken.announcement;
      await pace(perSecond, perSecond * seconds, () =>
        publisher.send(
          'mutation { publishAnnouncement(input: { message: "Something to everybody", level: INFO }) { announcement { id } } }',
          {},
        ),
      );
      await arrived('announcement', before + perSecond * seconds * connections);
    },
    async publish(perSecond) {
      const before = taken.orderUpdated;
      const statuses = ['PROCESSING', 'SHIPPED', 'DELIVERED'];
      await pace(perSecond, perSecond * seconds, (index) =>
        update(next++ % connections, statuses[index % statuses.length] ?? 'SHIPPED'),
      );
      await arrived('orderUpdated', before + perSecond * seconds);
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Resolves when both subscriptions are asked for. */
async function follow(port: number, customer: number, taken: Record<Field, number>): Promise<WebSocket> {
  const token = await signDevelopmentToken({ user: `customer-${customer}`, workspace });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`A connection was closed with ${code}.`)));
    socket.on('open', () => send({ type: 'connection_init', payload: { token } }));
    socket.on('message', (bytes: Buffer) => {
      const { id, type, payload } = JSON.parse(bytes.toString()) as {
        id?: string;
        type: string;
        payload?: object;
      };
      if (type === 'connection_ack') {
        const query = `subscription { orderUpdated(orderId: "capacity-${customer}") { cursor order { id status } } }`;
        send({ type: 'subscribe', id: 'order', payload: { query } });
        send({
          type: 'subscribe',
          id: 'news',
          payload: { query: 'subscription { announcement { cursor id message level } }' },
        });
        resolve();
      } else if (type === 'error' || (payload !== undefined && 'errors' in payload)) {
        reject(new Error(bytes.toString()));
      } else if (type === 'next' && id === 'news') taken.announcement += 1;
      else if (type === 'next' && id === 'order') taken.orderUpdated += 1;
    });
  });
  return socket;
}

/** As the node's own figures tell. */
async function untilOpen(port: number, subscriptions: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    if (Number(/^tidings_subscriptions (\d+)$/m.exec(text)?.[1]) >= subscriptions) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
