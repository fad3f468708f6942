// `tidings start`, by one process or by several.
import cluster from 'node:cluster';
import { createTerminalHost, runServer } from './run-server.ts';
import { runWorker } from './worker.ts';
import { runWorkers } from './workers.ts';

/** Resolves with the exit code when the server has stopped. */
export async function startServers(
  workers: number,
  env: NodeJS.ProcessEnv,
  askedToStop: Promise<void>,
): Promise<number> {
  // They are started with the same words.
  if (cluster.isWorker) return runWorker(env, askedToStop);
  return workers === 1
    ? runServer('start', env, createTerminalHost('start', askedToStop))
    : runWorkers(workers, env, askedToStop);
}
