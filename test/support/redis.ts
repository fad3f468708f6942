// A real redis-server on a free loopback port, without persistence, that a test may break. Ended by its own handle.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends the process; everything it held is lost. */
  stop(): Promise<void>;
  /** As if the machine had failed; what it keeps in files is there at the next start. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Freezes the process: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Runs one command over a connection of its own: `command('CLIENT', 'KILL', 'TYPE', 'pubsub')`. */
  command(name: string, ...parameters: string[]): Promise<unknown>;
}

export interface RedisSettings {
  /** As in redis.conf, beside those of every test server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes it a sentinel: the lines of its configuration. */
  readonly sentinel?: readonly string[];
}

export async function startRedis(options: RedisSettings = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tidings-redis-'));
  const launched = await launchOnFreePort(directory, options);
  const { port } = launched;
  let { child } = launched;

  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // SIGKILL ends a paused process as well; there is nothing to be saved.
    child.kill('SIGKILL');
    await exited;
  };
  /** Also where whoever started it is interrupted. */
  const cleanUpAtExit = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', cleanUpAtExit);
  const end = async (): Promise<void> => {
    process.off('exit', cleanUpAtExit);
    await kill();
    await rm(directory, { recursive: true, force: true });
  };
  const start = async (): Promise<void> => {
    child = await launch(port, directory, options);
  };

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: end,
    kill,
    start,
    async restart() {
      await kill();
      await start();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async command(name, ...parameters) {
      const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1 });
      client.on('error', () => undefined);
      try {
        return await client.call(name, ...parameters);
      } finally {
        client.disconnect();
      }
    },
    [Symbol.asyncDispose]: end,
  };
}

async function launchOnFreePort(
  directory: string,
  options: RedisSettings,
): Promise<{ port: number; child: ChildProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return { port, child: await launch(port, directory, options) };
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (attempt === 3 || !String(error).includes('in use')) throw error;
    }
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}

/** Resolves when it accepts connections. */
async function launch(
  port: number,
  directory: string,
  { settings = {}, sentinel }: RedisSettings,
): Promise<ChildProcess> {
  await mkdir(directory, { recursive: true });
  const own = { port: `${port}`, bind: '127.0.0.1', dir: directory };
  const all = sentinel === undefined ? { ...own, save: '', appendonly: 'no', ...settings } : own;
  const parameters = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  if (sentinel !== undefined) {
    // It writes down there what it learns.
    const file = join(directory, 'sentinel.conf');
    await writeFile(file, sentinel.map((line) => `sentinel ${line}\n`).join(''), { flag: 'a' });
    parameters.unshift(file, '--sentinel');
  }
  const child = spawn('redis-server', parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = 'redis-server is not installed; install it with `apt-get install -y redis-server`.';
      reject(error.code === 'ENOENT' ? new Error(missing) : error);
    });
    child.once('exit', (code) =>
      reject(new Error(`redis-server ended with ${code} on port ${port}: ${output}`)),
    );
  });
  child.stdout.removeAllListeners('data').resume();
  child.stderr.removeAllListeners('data').resume();
  return child;
}
