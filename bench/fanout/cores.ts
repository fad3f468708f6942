// Keeps the server under measurement apart from everything else, where the machine has two cores or more and `taskset`.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  /** In words, for the report. */
  readonly description: string;
  /** What to start the server under measurement with: the command and its first parameters. */
  readonly server: readonly string[];
}

/** Moves this process, and so whatever it starts, away from the server's core. */
export function pinApart(): Cores {
  const count = availableParallelism();
  const hasTaskset = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;
  if (count < 2 || !hasTaskset) {
    const reason = count < 2 ? 'this machine has one core' : 'there is no taskset';
    return { description: `nothing is pinned: ${reason}`, server: [] };
  }
  const others = count === 2 ? '1' : `1-${count - 1}`;
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)], {
    stdio: 'ignore',
  });
  return {
    description: `the server on core 0; load generator, publisher, Redis and PostgreSQL on ${others}`,
    server: ['taskset', '--cpu-list', '0'],
  };
}
