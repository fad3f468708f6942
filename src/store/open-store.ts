// Opens the database: PostgreSQL where an address is given, embedded PGlite otherwise; migrates it and answers a Store.
import pg from 'pg';
import type { Logger } from 'pino';
import { createCoalescingSocket } from './coalescing-socket.ts';
import { migrate } from './migrate.ts';
import { openPgliteServer } from './pglite-server.ts';
import { createPgStore, idleInTransactionMs } from './pg-store.ts';
import { isPooled, requireOneDatabase, requireSession } from './pooler.ts';
import type { MigrationFolder, Pooling, Store } from './store.ts';
import { phrase } from './store-errors.ts';

export interface OpenStoreOptions {
  /** `postgres://user:password@host:port/database`, or null for the embedded database. */
  readonly databaseUrl: string | null;
  /** What that address leads to: `transaction` where it is a pooler in transaction mode; `session` unless given. */
  readonly databasePooling?: Pooling;
  /** The same database past its pooler, for migrations. `databaseUrl` unless given. */
  readonly databaseDirectUrl?: string | null;
  /** Where the embedded database lives, made if missing; null: in memory, gone when it is closed. */
  readonly dataDir: string | null;
  readonly migrations: readonly MigrationFolder[];
  readonly logger: Logger;
  /** Connections to PostgreSQL, 20 unless given. The embedded database has one. */
  readonly poolSize?: number;
  /**
   * A query that waits for a free connection is UNAVAILABLE when the database has answered nothing at all for so long, and
   * one for which a connection is made when that takes so long: 5,000 ms unless given.
   */
  readonly acquireTimeoutMs?: number;
  /**
   * Reports `store.queries` used inside of a transaction at once, for tests. Off unless set: following the async path
   * makes every await of the process more than twice as slow on Node 20. Without it such a query waits for a second
   * connection: an error after `acquireTimeoutMs` on the embedded database, unnoticed on PostgreSQL.
   */
  readonly detectMisuse?: boolean;
}

export const oldestVersion = 14;

/** How long the first connection may take. */
const startTimeoutMs = 10_000;

/** A server that stops answering without a word is taken for lost after this long. */
const queryTimeoutMs = 30_000;

/** Rejects with a sentence for people; it never holds the password. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  return options.databaseUrl === null ? openPglite(options) : openPostgresql(options, options.databaseUrl);
}

async function openPglite(options: OpenStoreOptions): Promise<Store> {
  const { dataDir, logger, migrations } = options;
  const server = await openPgliteServer({ dataDir, logger });
  try {
    const connection = {
      ...server.address,
      user: 'postgres',
      database: 'postgres',
      password: 'none',
      ssl: false,
    };
    const description = await withClient(connection, 'DATA_DIR', async (client) => {
      await migrate(client, { migrations, logger, takeTurns: false });
      return `embedded PostgreSQL ${(await serverVersion(client)).name} (PGlite) in ${dataDir ?? 'memory'}`;
    });
    return createPgStore({
      kind: 'pglite',
      description,
      logger,
      detectMisuse: options.detectMisuse ?? false,
      pooling: 'session',
      afterClose: () => server.close(),
      pool: {
        ...connection,
        ...poolOptions(options),
        // All connections of PGlite share one session: two at once would be in one another's transactions.
        max: 1,
        idleTimeoutMillis: 0,
        // For the same reason a new connection inherits what a broken one has left.
        // The pool awaits it, which its types do not tell.
        // oxlint-disable-next-line typescript/no-misused-promises
        onConnect: async (client) => {
          await client.query('rollback');
          await client.query('discard all');
        },
      },
    });
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function openPostgresql(options: OpenStoreOptions, databaseUrl: string): Promise<Store> {
  const { logger, migrations, databaseDirectUrl = null, databasePooling: pooling = 'session' } = options;
  requirePostgresUrl('DATABASE_URL', databaseUrl);
  if (databaseDirectUrl !== null) requirePostgresUrl('DATABASE_DIRECT_URL', databaseDirectUrl);
  const toConnection = (connectionString: string) => ({
    connectionString,
    keepAlive: true,
    application_name: 'tidings',
  });
  const connection = toConnection(databaseUrl);
  const direct = databaseDirectUrl === null ? connection : toConnection(databaseDirectUrl);
  const variable = databaseDirectUrl === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
  const description = await withClient(direct, variable, async (client) => {
    const where = placeOf(client);
    const version = await serverVersion(client);
    if (version.major < oldestVersion) {
      throw new Error(
        `The database at ${where} is PostgreSQL ${version.name}. Tidings needs ${oldestVersion} or newer: ` +
          'upgrade it, or let DATABASE_URL name another.',
      );
    }
    await requireSessions(client, direct, variable);
    if (databaseDirectUrl !== null) {
      await withClient(connection, 'DATABASE_URL', async (pooled) => {
        await requireOneDatabase(client, pooled);
        if (pooling === 'session') await requireSessions(pooled, connection, 'DATABASE_URL');
      });
    }
    await migrate(client, { migrations, logger, takeTurns: true });
    return `PostgreSQL ${version.name} at ${where}`;
  });
  return createPgStore({
    kind: 'postgresql',
    description,
    logger,
    detectMisuse: options.detectMisuse ?? false,
    pooling,
    pool: {
      ...connection,
      ...poolOptions(options),
      max: options.poolSize ?? 20,
      idleTimeoutMillis: 30_000,
      // The pool awaits it, which its types do not tell.
      // oxlint-disable-next-line typescript/no-misused-promises
      onConnect: async (client) => {
        if (pooling === 'session')
          await client.query(`set idle_in_transaction_session_timeout = ${idleInTransactionMs}`);
      },
    },
  });
}

async function requireSessions(
  client: pg.Client,
  connection: pg.ClientConfig,
  variable: string,
): Promise<void> {
  if (!(await isPooled(client))) return;
  await withClient(connection, variable, (other) => requireSession(client, other, variable));
}

/** Never quotes what it was given: the password is in there. */
export function requirePostgresUrl(variable: string, databaseUrl: string): void {
  try {
    if (!/^postgres(ql)?:\/\//.test(databaseUrl)) throw new Error('another scheme');
    // pg's own reading of the address, which knows more forms than URL does.
    new pg.Client(databaseUrl);
  } catch {
    throw new Error(
      `${variable} is not an address of the form postgres://user:password@host:port/database ` +
        '(special characters in the password have to be percent-encoded).',
    );
  }
}

function poolOptions({ acquireTimeoutMs = 5_000 }: OpenStoreOptions): pg.PoolConfig {
  return {
    connectionTimeoutMillis: acquireTimeoutMs,
    query_timeout: queryTimeoutMs,
    // BEGIN and the first statement share a round trip, and statements may be sent together.
    pipeline: true,
    stream: createCoalescingSocket,
  };
}

/** Runs the work on a connection of its own, without the time limit of the pool's: a migration may take long. */
export async function withClient<T>(
  connection: pg.ClientConfig,
  variable: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: startTimeoutMs });
  // The query under way rejects with the same error; without a listener the event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new Error(
      `The database at ${placeOf(client)} cannot be used: ${phrase(error)}. Check that it runs and that ${variable} is right.`,
      { cause: error },
    );
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export const placeOf = (client: pg.Client): string =>
  `${client.host}:${client.port}/${client.database ?? ''}`;

export async function serverVersion(client: pg.Client): Promise<{ name: string; major: number }> {
  const { rows } = await client.query<{ name: string; number: string }>(
    `select current_setting('server_version') as name, current_setting('server_version_num') as number`,
  );
  const name = rows[0]?.name.split(' ')[0] ?? 'of an unknown version';
  return { name, major: Math.floor(Number(rows[0]?.number) / 10_000) };
}
