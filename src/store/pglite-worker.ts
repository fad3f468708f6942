// The worker thread that runs embedded PGlite behind a socket speaking PostgreSQL's protocol: in the main thread it
// would block the event loop. pglite-server.ts starts it and reads its messages.
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

export interface PgliteWorkerData {
  /** null: in memory. */
  readonly directory: string | null;
  /** Where to listen. Port 0 takes a free one of the loopback interface. */
  readonly listen: { readonly path: string } | { readonly port: 0 };
}

/** The database is open; `port` is where pg finds it (for a socket by path, the number in its name). */
export interface PgliteWorkerMessage {
  readonly port: number;
}

async function main({ directory, listen }: PgliteWorkerData): Promise<void> {
  const db = directory === null ? await PGlite.create(await fromTemplate()) : await openDirectory(directory);

  // An SQL error is an answer in the protocol; a rejection here means that the database itself has crashed. The socket
  // server would leave every later query waiting, so the whole thread ends instead, and its owner hears why.
  const execute = db.execProtocolRawStream.bind(db);
  db.execProtocolRawStream = async (...query) => {
    try {
      await execute(...query);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
      throw error;
    }
  };

  // The pool holds one connection; a second may overlap with a broken one that is still being taken down.
  const server = new PGLiteSocketServer({ db, ...listen, host: '127.0.0.1', maxConnections: 8 });
  await server.start();

  parentPort?.once('message', () => {
    void (async () => {
      await server.stop();
      await db.close();
      process.exit(0);
    })();
  });
  const port = Number(/\d+$/.exec(server.getServerConn())?.[0]);
  parentPort?.postMessage({ port } satisfies PgliteWorkerMessage);
}

/** Made by the build, so that a first start need not run initdb, which takes seconds. Not there when run from source. */
const template = fileURLToPath(new URL('./pglite-template.tar.gz', import.meta.url));

async function openDirectory(directory: string): Promise<PGlite> {
  if (!existsSync(directory)) await prepareDirectory(directory);
  return PGlite.create(directory);
}

/** Beside its place first: a start that is cut off half-way leaves nothing that looks like a database. */
async function prepareDirectory(directory: string): Promise<void> {
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const db = await PGlite.create({ dataDir: unfinished, ...(await fromTemplate()) });
  await db.close();
  await rename(unfinished, directory);
}

const fromTemplate = async () =>
  existsSync(template) ? { loadDataDir: new Blob([await readFile(template)]) } : {};

await main(workerData as PgliteWorkerData);
