// Brings the database to the state that the code expects: each folder of migrations with a table of its own for what
// has been applied. open-store.ts runs it on a connection of its own before anything else.
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as migrateFolder } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { MigrationFolder } from './store.ts';
import { phrase } from './store-errors.ts';

const schema = 'drizzle';

/** "tidi" in ASCII: a constant that nobody else is likely to lock. */
const advisoryLock = 0x74696469;

export interface MigrateOptions {
  readonly migrations: readonly MigrationFolder[];
  readonly logger: Logger;
  /** Several nodes may start at once on one PostgreSQL: they take turns, and the later ones find nothing to do. */
  readonly takeTurns: boolean;
}

/** Each folder is one transaction: it is applied as a whole or not at all, and rejects naming the folder. */
export async function migrate(client: pg.Client, options: MigrateOptions): Promise<void> {
  const { logger, takeTurns } = options;
  if (takeTurns) await lock(client, logger);
  for (const migration of options.migrations) {
    try {
      await migrateOne(client, migration, logger);
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Error(`The migrations "${migration.name}" could not be applied: ${phrase(reason)}`, {
        cause: error,
      });
    }
  }
  if (takeTurns) await client.query(`select pg_advisory_unlock(${advisoryLock})`);
}

async function migrateOne(
  client: pg.Client,
  { name, folder }: MigrationFolder,
  logger: Logger,
): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(name))
    throw new Error('a name has lower-case letters, digits and underscores.');
  const table = `migrations_${name}`;
  await migrateFolder(drizzle({ client }), {
    migrationsFolder: folder,
    migrationsSchema: schema,
    migrationsTable: table,
  });
  const newest = Math.max(
    0,
    ...readMigrationFiles({ migrationsFolder: folder }).map((known) => known.folderMillis),
  );
  const unknown = await client.query(`select 1 from ${schema}.${table} where created_at > $1`, [newest]);
  if (unknown.rows.length > 0) {
    // During a rolling deploy, or after going back to an older version: often fine, so it runs on.
    logger.warn(
      { migrations: name, unknown: unknown.rows.length },
      'the database is newer than this version of Tidings',
    );
  }
}

async function lock(client: pg.Client, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_lock(${advisoryLock}) as locked`,
  );
  if (rows[0]?.locked) return;
  logger.info('waiting for another node that is applying migrations');
  await client.query(`select pg_advisory_lock(${advisoryLock})`);
}
