// What a server holds in memory, told by itself: it is started with a probe that waits for a signal.
import { fileURLToPath } from 'node:url';
import { startServer, type StartServerOptions, type TestServer } from './server.ts';

const probe = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));

export interface Memory {
  /** What is reachable still after a collection of garbage. */
  readonly heldBytes: number;
  readonly rss: number;
  /** What every object of the process has, and should not. */
  readonly onEveryObject: readonly string[];
}

export const startProbedServer = ({ command = 'dev', env = {} }: StartServerOptions): Promise<TestServer> =>
  startServer({ main: ['--expose-gc', '--import', probe, 'dist/cli/main.js', command], env });

/** Of a server that was started with the probe, one question at a time. Rejects where it has ended. */
export function measureMemory(server: Pick<TestServer, 'process' | 'output'>): Promise<Memory> {
  const { process: child } = server;
  const told = () => [...server.output().matchAll(/^\{"level":30,"msg":"memory","probe":(.*)\}$/gm)];
  const before = told().length;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const answer = told()[before]?.[1];
      if (answer === undefined) return;
      stop();
      resolve(JSON.parse(answer) as Memory);
    };
    const gone = (): void => {
      stop();
      reject(new Error('The server has ended.'));
    };
    const stop = (): void => {
      child.stderr?.off('data', look);
      child.off('exit', gone);
    };
    child.stderr?.on('data', look);
    child.once('exit', gone);
    if (!child.kill('SIGUSR2')) gone();
  });
}
