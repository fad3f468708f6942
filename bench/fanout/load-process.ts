// The load generator as the benchmark sees it: one process for each server under measurement.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ConnectFigures, CrowdOptions } from './load/crowd.ts';
import type { LoadAnswer, LoadRequest } from './load/main.ts';
import type { Pace, TrafficFigures } from './load/traffic.ts';

/** Each rejects with the sentence that says what was wrong. */
export interface LoadGenerator extends AsyncDisposable {
  open(options: CrowdOptions): Promise<void>;
  connect(): Promise<ConnectFigures>;
  probe(): Promise<void>;
  run(pace: Pace, seconds: number): Promise<TrafficFigures>;
  /** For both see Crowd. */
  follow(): Promise<void>;
  probeOthers(): Promise<void>;
  disconnect(): Promise<void>;
}

export function startLoadGenerator(): LoadGenerator {
  // Events live until they are delivered: with a larger young generation few of them are moved by the collector.
  const child = fork(fileURLToPath(new URL('load/main.ts', import.meta.url)), {
    execArgv: ['--max-semi-space-size=64', '--import', 'tsx'],
  });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('message', (answer: LoadAnswer) => {
    const request = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('fault' in answer) request?.reject(new Error(answer.fault));
    else request?.resolve(answer.result);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`The load generator ended with ${code ?? signal}.`));
  });
  let lastId = 0;
  const ask = <T>(request: LoadRequest): Promise<T> =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      child.send({ id, request });
    }) as Promise<T>;

  return {
    open: (options) => ask({ do: 'open', options }),
    connect: () => ask({ do: 'connect' }),
    probe: () => ask({ do: 'probe' }),
    run: (pace, seconds) => ask({ do: 'run', pace, seconds }),
    follow: () => ask({ do: 'follow' }),
    probeOthers: () => ask({ do: 'probe-others' }),
    disconnect: () => ask({ do: 'disconnect' }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
