// `tidings start`, by one process or by several.
import cluster from 'node:cluster';
import { runServer } from './run-server.ts';
import { runWorker } from './worker.ts';
import { runWorkers } from './workers.ts';

/** Resolves with the exit code when the server has stopped. */
export async function startServers(workers: number, env: NodeJS.ProcessEnv): Promise<number> {
  // They are started with the same words.
  if (cluster.isWorker) return runWorker(env);
  return workers === 1 ? runServer('start', env) : runWorkers(workers, env);
}
