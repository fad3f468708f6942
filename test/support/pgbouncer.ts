// A real PgBouncer in transaction mode before a database of a test: few sessions, so that clients do share them, on a free
// loopback port, from a temporary directory. Only ever the process that was started here is ended.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, unprivilegedOwner } from './postgres.ts';

export interface Pooler extends AsyncDisposable {
  readonly port: number;
  /** The address of a database of the server behind it, through the pooler. */
  through(databaseUrl: string): string;
  start(): Promise<void>;
  /** At once: connections break, and transactions under way are rolled back. */
  kill(): Promise<void>;
}

export interface PoolerOptions {
  /** Any database of the server behind it. */
  readonly databaseUrl: string;
  /** Sessions with the server, for each database; 6 unless given. */
  readonly poolSize?: number;
  /** `transaction` unless given. */
  readonly mode?: 'transaction' | 'session';
}

/** Rejects with a sentence that says what to install where the system has no PgBouncer. */
export async function startPooler({
  databaseUrl,
  poolSize = 6,
  mode = 'transaction',
}: PoolerOptions): Promise<Pooler> {
  const server = new URL(databaseUrl);
  const owner = unprivilegedOwner();
  const directory = await mkdtemp(join(tmpdir(), 'tidings-pgbouncer-'));
  const port = await freePort();
  const settings = join(directory, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port} user=${server.username}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    // Whoever asks, as the user above.
    'auth_type = any',
    `pool_mode = ${mode}`,
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 1000',
    'server_login_retry = 0.1',
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  if (owner !== undefined) for (const path of [directory, settings]) chownSync(path, owner.uid, owner.gid);

  let child: ChildProcess | undefined;
  const cleanUpAtExit = (): void => {
    child?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', cleanUpAtExit);
  const kill = async (): Promise<void> => {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    const exited = once(ended, 'exit');
    ended.kill('SIGKILL');
    await exited;
  };
  const start = async (): Promise<void> => {
    child ??= await launch(settings, { ...owner, cwd: directory });
  };
  await start();
  return {
    port,
    start,
    kill,
    through(url) {
      const pooled = new URL(url);
      pooled.port = String(port);
      return pooled.href;
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', cleanUpAtExit);
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Debian keeps it out of the PATH of whoever is not root. */
const searchPath = [process.env['PATH'] ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);

/** Resolves when it accepts connections. */
function launch(settings: string, options: SpawnOptions): Promise<ChildProcess> {
  const child = spawn('pgbouncer', [settings], {
    ...options,
    env: { PATH: searchPath },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.on('data', function read(chunk: Buffer) {
      log += chunk.toString();
      if (!log.includes('process up')) return;
      child.stderr?.off('data', read);
      child.stderr?.resume();
      resolve(child);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing =
        'These tests need PgBouncer on this machine: install it with `npm run test:setup`, or `apt-get install -y pgbouncer`.';
      reject(error.code === 'ENOENT' ? new Error(missing) : error);
    });
    child.once('exit', (code) =>
      reject(new Error(`PgBouncer ended with ${code} before it was ready:\n${log}`)),
    );
  });
}
