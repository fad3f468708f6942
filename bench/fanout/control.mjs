// Loaded into every server under measurement with `--import`: answers the benchmark's questions about CPU and memory over
// the channel that the process was started with, and ends the server when the benchmark has gone. Plain JavaScript, because the servers run without a loader.
import process from 'node:process';

/** Collects until the heap no longer shrinks: what was reachable only through finalizers goes in a later round. */
function collect() {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
}

const answers = {
  /** Microseconds, user and system, since the process began. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Bytes. */
  memory: () => {
    collect();
    return process.memoryUsage.rss();
  },
  /** Bytes. */
  heap: () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
};

process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, question }) => {
  const answer = answers[question];
  if (answer !== undefined) process.send?.({ id, answer: answer() });
});
// Otherwise the server's own work decides how long it lives.
process.channel?.unref();
