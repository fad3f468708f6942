// One process per data directory: PGlite itself takes no lock, and two writers lose each other's rows. The lock dies
// with its process, SIGKILL included, so that nothing stale has ever to be cleaned up.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Another process has it: its message says which, and what to do. */
export class DirectoryInUse extends Error {}

/** `O_EXLOCK` of macOS and the BSDs (open(2)), which Node does not name: open and lock in one step. */
const exclusiveLock = 0x20;

/**
 * Creates the directory if it is missing and locks it, or rejects with a sentence that names it.
 *
 * Linux: a socket in the abstract namespace, Windows: a named pipe; their names belong to whoever listens and are free
 * again when that process is gone. macOS: a locked file. Not covered: two containers that share a volume, since each
 * has a namespace of its own, and a directory reached by two mounts.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await makeDirectory(resolve(directory));
  const path = await realpath(directory);
  const file = join(path, 'tidings.lock');
  const release = await take(path, file);
  if (release === 'taken') {
    const owner = await readFile(file, 'utf8').then(
      (text) => /^\d+/.exec(text)?.[0],
      () => undefined,
    );
    throw new DirectoryInUse(
      `The data directory ${path} is in use by another Tidings${owner === undefined ? '' : ` (process ${owner})`}. ` +
        'Stop that one, or set DATA_DIR to another directory.',
    );
  }
  // For the sentence above alone: the lock does not depend on what the file says.
  await writeFile(file, `${process.pid}\n`);
  return { release };
}

/** In place of mkdir's own `recursive`, which never comes back where the system has no place for it (below /proc). */
async function makeDirectory(path: string, hasParent = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || hasParent || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, true);
  }
}

type Taken = (() => Promise<void>) | 'taken';

function take(path: string, file: string): Promise<Taken> {
  const name = `tidings-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  switch (process.platform) {
    case 'linux':
    case 'android':
      return takeName(`\0${name}`);
    case 'win32':
      return takeName(`\\\\.\\pipe\\${name}`);
    case 'darwin':
    case 'freebsd':
    case 'openbsd':
    case 'netbsd':
      return takeFile(file);
    default:
      throw new Error(
        `The embedded database cannot lock its directory on ${process.platform}: set DATABASE_URL to use PostgreSQL.`,
      );
  }
}

function takeName(name: string): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve('taken');
      else reject(error);
    });
    // Exclusive: a cluster's workers would share one handle, and with it the lock.
    server.listen({ path: name, exclusive: true }, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}

async function takeFile(file: string): Promise<Taken> {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | exclusiveLock;
    const handle = await open(file, flags, 0o600);
    return () => handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'taken';
    throw error;
  }
}
