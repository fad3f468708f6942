// What migrate.ts would do, told without doing it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { MigrationFolder } from './store.ts';

export interface MigrationState {
  /** In the order in which they will be applied: `tidings/0003_erase`. */
  readonly pending: readonly string[];
  /** Applied by a newer version of the code, which this one does not know. */
  readonly unknown: number;
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

/** `client` null: of a database that is not there yet, where everything is pending. */
export async function readMigrationState(
  client: pg.Client | null,
  folders: readonly MigrationFolder[],
): Promise<MigrationState> {
  const pending: string[] = [];
  let unknown = 0;
  for (const { name, folder } of folders) {
    const journal = JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')) as Journal;
    const moments = client === null ? [] : await readApplied(client, `drizzle.migrations_${name}`);
    // As the migrator sees it: what is later than the latest that was applied is to be done.
    const newest = Math.max(0, ...moments);
    pending.push(...journal.entries.filter(({ when }) => when > newest).map(({ tag }) => `${name}/${tag}`));
    const newestKnown = Math.max(0, ...journal.entries.map(({ when }) => when));
    unknown += moments.filter((moment) => moment > newestKnown).length;
  }
  return { pending, unknown };
}

async function readApplied(client: pg.Client, table: string): Promise<readonly number[]> {
  const found = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    table,
  ]);
  if (found.rows[0]?.found !== true) return [];
  const { rows } = await client.query<{ moment: string }>(`select created_at::text as moment from ${table}`);
  return rows.map(({ moment }) => Number(moment));
}
