// Small folders of migrations for tests, laid out as drizzle-kit writes them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationFolder } from '../../src/store/store.ts';

/** Disposing removes the folder. */
export type TestMigrations = MigrationFolder & AsyncDisposable;

/** One migration for each text, in order; the same texts make the same migrations. */
export async function writeMigrations(name: string, texts: readonly string[]): Promise<TestMigrations> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-migrations-'));
  const entries = texts.map((sql, idx) => ({ sql, idx, tag: `${String(idx).padStart(4, '0')}_test` }));
  await mkdir(join(folder, 'meta'));
  const journal = {
    version: '7',
    dialect: 'postgresql',
    entries: entries.map(({ idx, tag }) => ({
      idx,
      tag,
      version: '7',
      when: 1_700_000_000_000 + idx,
      breakpoints: true,
    })),
  };
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  for (const { tag, sql } of entries) await writeFile(join(folder, `${tag}.sql`), sql);
  return { name, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
