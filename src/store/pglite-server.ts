// Starts embedded PGlite in a worker thread and tells where it listens; open-store.ts connects pg to it. A worker that
// dies is logged and stays dead: queries answer UNAVAILABLE until the process is started anew.
import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { lockDirectory } from './directory-lock.ts';
import type { PgliteWorkerData, PgliteWorkerMessage } from './pglite-worker.ts';
import { phrase } from './store-errors.ts';

/** What pg's `host` and `port` should be: a directory stands for the socket `.s.PGSQL.<port>` inside of it. */
export interface PgliteAddress {
  readonly host: string;
  readonly port: number;
}

export interface PgliteServer {
  readonly address: PgliteAddress;
  /** Closes the database and gives the directory free. Close every connection before. */
  close(): Promise<void>;
}

/** The database lives in `<dataDir>/pglite`, made if missing, whose lock is held until `close`; or in memory alone. */
export async function openPgliteServer(options: {
  dataDir: string | null;
  logger: Logger;
}): Promise<PgliteServer> {
  const { dataDir, logger } = options;
  const lock = dataDir === null ? { release: async () => {} } : await lockDirectory(dataDir);
  try {
    const socket = await createSocketDirectory();
    const worker = startWorker({
      directory: dataDir === null ? null : join(dataDir, 'pglite'),
      listen: socket.listen,
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    try {
      const port = await ready(worker);
      let closing: Promise<void> | undefined;
      worker.on('error', (error) => logger.error({ err: error }, 'the embedded database crashed'));
      worker.once('exit', (code) => {
        if (closing === undefined) logger.error({ code }, 'the embedded database ended: restart Tidings');
      });
      const close = async (): Promise<void> => {
        worker.postMessage('close');
        await ended;
        await socket.remove();
        await lock.release();
      };
      return { address: { host: socket.host, port }, close: () => (closing ??= close()) };
    } catch (error) {
      await worker.terminate();
      await socket.remove();
      throw new Error(
        `The embedded database in ${dataDir ?? 'memory'} did not start: ${phrase(error).replace(/\.?$/, '.')} ` +
          'If the directory is damaged, restore it from a backup or set DATA_DIR to another one.',
        { cause: error },
      );
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** From source the worker needs tsx, whatever runs the main thread; built, plain Node runs it. */
function startWorker(workerData: PgliteWorkerData): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fromSource ? './pglite-worker-from-source.mjs' : './pglite-worker.js';
  // No execArgv: what the main thread was started with (a loader, an inspector) is not for this one.
  return new Worker(new URL(file, import.meta.url), { workerData, execArgv: [] });
}

/** The port once the database is open; rejects when the worker ends before. */
function ready(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: PgliteWorkerMessage) => resolve(message.port));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`Its thread ended with code ${code}.`)));
  });
}

interface SocketDirectory {
  readonly host: string;
  readonly listen: PgliteWorkerData['listen'];
  remove(): Promise<void>;
}

const socketPort = 5432;
/** A unix socket's path holds 104 bytes on macOS, 108 on Linux. */
const maxSocketPathBytes = 100;

/**
 * A private directory for the socket: whoever may connect is superuser, so nothing listens on the network. Windows has
 * no such sockets in pg's reach; there a port of the loopback interface has to do.
 */
async function createSocketDirectory(): Promise<SocketDirectory> {
  if (process.platform === 'win32') {
    return { host: '127.0.0.1', listen: { port: 0 }, remove: async () => {} };
  }
  const name = `.s.PGSQL.${socketPort}`;
  const fits = Buffer.byteLength(join(tmpdir(), 'tidings-XXXXXX', name)) <= maxSocketPathBytes;
  // mkdtemp creates with mode 700.
  const directory = await mkdtemp(join(fits ? tmpdir() : '/tmp', 'tidings-'));
  const removeAtExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  return {
    host: directory,
    listen: { path: join(directory, name) },
    async remove() {
      process.off('exit', removeAtExit);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
