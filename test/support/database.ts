// A fresh PostgreSQL database for a test: on the server that the whole suite shares, or else on one of its own.
import pg from 'pg';
import { createDatabase, runSql, startPostgres } from './postgres.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Removes it, with whoever is still connected. */
  drop(): Promise<void>;
}

/** `TIDINGS_TEST_POSTGRES_URL`, set by the suite's global setup, is an administrator's address. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const shared = process.env['TIDINGS_TEST_POSTGRES_URL'];
  if (shared === undefined) {
    const server = await startPostgres();
    const drop = async (): Promise<void> => server[Symbol.asyncDispose]();
    return { url: await server.createDatabase(), drop, [Symbol.asyncDispose]: drop };
  }
  const url = await createDatabase(shared);
  const name = new URL(url).pathname.slice(1);
  const drop = async (): Promise<void> => {
    await runSql(shared, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  };
  return { url, drop, [Symbol.asyncDispose]: drop };
}
