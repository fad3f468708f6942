// Looks at the database as a node would find it, and changes nothing: for `tidings doctor` and `tidings migrate --check`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from 'pino';
import { readClock, type ClockReading } from './clock-reading.ts';
import { readMigrationState, type MigrationState } from './pending-migrations.ts';
import { openPgliteServer } from './pglite-server.ts';
import { oldestVersion, placeOf, requirePostgresUrl, serverVersion, withClient } from './open-store.ts';
import type { MigrationFolder } from './store.ts';

export interface ExamineStoreOptions {
  readonly databaseUrl: string | null;
  /** Past a pooler, see OpenStoreOptions. */
  readonly databaseDirectUrl?: string | null;
  readonly dataDir: string | null;
  readonly migrations: readonly MigrationFolder[];
  readonly logger: Logger;
}

export interface StoreExamination {
  readonly kind: 'postgresql' | 'pglite';
  /** `localhost:5432/tidings`, or the directory. Never holds a password. */
  readonly place: string;
  /** null: the embedded database is made at the first start. */
  readonly server: ServerExamination | null;
  readonly migrations: MigrationState;
}

export interface ServerExamination {
  readonly version: string;
  readonly isSupported: boolean;
  /** false: a standby, or one that was made read-only. */
  readonly acceptsChanges: boolean;
  readonly clock: readonly ClockReading[];
}

/** Rejects with a sentence for people, or with DirectoryInUse. */
export async function examineStore(options: ExamineStoreOptions): Promise<StoreExamination> {
  const { databaseUrl, databaseDirectUrl = null, dataDir, migrations, logger } = options;
  const address = databaseDirectUrl ?? databaseUrl;
  if (address !== null) {
    const variable = databaseDirectUrl === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
    requirePostgresUrl(variable, address);
    const connection = { connectionString: address, application_name: 'tidings examination' };
    return withClient(connection, variable, async (client) => ({
      kind: 'postgresql',
      place: placeOf(client),
      server: await examineServer(client),
      migrations: await readMigrationState(client, migrations),
    }));
  }
  const place = dataDir ?? 'memory';
  // Opening it would make it.
  if (dataDir === null || !existsSync(join(dataDir, 'pglite'))) {
    return { kind: 'pglite', place, server: null, migrations: await readMigrationState(null, migrations) };
  }
  const embedded = await openPgliteServer({ dataDir, logger });
  try {
    const connection = {
      ...embedded.address,
      user: 'postgres',
      database: 'postgres',
      password: 'none',
      ssl: false,
    };
    return await withClient(connection, 'DATA_DIR', async (client) => ({
      kind: 'pglite',
      place,
      server: await examineServer(client),
      migrations: await readMigrationState(client, migrations),
    }));
  } finally {
    await embedded.close();
  }
}

async function examineServer(client: pg.Client): Promise<ServerExamination> {
  const { name, major } = await serverVersion(client);
  const { rows } = await client.query<{ refuses: boolean }>(
    `select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as refuses`,
  );
  return {
    version: name,
    isSupported: major >= oldestVersion,
    acceptsChanges: rows[0]?.refuses !== true,
    clock: await readClock(() => readTime(client)),
  };
}

async function readTime(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ now: string }>(
    `select (extract(epoch from clock_timestamp()) * 1000)::text as now`,
  );
  return Number(rows[0]?.now);
}
