// A server under measurement: a process of its own that answers questions about its CPU and memory, see control.mjs.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  /** User and system, in microseconds, since it began. */
  cpu(): Promise<number>;
  /** Resident, in bytes, after garbage has been collected. */
  memory(): Promise<number>;
  /** What its JavaScript holds, in bytes, after garbage has been collected: to the byte, where `memory` is to the megabyte. */
  heap(): Promise<number>;
  /** Rejects with what it printed when it ends by itself. */
  readonly ended: Promise<never>;
}

export interface ServerCommand {
  /** What node runs, with its parameters. */
  readonly main: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What comes before `node`, see Cores. */
  readonly pinning: readonly string[];
  /** Finds the port in what is printed, for servers that do not announce it over the channel. */
  readonly portPattern?: RegExp;
}

const control = fileURLToPath(new URL('control.mjs', import.meta.url));
const startTimeoutMs = 60_000;
const maxPrinted = 20_000;

/** Where CPU profiles of the servers are written to, for the tools of a browser; none unless given. */
const profiling = (): readonly string[] => {
  const folder = process.env['PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', folder];
};

interface FromServer {
  readonly port?: number;
  readonly id?: number;
  readonly answer?: number;
}

export async function startMeasuredServer({
  main,
  env,
  pinning,
  portPattern,
}: ServerCommand): Promise<MeasuredServer> {
  const [command = process.execPath, ...parameters] = [
    ...pinning,
    process.execPath,
    '--expose-gc',
    ...profiling(),
    '--import',
    control,
    ...main,
  ];
  const child = spawn(command, parameters, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  let isStopping = false;
  const questions = new Map<number, (answer: number) => void>();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!isStopping) reject(new Error(`The server ended with ${code ?? signal}. It said:\n${printed}`));
    });
  });
  // Whoever awaits it hears of it; nobody may be awaiting it yet.
  ended.catch(() => undefined);

  const port = await Promise.race([
    ended,
    new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`The server was not ready after ${startTimeoutMs} ms. It said:\n${printed}`));
      }, startTimeoutMs);
      const ready = (found: number): void => {
        clearTimeout(timer);
        resolve(found);
      };
      const read = (chunk: Buffer): void => {
        if (printed.length < maxPrinted) printed += chunk.toString('utf8');
        const found = portPattern?.exec(printed)?.[1];
        if (found !== undefined) ready(Number(found));
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.on('message', ({ port: announced, id, answer }: FromServer) => {
        if (announced !== undefined) ready(announced);
        if (id !== undefined && answer !== undefined) questions.get(id)?.(answer);
      });
    }),
  ]);

  const ask = createAsk(child, questions);
  return {
    port,
    ended,
    cpu: () => Promise.race([ended, ask('cpu')]),
    memory: () => Promise.race([ended, ask('memory')]),
    heap: () => Promise.race([ended, ask('heap')]),
    async [Symbol.asyncDispose]() {
      isStopping = true;
      // It writes its profile when it ends by itself, as it does when nobody is there to ask.
      if (profiling().length > 0) child.disconnect();
      else child.kill('SIGKILL');
      await exited;
    },
  };
}

function createAsk(child: ChildProcess, questions: Map<number, (answer: number) => void>) {
  let lastId = 0;
  return (question: 'cpu' | 'memory' | 'heap'): Promise<number> =>
    new Promise((resolve) => {
      const id = ++lastId;
      questions.set(id, (answer) => {
        questions.delete(id);
        resolve(answer);
      });
      child.send({ id, question });
    });
}
