// A real PostgreSQL server for tests, from the system's binaries: a free loopback port, a temporary directory, and only
// ever the process that was started here is ended.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

export interface PostgresServer extends AsyncDisposable {
  /** The address of its administrator, database `postgres`. It stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** The process of the server, undefined while it is stopped. */
  readonly pid: number | undefined;
  /** Makes a database and answers its address. */
  createDatabase(name?: string): Promise<string>;
  start(): Promise<void>;
  /** Ends every connection, writes everything down and stops. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops at once as if the machine had failed; the next start recovers. */
  crash(): Promise<void>;
}

/**
 * Rejects with a sentence that says what to install when the system has no PostgreSQL. Without fsync unless asked for:
 * tests survive killed processes, not failing power.
 */
export async function startPostgres({ fsync = false } = {}): Promise<PostgresServer> {
  const binaries = findBinaries();
  const owner = unprivilegedOwner();
  const directory = await mkdtemp(join(tmpdir(), 'tidings-postgres-'));
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
  const cluster = join(directory, 'cluster');
  await promisify(execFile)(
    join(binaries, 'initdb'),
    ['-D', cluster, '-U', 'tidings', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    { ...owner, cwd: directory },
  );

  const port = await freePort();
  const url = `postgres://tidings@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;
  const cleanUpAtExit = (): void => {
    server?.kill('SIGQUIT');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', cleanUpAtExit);

  async function start(): Promise<void> {
    if (server !== undefined) return;
    const child = spawn(
      join(binaries, 'postgres'),
      ['-D', cluster, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...(fsync ? [] : ['-F'])],
      {
        ...owner,
        cwd: directory,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    server = child;
    await untilReady(child);
    child.stderr?.resume();
  }

  async function end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const child = server;
    if (child === undefined) return;
    server = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  await start();
  return {
    url,
    port,
    get pid() {
      return server?.pid;
    },
    start,
    stop: () => end('SIGINT'),
    crash: () => end('SIGQUIT'),
    createDatabase: (name) => createDatabase(url, name),
    async restart() {
      await end('SIGINT');
      await start();
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', cleanUpAtExit);
      await end('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Makes a database on the server of an administrator's address and answers the new one's address. */
export async function createDatabase(
  adminUrl: string,
  name = `test_${randomBytes(6).toString('hex')}`,
): Promise<string> {
  await runSql(adminUrl, `create database ${pg.escapeIdentifier(name)}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement on a connection of its own. */
export async function runSql<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** One of PostgreSQL's own programs, of the version that the servers of the tests are. Answers what it wrote. */
export async function runPostgresProgram(
  program: 'pg_dump' | 'pg_restore',
  parameters: readonly string[],
): Promise<string> {
  const { stdout } = await promisify(execFile)(join(findBinaries(), program), [...parameters]);
  return stdout;
}

/** The oldest version installed, since that is the one most likely to lack something; else what the PATH holds. */
function findBinaries(): string {
  const versions = '/usr/lib/postgresql';
  const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(a) - Number(b)) : [];
  const directories = [
    ...installed.map((version) => join(versions, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = directories.find(
    (bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')),
  );
  if (found === undefined) {
    throw new Error(
      'These tests need PostgreSQL on this machine: install it with `apt-get install -y postgresql`.',
    );
  }
  return found;
}

/** PostgreSQL and PgBouncer refuse to run as root. */
export function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as.',
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was found.');
  return address.port;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.on('data', function read(chunk: Buffer) {
      log += chunk.toString();
      if (!log.includes('database system is ready to accept connections')) return;
      child.stderr?.off('data', read);
      resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`PostgreSQL ended with code ${code} before it was ready:\n${log}`)),
    );
  });
}
