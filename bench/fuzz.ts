// `npm run fuzz`: makes up operations, messages and frames until the time is over, and plays them against a server of its own. Ends with
// what was answered, and what the server holds in memory before and after. Exits with 1 where anything was answered that must not be.
//
//   npm run fuzz                                ten minutes
//   npm run fuzz -- --seconds 60 --seed 7       the same seed makes up the same, in the same order
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createFuzzer, fuzzEnvironment } from '../test/fuzz/play.ts';
import { measureMemory, startProbedServer, type Memory } from '../test/support/memory.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: '1' } },
});
const until = performance.now() + Number(values.seconds) * 1_000;
/** Subscriptions that were left open end, and what was cached for a while is let go. */
const restMs = 15_000;
/** As many as the test plays of one seed. */
const runs = 250;
/** By then what is compiled and cached is there. */
const warmRounds = 4;
const slackBytes = 96 * 1_048_576;

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;
const tell = (when: string, { heldBytes, rss }: Memory): void =>
  void process.stdout.write(
    `${when.padEnd(16)} ${mebibytes(heldBytes)} held, ${mebibytes(rss)} resident with the embedded database\n`,
  );

await using server = await startProbedServer({ env: fuzzEnvironment });
const fuzzer = await createFuzzer(server);
tell('before', await measureMemory(server));
let played = 0;
let warmBytes = Infinity;
let seed = Number(values.seed);
try {
  for (let round = 0; performance.now() < until; round += 1) {
    await fuzzer.playOperations({ seed, runs });
    await fuzzer.playConversations({ seed, runs });
    await fuzzer.playFrames({ seed, runs });
    played += 3 * runs;
    seed += 1;
    if (round !== warmRounds) continue;
    const memory = await measureMemory(server);
    warmBytes = memory.heldBytes;
    tell(`after ${warmRounds} rounds`, memory);
  }
} catch (error) {
  process.stdout.write(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
if (server.process.exitCode === null) {
  await pause(restMs);
  const memory = await measureMemory(server);
  tell('after', memory);
  if (memory.heldBytes > warmBytes + slackBytes) {
    process.stdout.write('The memory has not come back.\n');
    process.exitCode = 1;
  }
}
const counts = [...fuzzer.answers].sort(([, one], [, other]) => other - one);
process.stdout.write(`\n${played} runs, seeds ${values.seed} to ${seed - 1}\n\n`);
for (const [code, count] of counts) process.stdout.write(`${code.padEnd(20)} ${count}\n`);
