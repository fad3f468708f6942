// `npm run bench:fanout`: what it costs to deliver an event to many subscribers, next to those whom people use for it.
// Each contender is a fresh server process in each round, in alternating order, and hears every event from Redis; every
// message of every subscriber is checked, and what is missing, repeated, out of order or altered fails the run.
//
//   ROUNDS=10 npm run bench:fanout                       more rounds; 3 unless given
//   SECONDS=10 WARM_UP=5 npm run bench:fanout            longer windows; 5 after 3 unless given
//   CONTENDERS=raw-ws,tidings npm run bench:fanout       some of raw-ws, socket-io, mercurius, apollo, yoga, tidings,
//                                                        tidings-unshared
//   SCENARIOS=shared-topic,own-topics,scale              all of them unless given
//   CONNECTIONS=100 SIZES=500,1000 npm run bench:fanout  1,000 and 1,000, 5,000, 10,000 unless given
//                                                        (on two cores it takes 5,000 for one publishing node of
//                                                        Tidings to saturate another in shared-topic)
//   RATE=500 npm run bench:fanout                        events a second at rest over all topics of own-topics; 2,000
//                                                        unless given
//   PROFILE=./profiles npm run bench:fanout              a CPU profile of each server, which costs it some speed
//   TIDINGS_DIST=/elsewhere/dist npm run bench:fanout    another build of Tidings than dist/
import { startPostgres } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import { contenders } from './contenders.ts';
import { pinApart } from './cores.ts';
import { describeMachine, findDescriptorShortage } from './machine.ts';
import { ensurePackages } from './packages.ts';
import { toMarkdown } from './report.ts';
import { runScenario, type FigureName, type Measurement } from './scenarios.ts';
import { parseSettings } from './settings.ts';

// Whatever was started ends with this process, also where it is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.stdout.write(`\n${await run()}`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Resolves with the report. Rejects with a sentence where anything was wrong with what was delivered. */
async function run(): Promise<string> {
  const settings = parseSettings(process.env, contenders);
  const { scenarios, rounds, seconds } = settings;
  const sizes = scenarios.includes('scale') ? settings.sizes : [];
  const shortage = findDescriptorShortage(Math.max(settings.connections, ...sizes));
  if (shortage !== null) throw new Error(shortage);
  ensurePackages();

  const cores = pinApart();
  await using redis = await startRedis();
  await using postgres = await startPostgres({ fsync: true });
  const place = { redisUrl: redis.url, postgresUrl: postgres.url, pinning: cores.server };
  const measurements: Measurement[] = [];

  for (let round = 1; round <= rounds; round += 1) {
    const inOrder = round % 2 === 1 ? settings.contenders : settings.contenders.toReversed();
    for (const scenario of scenarios) {
      for (const contender of inOrder) {
        const began = performance.now();
        const record = (table: string, figure: FigureName, value: number) =>
          measurements.push({ table, contender: contender.name, round, figure, value });
        try {
          // Nobody clears up after the servers of others.
          await redis.command('FLUSHALL');
          await runScenario(scenario, { contender, place, settings, record });
        } catch (error) {
          const what = error instanceof Error ? error.message : String(error);
          throw new Error(`${contender.title}, ${scenario}, round ${round}: ${what}`, { cause: error });
        }
        const took = ((performance.now() - began) / 1_000).toFixed(0);
        process.stderr.write(`round ${round} of ${rounds}, ${scenario}: ${contender.name} took ${took} s\n`);
      }
    }
  }
  const machine = await describeMachine(postgres.url);
  const length = `rounds: ${rounds}, each measured window ${seconds} s`;
  return `${machine}; ${cores.description}; ${length}.\n\n${toMarkdown(measurements, contenders)}`;
}
