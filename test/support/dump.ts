// Everything that is stored, for tests of what must not be there, or must not have changed.
import { sql } from 'drizzle-orm';
import type { Runtime } from '../../src/schema/context.ts';

/** Every row of every table that is of these workspaces, as `table {…}`, in order. */
export async function dump(
  { store }: Pick<Runtime, 'store'>,
  ...workspaces: readonly string[]
): Promise<readonly string[]> {
  const tables = await store.queries.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const lines: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await store.queries.execute<{ text: string }>(
      sql`select row_to_json(r)::text as text from ${sql.identifier(name)} as r`,
    );
    const own = rows.filter(({ text }) => workspaces.some((workspace) => text.includes(workspace)));
    lines.push(...own.map(({ text }) => `${name} ${text}`));
  }
  return lines.sort();
}
