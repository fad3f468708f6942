// The migrations of the tables that Tidings itself has: the log, and those of the built-in modules.
import { fileURLToPath } from 'node:url';
import type { MigrationFolder } from './store.ts';

export const builtInMigrations: MigrationFolder = {
  name: 'tidings',
  folder: fileURLToPath(new URL('./migrations', import.meta.url)),
};
