// A real server in a process of its own, started as a user would, on a free port.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** SIGTERM; resolves with the exit code when it has ended. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

export interface StartServerOptions {
  /** `dev` unless given. */
  readonly command?: 'dev' | 'start';
  /** What node runs instead of the built command. */
  readonly main?: readonly string[];
  /** Beside HOST and PORT. Nothing of this process's environment but PATH and HOME is passed on. */
  readonly env?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As it is built; the global setup of the tests builds it where it is stale. */
const main = 'dist/cli/main.js';
const readyPattern = /Tidings (?:is ready|listens) at (http:\/\/\S+?),?\s/;
const startTimeoutMs = 60_000;

/** Resolves when it is ready; rejects with what it printed where it ends before. */
export async function startServer({
  command = 'dev',
  env = {},
  main: own,
}: StartServerOptions = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  const child = spawn(process.execPath, own === undefined ? [main, command] : [...own], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: join(dataDir, 'data'),
      // `FANOUT=unshared npm test`: everything holds without sharing too.
      FANOUT: process.env['FANOUT'],
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const tidy = () => rm(dataDir, { recursive: true, force: true });

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const code = await ended;
    await tidy();
    return code;
  };

  const url = await new Promise<string>((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The server was not ready after ${startTimeoutMs} ms. It said:\n${printed}`));
    }, startTimeoutMs);
    child.stdout.on('data', () => {
      const found = readyPattern.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(deadline);
      resolve(found);
    });
    void ended.then(async (code) => {
      clearTimeout(deadline);
      await tidy();
      reject(new Error(`The server ended with ${code} before it was ready. It said:\n${printed}`));
    });
  });

  return {
    url,
    process: child,
    output: () => printed,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    [Symbol.asyncDispose]: async () => void (await end('SIGTERM')),
  };
}

/** For starts that must fail: resolves with the exit code and what was printed. */
export function runServerToItsEnd({ command = 'dev', env = {} }: StartServerOptions): Promise<Ended> {
  return runToItsEnd([command], env);
}

/** For commands that end by themselves. */
export const runCommand = (...parameters: string[]): Promise<Ended> => runToItsEnd(parameters, {});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export async function runToItsEnd(
  parameters: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  try {
    const child = spawn(process.execPath, [main, ...parameters], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PORT: '0',
        DATA_DIR: join(dataDir, 'data'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    // `close` and not `exit`: by then everything printed has arrived.
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
