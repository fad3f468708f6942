import type { MetricObject, MetricObjectWithValues, MetricValue } from 'prom-client';
import { expect, test } from 'vitest';
import { DeliveryFigures } from '../../schema/delivery-figures.ts';
import { StreamFigures } from '../../streams/stream-figures.ts';
import { BoundedCheck } from '../bounded-check.ts';
import { TransportFigures } from '../transport-figures.ts';
import { createMetrics, joinMetrics, remainsOf } from './metrics.ts';

function setUp() {
  const clock = { now: 1_000_000 };
  const database = { isUp: true, asked: 0 };
  const deliveries = new DeliveryFigures(() => clock.now);
  const transport = new TransportFigures();
  const ask = async () => {
    database.asked += 1;
    if (!database.isUp) throw new Error('The database cannot be reached.');
  };
  const metrics = createMetrics({
    version: '1.2.3',
    store: { kind: 'postgresql', connections: { max: 20, busy: 3, idle: 2, waiting: 1 } },
    engine: { kind: 'redis' },
    dependencies: [
      {
        dependency: 'database',
        isNeeded: true,
        check: new BoundedCheck({ name: 'The database', ask, freshMs: 0 }),
      },
    ],
    nodes: new BoundedCheck({ name: 'The nodes', ask: async () => 3 }),
    readiness: { isDraining: false },
    tails: { size: 7, figures: new StreamFigures() },
    deliveries,
    fanOut: { size: 2, members: 9 },
    book: { total: { connections: 0, subscriptions: 5 }, byWorkspace: new Map() },
    transport,
    webSockets: () => ({ size: 4, queuedBytes: 100 }),
    eventStreams: () => 1,
  });
  return { clock, database, deliveries, transport, metrics };
}

test('figures are read when they are asked for', async () => {
  const { deliveries, transport, metrics } = setUp();
  expect(await metrics.text()).toContain('\ntidings_events_published_total 0\n');
  deliveries.published += 5;
  transport.refused.token += 2;
  const text = await metrics.text();
  expect(text).toContain('\ntidings_events_published_total 5\n');
  expect(text).toContain('\ntidings_connections_refused_total{reason="token"} 2\n');
  expect(text).toContain('\ntidings_connections{transport="websocket"} 4\n');
  expect(text).toContain('\ntidings_nodes 3\n');
});

test('the histogram of deliveries is cumulative, in seconds', async () => {
  const { clock, deliveries, metrics } = setUp();
  for (const ms of [3, 3, 40, 60_000]) deliveries.deliver(clock.now - ms);
  const text = await metrics.text();
  for (const [le, count] of [
    ['0.002', 0],
    ['0.005', 2],
    ['0.05', 3],
    ['10', 3],
    ['+Inf', 4],
  ]) {
    expect(text).toContain(`\ntidings_delivery_seconds_bucket{le="${le}"} ${count}\n`);
  }
  expect(text).toContain('\ntidings_delivery_seconds_sum 60.046\n');
  expect(text).toContain('\ntidings_delivery_seconds_count 4\n');
});

test('what is away is told, and asked once for all that want to know it', async () => {
  const { database, metrics } = setUp();
  database.isUp = false;
  await Promise.all([metrics.text(), metrics.text(), metrics.json()]);
  expect(database.asked).toBe(1);
  expect(await metrics.text()).toContain('\ntidings_dependency_up{dependency="database"} 0\n');
});

test('several processes of a node are put together as prom-client does it', async () => {
  const [one, other] = [setUp(), setUp()];
  one.deliveries.published += 2;
  other.deliveries.published += 3;
  one.deliveries.deliver(one.clock.now - 3);
  other.deliveries.deliver(other.clock.now - 3);
  other.database.isUp = false;
  // As it travels between processes.
  const told = [await one.metrics.json(), await other.metrics.json()].map(
    (json) => JSON.parse(JSON.stringify(json)) as MetricObject[],
  );
  const fds = told[1]?.find(({ name }) => name === 'process_open_fds') as MetricObjectWithValues<
    MetricValue<string>
  >;
  for (const sample of fds.values) sample.value = 4_000;
  const text = await joinMetrics(told);
  expect(text).toContain('\ntidings_events_published_total 5\n');
  expect(text).toContain('\ntidings_delivery_seconds_bucket{le="0.005"} 2\n');
  expect(text).toContain('\ntidings_delivery_seconds_count 2\n');
  expect(text).toContain('\ntidings_connections{transport="websocket"} 8\n');
  // Of what they share there is one.
  expect(text).toContain('\ntidings_nodes 3\n');
  expect(text).toContain('\ntidings_dependency_up{dependency="database"} 0\n');
  expect(text).toMatch(/\ntidings_build_info\{version="1.2.3".*\} 1\n/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  // What has a bound in each: the one that is nearest to it, not the sum.
  expect(text).toMatch(/\nprocess_open_fds 4000\n/);
});

test('what a process has counted stays when it has gone, what it had does not', async () => {
  const [one, other, third] = [setUp(), setUp(), setUp()];
  one.deliveries.published += 2;
  other.deliveries.published += 3;
  other.deliveries.deliver(other.clock.now - 3);
  third.deliveries.published += 4;
  const past = await remainsOf([await other.metrics.json()]);
  const more = await remainsOf([
    JSON.parse(JSON.stringify(past)) as MetricObject[],
    await third.metrics.json(),
  ]);
  const text = await joinMetrics([
    await one.metrics.json(),
    JSON.parse(JSON.stringify(more)) as MetricObject[],
  ]);
  expect(text).toContain('\ntidings_events_published_total 9\n');
  expect(text).toContain('\ntidings_delivery_seconds_count 1\n');
  expect(text).toContain('\ntidings_connections{transport="websocket"} 4\n');
});
