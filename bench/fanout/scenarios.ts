// The three scenarios: each starts one contender afresh, loads it, and records what it cost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender, Place, RunningContender } from './contenders.ts';
import type { Kind } from './load/events.ts';
import type { Pace } from './load/traffic.ts';
import { startLoadGenerator, type LoadGenerator } from './load-process.ts';
import type { MeasuredServer } from './server-process.ts';
import type { ScenarioName, Settings } from './settings.ts';

/** One figure of one contender in one round. */
export interface Measurement {
  /** The scenario; for `scale` with the number of connections. */
  readonly table: string;
  readonly contender: string;
  readonly round: number;
  readonly figure: FigureName;
  readonly value: number;
}

export type FigureName =
  | `${'cpu' | 'rate' | 'p50' | 'p99' | 'server-load' | 'generator-load'}:${Pace['name']}`
  | 'memory'
  | 'subscription-memory'
  | 'subscribe-cpu'
  | 'connect-cpu'
  | 'connect-time';

interface Run {
  readonly contender: Contender;
  readonly place: Place;
  readonly settings: Settings;
  record(table: string, figure: FigureName, value: number): void;
}

/** Ten events a second to everybody. */
const sharedAtRest: Pace = { name: 'at-rest', perSecond: 10, perCall: 1 };
const sharedSaturated: Pace = { name: 'saturated', window: 64, perCall: 1 };
const ownSaturated: Pace = { name: 'saturated', window: 2_000, perCall: 250 };
/** One event a second to everybody. */
const scalePace: Pace = { name: 'at-rest', perSecond: 1, perCall: 1 };
const scaleSeconds = 10;
/** A server is calm when it has used less than this part of a core for so long; it is not waited for forever. */
const calmMs = 200;
const calmPart = 0.05;
const maxLooks = 50;
/** Followed by each connection besides, where subscriptions themselves are measured. */
const otherTopics = 10;
const maxConnectionsForOthers = 1_000;
/** Connect and go before memory is measured: what a server loads with its first connections is not theirs. */
const firstConnections = 200;

export async function runScenario(name: ScenarioName, run: Run): Promise<void> {
  switch (name) {
    case 'shared-topic':
      return runPaces(name, 'order', [sharedAtRest, sharedSaturated], run);
    case 'own-topics': {
      const atRest: Pace = { name: 'at-rest', perSecond: run.settings.ownTopicsPerSecond, perCall: 50 };
      return runPaces(name, 'notification', [atRest, ownSaturated], run);
    }
    case 'scale':
      for (const size of run.settings.sizes) await runScale(size, run);
  }
}

async function runPaces(table: string, kind: Kind, paces: readonly [Pace, Pace], run: Run): Promise<void> {
  const { seconds, warmUpSeconds, connections } = run.settings;
  await using running = await run.contender.start(run.place);
  await using load = startLoadGenerator();
  const whileItRuns = untilEnded(running);
  await whileItRuns(load.open(toCrowd(run, running, kind, connections)));
  await whileItRuns(load.connect());
  await whileItRuns(load.probe());
  // As fast as it goes, whichever pace comes first: that compiles most.
  await whileItRuns(load.run(paces[1], warmUpSeconds));
  for (const pace of paces) {
    await whileItRuns(load.run(pace, 1));
    await measure(table, pace, seconds, { run, running, load });
  }
}

async function runScale(size: number, run: Run): Promise<void> {
  await using running = await run.contender.start(run.place);
  await using load = startLoadGenerator();
  const { server } = running;
  const table = `scale ${size}`;
  const whileItRuns = untilEnded(running);
  await whileItRuns(load.open(toCrowd(run, running, 'order', firstConnections)));
  await whileItRuns(load.connect());
  await whileItRuns(load.probe());
  await whileItRuns(load.run(scalePace, 1));
  await whileItRuns(load.disconnect());

  await whileItRuns(load.open(toCrowd(run, running, 'order', size)));
  const memoryBefore = await server.memory();
  const cpuBefore = await server.cpu();
  const { seconds } = await whileItRuns(load.connect());
  run.record(table, 'connect-cpu', ((await cpuWhenCalm(server)) - cpuBefore) / size);
  run.record(table, 'connect-time', (seconds * 1_000) / size);
  await whileItRuns(load.probe());
  await whileItRuns(load.run(scalePace, 2));
  run.record(table, 'memory', ((await server.memory()) - memoryBefore) / size / 1_024);
  await measure(table, scalePace, scaleSeconds, { run, running, load });
  if (size <= maxConnectionsForOthers) await measureSubscriptions(table, size, { run, running, load });
}

/** What it costs to follow one more topic over a connection that there is. */
async function measureSubscriptions(
  table: string,
  connections: number,
  { run, running, load }: Measuring,
): Promise<void> {
  const { server } = running;
  const subscriptions = connections * otherTopics;
  const heapBefore = await server.heap();
  const cpuBefore = await cpuWhenCalm(server);
  await untilEnded(running)(load.follow());
  run.record(table, 'subscribe-cpu', ((await cpuWhenCalm(server)) - cpuBefore) / subscriptions);
  run.record(table, 'subscription-memory', ((await server.heap()) - heapBefore) / subscriptions / 1_024);
  await untilEnded(running)(load.probeOthers());
}

interface Measuring {
  readonly run: Run;
  readonly running: RunningContender;
  readonly load: LoadGenerator;
}

async function measure(
  table: string,
  pace: Pace,
  seconds: number,
  { run, running, load }: Measuring,
): Promise<void> {
  const cpuBefore = await running.server.cpu();
  const figures = await untilEnded(running)(load.run(pace, seconds));
  const cpu = (await running.server.cpu()) - cpuBefore;
  const microseconds = figures.seconds * 1e6;
  run.record(table, `cpu:${pace.name}`, cpu / figures.delivered);
  run.record(table, `rate:${pace.name}`, figures.delivered / figures.seconds);
  run.record(table, `p50:${pace.name}`, figures.p50Ms);
  run.record(table, `p99:${pace.name}`, figures.p99Ms);
  run.record(table, `server-load:${pace.name}`, (cpu / microseconds) * 100);
  run.record(table, `generator-load:${pace.name}`, (figures.ownCpu / microseconds) * 100);
}

/** Subscriptions may go on being made after the last one has been asked for. */
async function cpuWhenCalm(server: MeasuredServer): Promise<number> {
  for (let before = await server.cpu(), looks = 0; ; looks += 1) {
    await sleep(calmMs);
    const now = await server.cpu();
    const isCalm = now - before < calmMs * 1_000 * calmPart;
    if (isCalm || looks === maxLooks) return now;
    before = now;
  }
}

/** A server that ends says more than the connections that it breaks. */
const untilEnded =
  ({ server }: RunningContender) =>
  async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([server.ended, work]);
    } catch (error) {
      await Promise.race([server.ended, sleep(100)]);
      throw error;
    }
  };

const toCrowd = (
  { contender, place }: Run,
  { server, publishUrl }: RunningContender,
  kind: Kind,
  connections: number,
) => ({
  protocol: contender.protocol,
  publisher: contender.publisher,
  kind,
  connections,
  port: server.port,
  publishUrl,
  redisUrl: place.redisUrl,
  others: kind === 'order' && connections <= maxConnectionsForOthers ? otherTopics : 0,
});
