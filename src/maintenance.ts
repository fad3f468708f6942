// Beside the composition root and on its floor: what the commands that look after a server need of concrete engines and
// stores. Nothing here opens a node.
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { builtInMigrations } from './store/built-in-migrations.ts';
import { DirectoryInUse } from './store/directory-lock.ts';
import { examineStore, type StoreExamination } from './store/open-examination.ts';
import { openStore } from './store/open-store.ts';

export { examineRedis, type RedisExamination } from './engines/redis/examine-redis.ts';
export type { StoreExamination };

interface MaintenanceOptions {
  readonly config: Config;
  readonly logger: Logger;
}

/** Brings the database to what this version expects, as every start does. Rejects with a sentence for people. */
export async function migrateDatabase({ config, logger }: MaintenanceOptions): Promise<{
  /** `PostgreSQL 15.18 at localhost:5432/tidings` */
  readonly description: string;
  readonly applied: readonly string[];
}> {
  const { migrations } = await examineStore({ ...config, migrations: [builtInMigrations], logger });
  const store = await openStore({ ...config, migrations: [builtInMigrations], logger });
  await store.close();
  return { description: store.description, applied: migrations.pending };
}

/** `in use`: an embedded database belongs to one process, and its server runs. */
export async function examineDatabase({
  config,
  logger,
}: MaintenanceOptions): Promise<StoreExamination | 'in use'> {
  try {
    return await examineStore({ ...config, migrations: [builtInMigrations], logger });
  } catch (error) {
    if (error instanceof DirectoryInUse) return 'in use';
    throw error;
  }
}
