// Whatever a deployment keeps, as lines of text in which a test looks for what must not be there: every column of every
// table of the database, and every key of Redis with what it holds.
import { Redis } from 'ioredis';
import pg from 'pg';
import { runSql } from './postgres.ts';

/** `table {"column": …}`, for every row of every table in every schema that is not the database's own. */
export async function readDatabase(url: string): Promise<readonly string[]> {
  const tables = await runSql<{ schema: string; name: string }>(
    url,
    `select table_schema as schema, table_name as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2`,
  );
  const lines: string[] = [];
  for (const { schema, name } of tables) {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const rows = await runSql<{ text: string }>(url, `select row_to_json(r)::text as text from ${table} r`);
    lines.push(...rows.map(({ text }) => `${name} ${text}`));
  }
  return lines;
}

/** `key value`, whatever its type. */
export async function readRedis(url: string): Promise<readonly string[]> {
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  try {
    const keys = (await client.keys('*')).sort();
    return await Promise.all(keys.map(async (key) => `${key} ${JSON.stringify(await readKey(client, key))}`));
  } finally {
    client.disconnect();
  }
}

async function readKey(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'list':
      return client.lrange(key, 0, -1);
    case 'none': // has just expired
      return null;
    default:
      throw new Error(`The test does not know how to read ${key}.`);
  }
}
