// `npm run audit`: breaks everything that a Tidings of several nodes stands on, again and again, and counts what its
// subscribers lost. Ends with a table; exits with 1 unless nothing was lost, repeated or out of order.
//
//   npm run audit                                      ten minutes, three nodes, 1,000 subscribers
//   npm run audit -- --seconds 3600 --seed 7           an hour; the same seed plays the same schedule
//   npm run audit -- --subscribers 200 --nodes 2
import { parseArgs } from 'node:util';
import { cpus } from 'node:os';
import { runAudit } from './run.ts';
import { toMarkdown } from './report.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '600' },
    nodes: { type: 'string', default: '3' },
    subscribers: { type: 'string', default: '1000' },
  },
});

const report = await runAudit({
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  nodes: Number(values.nodes),
  subscribers: Number(values.subscribers),
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(
  `\n${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}, seed ${values.seed}, ` +
    `${values.seconds} s, ${values.nodes} nodes, ${values.subscribers} subscribers\n\n${toMarkdown(report)}\n`,
);
const isHealed = report.faults.every(({ longestHealingMs }) => longestHealingMs !== null);
const isClean = isHealed && report.lost + report.repeated + report.outOfOrder + report.refusals.length === 0;
process.exitCode = isClean ? 0 : 1;
