// What an address of the database leads to: PostgreSQL itself, or a pooler that may give every transaction another session.
// Behind one of those a lock of a session would belong to nobody, and a setting to everybody: that is found at the start.
import { randomInt } from 'node:crypto';
import type pg from 'pg';

/** A pooler hands out the session that was free last, and one that is busy changes them: a few looks are enough. */
const looks = 20;

/** PostgreSQL tells whoever connects the number of the process that serves them; a pooler makes one up. */
export const isPooled = async (client: pg.Client): Promise<boolean> =>
  (await sessionOf(client)) !== (client as { readonly processID?: unknown }).processID;

/**
 * Rejects with a sentence where two connections, made to the same address, were seen to share a session, or one of them to
 * change its own. So it never refuses what keeps them apart.
 */
export async function requireSession(one: pg.Client, other: pg.Client, variable: string): Promise<void> {
  const own = await sessionOf(one);
  for (let look = 0; look < looks; look += 1) {
    const sessions = [await sessionOf(other), await sessionOf(one)];
    if (!sessions.includes(own) || sessions[0] === own) throw sharedSession(variable);
  }
}

const sharedSession = (variable: string): Error =>
  new Error(
    variable === 'DATABASE_URL'
      ? 'DATABASE_URL leads to a pooler in transaction mode, where statements and locks of a session get lost. Set ' +
          'DATABASE_POOLING=transaction, and DATABASE_DIRECT_URL to the address of the same database past the pooler; ' +
          'or let DATABASE_URL lead past it.'
      : `${variable} leads to a pooler in transaction mode: set it to the address of the database itself.`,
  );

async function sessionOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ session: number }>('select pg_backend_pid() as session');
  return rows[0]?.session ?? 0;
}

/** Rejects with a sentence where what is locked through one connection is not locked for the other: then they lead to two databases. */
export async function requireOneDatabase(direct: pg.Client, pooled: pg.Client): Promise<void> {
  const lock = `(${classOfProbe}, ${randomInt(2 ** 31)})`;
  await direct.query(`select pg_advisory_lock${lock}`);
  const { rows } = await pooled.query<{ taken: boolean }>(`select pg_try_advisory_xact_lock${lock} as taken`);
  await direct.query(`select pg_advisory_unlock${lock}`);
  if (rows[0]?.taken !== true) return;
  throw new Error(
    'DATABASE_URL and DATABASE_DIRECT_URL lead to two different databases: set both to the same one, the latter past the pooler.',
  );
}

/** "prob" in ASCII, beside the numbers of migrate.ts and node-claim.ts. */
const classOfProbe = 0x70726f62;
