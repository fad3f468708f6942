// One of the workers of `tidings start --workers`: a server like any other, that listens on the port of all of them.
import type { App } from '../app.ts';
import type { MetricsOfOne } from '../transport/metrics/metrics.ts';
import { describe, runServer, type Host } from './run-server.ts';
import { joinAnswers, type Channel } from './worker-answers.ts';
import { isDrainRequest, type WorkerReady } from './worker-messages.ts';

/** Ends the process. */
export async function runWorker(env: NodeJS.ProcessEnv, signalled: Promise<void>): Promise<never> {
  const code = await runServer('start', env, createWorkerHost(signalled));
  // The channel to the others' process would keep it.
  process.exit(code);
}

function createWorkerHost(signalled: Promise<void>): Host {
  // From the beginning: one that is still starting drains as soon as it has. A signal may come from the terminal, or from a
  // service manager that tells all processes of a service, and again by way of the others' process: it counts once. At
  // once is ended by SIGKILL.
  const asked = new Promise<void>((resolve) => {
    process.on('message', (message) => isDrainRequest(message) && resolve());
    void signalled.then(resolve);
  });
  return {
    together: {
      joinMetrics: (own) => joinAnswers(ownChannel(), own) as () => Promise<readonly MetricsOfOne[]>,
    },
    onListening(app: App) {
      const ready: WorkerReady = { tidings: 'ready', url: app.url, on: describe(app) };
      process.send?.(ready);
    },
    askedToStop: asked,
  };
}

/** To the process that has started this one. */
const ownChannel = (): Channel => ({
  on: (event, listener) => process.on(event, listener),
  send: (message) => process.send?.(message),
});
