// What every store promises, run by store.test.ts on embedded PGlite and on PostgreSQL.
import { eq, sql } from 'drizzle-orm';
import { bigint, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { sqlState, toStoreError } from '../../src/store/store-errors.ts';

export const contractSchema = [
  `create table accounts (name text primary key, balance bigint not null, constraint "not in debt" check (balance >= 0));
   --> statement-breakpoint
   create table notes (id integer primary key, body jsonb not null, made_at timestamptz not null, size bigint not null);
   --> statement-breakpoint
   create table promises (id integer primary key,
     kept_by integer references promises deferrable initially deferred);`,
] as const;

export const accounts = pgTable('accounts', {
  name: text().primaryKey(),
  balance: bigint({ mode: 'number' }).notNull(),
});

const notes = pgTable('notes', {
  id: integer().primaryKey(),
  body: jsonb().$type<{ words: string[] }>().notNull(),
  madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
  size: bigint({ mode: 'number' }).notNull(),
});

export interface TestStore extends AsyncDisposable {
  readonly store: Store;
}

/** Opens a store with `contractSchema` applied. */
export type OpenTestStore = (options: {
  acquireTimeoutMs?: number;
  detectMisuse?: boolean;
}) => Promise<TestStore>;

/** The balance of an account of its own, so that no test sees another's rows. */
export async function openAccount(store: Store, balance: number): Promise<string> {
  const name = `account-${Math.random().toString(36).slice(2)}`;
  await store.queries.insert(accounts).values({ name, balance });
  return name;
}

export async function balanceOf(store: Store, name: string): Promise<number | undefined> {
  const rows = await store.queries.select().from(accounts).where(eq(accounts.name, name));
  return rows[0]?.balance;
}

export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('It should have been rejected.'),
    (error: unknown) => error,
  );

export function storeContract(name: string, openTestStore: OpenTestStore): void {
  describe(`the store on ${name}`, () => {
    let opened: TestStore;
    let store: Store;

    beforeAll(async () => {
      opened = await openTestStore({ acquireTimeoutMs: 5_000 });
      store = opened.store;
    });

    afterAll(async () => opened[Symbol.asyncDispose]());

    test('typed rows come back as they were written', async () => {
      const note = {
        id: 1,
        body: { words: ['hear', 'ye'] },
        madeAt: new Date('2024-02-29T12:00:00.123Z'),
        size: Number.MAX_SAFE_INTEGER,
      };
      await store.queries.insert(notes).values(note);
      expect(await store.queries.select().from(notes)).toEqual([note]);
      await store.queries.delete(notes);
    });

    test('a BIGINT is a number in plain SQL too, and refused where a number cannot hold it', async () => {
      const { rows } = await store.queries.execute(
        sql`select 7::bigint as one, array[1, null, 3]::bigint[] as many, count(*) as count from (values (1), (2)) as v`,
      );
      expect(rows).toEqual([{ one: 7, many: [1, null, 3], count: 2 }]);
      const error = await rejection(store.queries.execute(sql`select 9007199254740993::bigint`));
      expect((error as Error).cause).toBeInstanceOf(RangeError);
      await store.check();
    });

    test('a transaction answers what its work answers, and commits', async () => {
      const account = await openAccount(store, 1);
      const answer = await store.transaction(async (tx) => {
        await tx.update(accounts).set({ balance: 5 }).where(eq(accounts.name, account));
        return 'done';
      });
      expect(answer).toBe('done');
      expect(await balanceOf(store, account)).toBe(5);
    });

    test('what the work throws is thrown on, the same object, and everything is rolled back', async () => {
      const account = await openAccount(store, 1);
      const thrown = new Error('changed my mind');
      const work = store.transaction(async (tx) => {
        await tx.update(accounts).set({ balance: 5 }).where(eq(accounts.name, account));
        throw thrown;
      });
      expect(await rejection(work)).toBe(thrown);
      expect(await balanceOf(store, account)).toBe(1);
    });

    test('work that throws before its first query leaves a usable connection', async () => {
      const thrown = new Error('too early');
      const throwing = store.transaction(() => {
        throw thrown;
      });
      expect(await rejection(throwing)).toBe(thrown);
      await store.check();
    });

    test('an SQL error surfaces with its SQLSTATE and is not taken for an outage', async () => {
      const syntax = await rejection(store.queries.execute(sql`selekt 1`));
      expect(sqlState(syntax)).toBe('42601');
      expect(toStoreError(syntax)).toBe(syntax);
      const account = await openAccount(store, 1);
      const repeated = await rejection(
        store.transaction((tx) => tx.insert(accounts).values({ name: account, balance: 1 })),
      );
      expect(sqlState(repeated)).toBe('23505');
      await store.check();
    });

    test('a constraint that fails at COMMIT is an answer, not an unknown outcome', async () => {
      const error = await rejection(
        store.transaction((tx) => tx.execute(sql`insert into promises (id, kept_by) values (1, 99)`)),
      );
      expect(sqlState(error)).toBe('23503');
      expect((await store.queries.execute(sql`select * from promises`)).rows).toEqual([]);
    });

    test('a swallowed SQL error does not pass for a commit', async () => {
      const account = await openAccount(store, 1);
      const work = store.transaction(async (tx) => {
        await tx.update(accounts).set({ balance: 5 }).where(eq(accounts.name, account));
        await tx.execute(sql`select 1 / 0`).catch(() => {});
      });
      await expect(work).rejects.toThrow('division by zero');
      expect(await balanceOf(store, account)).toBe(1);
    });

    test('a handle used after its transaction is refused', async () => {
      const leaked = await store.transaction(async (tx) => ({ tx }));
      const error = await rejection(leaked.tx.execute(sql`select 1`));
      expect((error as Error).cause).toMatchObject({
        message: expect.stringContaining('has ended') as string,
      });
    });

    test('queries of one transaction may be sent together', async () => {
      const answers = await store.transaction((tx) =>
        Promise.all([1, 2, 3, 4].map(async (n) => (await tx.execute(sql`select ${n}::int as n`)).rows[0])),
      );
      expect(answers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
    });

    test('transactions on one row take turns and lose no update', async () => {
      const account = await openAccount(store, 0);
      const increment = () =>
        store.transaction(async (tx) => {
          const [row] = await tx.select().from(accounts).where(eq(accounts.name, account)).for('update');
          await tx
            .update(accounts)
            .set({ balance: (row?.balance ?? 0) + 1 })
            .where(eq(accounts.name, account));
        });
      await Promise.all(Array.from({ length: 40 }, increment));
      expect(await balanceOf(store, account)).toBe(40);
    });

    test('the isolation level is READ COMMITTED', async () => {
      const { rows } = await store.transaction((tx) => tx.execute(sql`show transaction_isolation`));
      expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
    });

    test("the store's own queries inside of a transaction are reported at once where misuse is detected", async () => {
      await using strict = await openTestStore({ detectMisuse: true });
      const nested = strict.store.transaction(() => strict.store.queries.execute(sql`select 1`));
      await expect(nested).rejects.toMatchObject({
        cause: { message: expect.stringContaining('use its handle') as string },
      });
      await strict.store.transaction(async () => {});
      await strict.store.queries.execute(sql`select 1`);
    });
  });
}
