// Both databases keep the store's contract; then what only one of them can be asked: PostgreSQL going away and coming
// back, PGlite's directory and its lock.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { eq, sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore, type OpenStoreOptions } from '../../src/store/open-store.ts';
import { toStoreError } from '../../src/store/store-errors.ts';
import type { Store } from '../../src/store/store.ts';
import { UnknownOutcomeError } from '../../src/store/unknown-outcome.ts';
import { startCommitCutter } from '../support/commit-cutter.ts';
import { openTestDatabase } from '../support/database.ts';
import { type TestMigrations, writeMigrations } from '../support/migrations.ts';
import { startPooler } from '../support/pgbouncer.ts';
import { type PostgresServer, runSql, startPostgres } from '../support/postgres.ts';
import {
  accounts,
  balanceOf,
  contractSchema,
  openAccount,
  rejection,
  storeContract,
} from './store.contract.ts';

const logger = pino({ level: 'silent' });
let migrations: readonly TestMigrations[];
/** A directory that PGlite has been through once, to copy: the first start of one takes seconds. */
let template: string;

beforeAll(async () => {
  migrations = [await writeMigrations('contract', contractSchema)];
  template = await mkdtemp(join(tmpdir(), 'tidings-data-'));
  await (await openPglite(template)).close();
});

afterAll(async () => {
  await rm(template, { recursive: true });
  for (const migration of migrations) await migration[Symbol.asyncDispose]();
});

async function makeDataDir(): Promise<{ dataDir: string } & AsyncDisposable> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-data-'));
  await cp(template, dataDir, { recursive: true });
  return { dataDir, [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }) };
}

const openPglite = (dataDir: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> =>
  openStore({ databaseUrl: null, dataDir, migrations, logger, ...options });

const openPostgresql = (databaseUrl: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> =>
  openStore({ databaseUrl, dataDir: 'unused', migrations, logger, ...options });

const unavailable = expect.objectContaining({ code: 'UNAVAILABLE', retryAfterMs: 1_000 }) as unknown;

storeContract('embedded PGlite', async (options) => {
  const data = await makeDataDir();
  const store = await openPglite(data.dataDir, options);
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await data[Symbol.asyncDispose]();
    },
  };
});

storeContract('PostgreSQL', async (options) => {
  const database = await openTestDatabase();
  const store = await openPostgresql(database.url, options);
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database.drop();
    },
  };
});

storeContract('PostgreSQL behind a pooler in transaction mode', async (options) => {
  const database = await openTestDatabase();
  const pooler = await startPooler({ databaseUrl: database.url });
  const store = await openPostgresql(pooler.through(database.url), {
    databasePooling: 'transaction',
    databaseDirectUrl: database.url,
    ...options,
  });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await pooler[Symbol.asyncDispose]();
      await database.drop();
    },
  };
});

describe('the store on PostgreSQL', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterAll(async () => server[Symbol.asyncDispose]());

  async function open(
    options: Partial<OpenStoreOptions> = {},
  ): Promise<{ store: Store; url: string } & AsyncDisposable> {
    const url = await server.createDatabase();
    const store = await openPostgresql(url, options);
    return { store, url, [Symbol.asyncDispose]: () => store.close() };
  }

  test('four nodes that start at once migrate once, and a later start finds nothing to do', async () => {
    const url = await server.createDatabase();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresql(url)));
    stores.push(await openPostgresql(url));
    const applied = await runSql<{ count: string }>(url, 'select count(*) from drizzle.migrations_contract');
    expect(applied).toEqual([{ count: '1' }]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a migration that fails leaves nothing behind and is named', async () => {
    const url = await server.createDatabase();
    await using broken = await writeMigrations('broken', [
      'create table half_made ();',
      'create table oops (',
    ]);
    await expect(openPostgresql(url, { migrations: [broken] })).rejects.toThrow(
      /"broken" could not be applied: syntax error/,
    );
    expect(await runSql(url, `select 1 from pg_tables where tablename = 'half_made'`)).toEqual([]);
  });

  test('a database that is newer than the code is only warned of', async () => {
    const url = await server.createDatabase();
    await using newer = await writeMigrations('app', ['create table first ();', 'create table second ();']);
    await using older = await writeMigrations('app', ['create table first ();']);
    await (await openPostgresql(url, { migrations: [newer] })).close();
    const warnings: string[] = [];
    const warning = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
    await (await openPostgresql(url, { migrations: [older], logger: warning })).close();
    expect(warnings.join()).toContain('newer than this version');
  });

  test('transactions that lock two rows in opposite order all succeed: a deadlock is run again', async () => {
    await using db = await open();
    const { store } = db;
    await store.queries.execute(sql`select 1`);
    const pair = [await openAccount(store, 1_000), await openAccount(store, 1_000)];
    let runs = 0;
    const transfer = (from: string, to: string) =>
      store.transaction(async (tx) => {
        runs++;
        await tx.execute(sql`set local deadlock_timeout = '5ms'`);
        for (const [name, change] of [[from, -1] as const, [to, 1] as const]) {
          await tx
            .update(accounts)
            .set({ balance: sql`${accounts.balance} + ${change}` })
            .where(eq(accounts.name, name));
        }
      });
    const [a = '', b = ''] = pair;
    for (let round = 0; round < 40; round++) await Promise.all([transfer(a, b), transfer(b, a)]);
    expect(runs).toBeGreaterThan(80);
    expect([await balanceOf(store, a), await balanceOf(store, b)]).toEqual([1_000, 1_000]);
  });

  test('where nothing is answered in time it is UNAVAILABLE, told as busy, and then goes on', async () => {
    await using db = await open({ poolSize: 1, acquireTimeoutMs: 500 });
    const nested = db.store.transaction(() => db.store.queries.execute(sql`select 1`));
    const error = toStoreError(await rejection(nested));
    expect(error).toEqual(unavailable);
    expect((error as Error).message).toMatch(/^The database is busy: /);
    await db.store.check();
  });

  test('a storm of queries waits for as long as the database answers, and a transaction not behind all of them', async () => {
    await using db = await open({ poolSize: 1, acquireTimeoutMs: 500 });
    let answered = 0;
    const storm = Promise.all(
      Array.from({ length: 60 }, async () => {
        await db.store.queries.execute(sql`select pg_sleep(0.03)`);
        answered += 1;
      }),
    );
    await db.store.transaction((tx) => tx.execute(sql`select 1`));
    expect(answered).toBeLessThan(60);
    await storm;
    expect(answered).toBe(60);
  });

  test('a server that goes away while many wait is told to all of them as away', async () => {
    await using db = await open({ poolSize: 1, acquireTimeoutMs: 500 });
    const storm = Array.from({ length: 20 }, () =>
      rejection(db.store.queries.execute(sql`select pg_sleep(10)`)),
    );
    await vi.waitFor(async () => {
      const [sleeping] = await runSql<{ count: string }>(
        server.url,
        `select count(*) from pg_stat_activity where query like '%pg_sleep(10)%' and pid <> pg_backend_pid()`,
      );
      expect(sleeping).toEqual({ count: '1' });
    });
    await server.stop();
    for (const error of await Promise.all(storm)) expect(toStoreError(error)).toEqual(unavailable);
    await server.start();
    await vi.waitFor(() => db.store.check());
  });

  test('while the server is away everything is UNAVAILABLE, and it recovers by itself', async () => {
    await using db = await open();
    const { store } = db;
    const account = await openAccount(store, 1);
    await server.stop();
    expect(toStoreError(await rejection(store.queries.select().from(accounts)))).toEqual(unavailable);
    expect(await rejection(store.transaction((tx) => tx.execute(sql`select 1`)))).toEqual(unavailable);
    await expect(store.check()).rejects.toThrow('The database cannot be reached');
    await server.start();
    expect(await balanceOf(store, account)).toBe(1);
    await server.crash();
    await server.start();
    await vi.waitFor(() => store.check());
    expect(await balanceOf(store, account)).toBe(1);
  });

  test('a connection lost within a transaction is UNAVAILABLE, since nothing took effect', async () => {
    await using db = await open();
    const account = await openAccount(db.store, 1);
    const work = db.store.transaction(async (tx) => {
      await tx.update(accounts).set({ balance: 9 }).where(eq(accounts.name, account));
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    const error = await rejection(work);
    expect(error).toEqual(unavailable);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    expect(await balanceOf(db.store, account)).toBe(1);
  });

  test('a COMMIT whose answer is lost has an unknown outcome, and may have taken effect', async () => {
    const url = await server.createDatabase();
    await using cutter = await startCommitCutter(url);
    const store = await openPostgresql(cutter.url);
    const account = await openAccount(store, 1);
    cutter.cut();
    const work = store.transaction((tx) =>
      tx.update(accounts).set({ balance: 9 }).where(eq(accounts.name, account)),
    );
    const error = await rejection(work);
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('idempotency key') as string,
    });
    cutter.mend();
    expect(await balanceOf(store, account)).toBe(9);
    await store.close();
  });

  test('a backend that is ended during COMMIT has an unknown outcome', async () => {
    await using db = await open();
    await db.store.queries.execute(sql`create function die() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
    await db.store.queries.execute(sql`create constraint trigger at_commit after insert on promises
      deferrable initially deferred for each row execute function die()`);
    const work = db.store.transaction((tx) => tx.execute(sql`insert into promises (id) values (1)`));
    expect(await rejection(work)).toBeInstanceOf(UnknownOutcomeError);
    await db.store.check();
  });

  test('an address that nobody answers, or that is none, stops the start with a sentence without the password', async () => {
    for (const url of [
      'postgres://me:hunter2@127.0.0.1:1/app',
      'postgres://me:hunter2@[/app',
      'mysql://me:hunter2@h/app',
    ]) {
      const error = (await rejection(openPostgresql(url))) as Error;
      expect(error.message).toMatch(/DATABASE_URL.*\.$/);
      expect(error.message).not.toContain('hunter2');
    }
  });

  test('it describes itself by version and place', async () => {
    await using db = await open();
    expect(db.store.description).toMatch(/^PostgreSQL \d+\.\d+ at 127\.0\.0\.1:\d+\/test_\w+$/);
  });
});

describe('the store on embedded PGlite', () => {
  test("the store's own queries inside of a transaction are an error, not a hang", async () => {
    await using data = await makeDataDir();
    const store = await openPglite(data.dataDir, { acquireTimeoutMs: 500 });
    const nested = store.transaction(() => store.queries.execute(sql`select 1`));
    expect(await rejection(nested)).toEqual(unavailable);
    await store.check();
    await store.close();
  });

  test('what was written is there after closing and opening again', async () => {
    await using data = await makeDataDir();
    const first = await openPglite(data.dataDir);
    const account = await openAccount(first, 42);
    await Promise.all([first.close(), first.close()]);
    const second = await openPglite(data.dataDir);
    expect(await balanceOf(second, account)).toBe(42);
    await second.close();
    expect(await rejection(second.transaction(async () => {}))).toEqual(unavailable);
  });

  test('a directory that does not exist is made', async () => {
    await using data = await makeDataDir();
    const store = await openPglite(join(data.dataDir, 'made', 'on demand'));
    expect(store.description).toMatch(/^embedded PostgreSQL \d+\.\d+ \(PGlite\) in .*on demand$/);
    await store.close();
  });

  test('closing leaves no socket behind', async () => {
    await using data = await makeDataDir();
    const temporary = await mkdtemp(join(tmpdir(), 't-'));
    const sockets = async () => (await readdir(temporary)).filter((name) => name.startsWith('tidings-'));
    vi.stubEnv('TMPDIR', temporary);
    // Only for the opening: what is set up for other tests must not land there.
    const store = await openPglite(data.dataDir).finally(() => vi.unstubAllEnvs());
    expect(await sockets()).toHaveLength(1);
    await store.close();
    expect(await sockets()).toEqual([]);
    await rm(temporary, { recursive: true });
  });

  test('when its thread dies that is logged, everything is UNAVAILABLE, and it still closes', async () => {
    await using data = await makeDataDir();
    const errors: string[] = [];
    let thread: Worker | undefined;
    process.once('worker', (worker) => (thread = worker));
    const store = await openPglite(data.dataDir, {
      logger: pino({}, { write: (line) => void errors.push(line) }),
    });
    await thread?.terminate();
    await vi.waitFor(() => expect(errors.join()).toContain('the embedded database ended'));
    expect(await rejection(store.transaction((tx) => tx.execute(sql`select 1`)))).toEqual(unavailable);
    expect(toStoreError(await rejection(store.queries.execute(sql`select 1`)))).toEqual(unavailable);
    await store.close();
    await (await openPglite(data.dataDir)).close();
  });

  test('a second process is refused, and after the first was killed its directory opens again', async () => {
    await using data = await makeDataDir();
    await using owner = await spawnOwner(data.dataDir);
    const error = (await rejection(openPglite(data.dataDir))) as Error;
    expect(error.message).toContain(
      `${data.dataDir} is in use by another Tidings (process ${owner.process.pid}).`,
    );
    expect(error.message).toContain('DATA_DIR');
    await owner.kill();
    const store = await openPglite(data.dataDir);
    expect(await balanceOf(store, 'owner')).toBe(7);
    await store.close();
  });
});

/** Another process that opens the directory, writes an account and stays until it is killed. */
async function spawnOwner(
  dataDir: string,
): Promise<{ process: ChildProcess; kill(): Promise<void> } & AsyncDisposable> {
  const script = `
    import { pino } from 'pino';
    import { sql } from 'drizzle-orm';
    const { openStore } = await import('./src/store/open-store.ts');
    const [dataDir, migrations] = JSON.parse(process.env.OWNER);
    const store = await openStore({ databaseUrl: null, dataDir, migrations, logger: pino({ level: 'silent' }) });
    await store.queries.execute(sql\`insert into accounts values ('owner', 7)\`);
    console.log('open');`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, OWNER: JSON.stringify([dataDir, migrations]) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(owner, 'exit');
  const kill = async (): Promise<void> => {
    owner.kill('SIGKILL');
    await exited;
  };
  const opened = await Promise.race([once(owner.stdout, 'data'), exited]);
  expect(String(opened[0])).toBe('open\n');
  return { process: owner, kill, [Symbol.asyncDispose]: kill };
}
