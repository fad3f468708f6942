// Users: known from their tokens and from upsertUsers. Other modules show them by id; a name is the id until one is told.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Revoked } from '../../auth/revocations.ts';
import { revokedSessions } from '../../auth/token-error.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Engine, Following } from '../../engines/engine.ts';
import { badInput } from '../../errors.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import { optionalText, requireHttpsUrl, requireId, requireName } from '../../schema/input.ts';
import type { Queries, Statement } from '../../store/store.ts';
import { awaitWrites } from '../../streams/await-writes.ts';
import { forgetPublisher } from '../../streams/idempotency.ts';
import { rewritePayloads } from '../../streams/rewrite-payloads.ts';
import { withoutNameOf } from './nameless.ts';
import { users } from './users.tables.ts';

/** A user as others see them; also the form in which events hold them. */
export interface UserView {
  readonly id: string;
  readonly name: string;
  readonly avatarUrl: string | null;
}

export interface UserInput {
  readonly id: string;
  readonly name: string;
  readonly avatarUrl?: string | null | undefined;
}

export interface UsersService {
  /** One for each id, also for those never seen. Inside a transaction, with its handle. */
  load(workspace: string, ids: readonly string[], queries?: Queries): Promise<ReadonlyMap<string, UserView>>;
  /** The viewer as others see them. Inside a transaction, with its handle. Throws UNAUTHENTICATED where the token was revoked meanwhile. */
  viewer(viewer: Viewer, queries?: Queries): Promise<UserView>;
  upsert(viewer: Viewer, inputs: readonly UserInput[]): Promise<readonly UserView[]>;
  /** Resolves when every node has ended them, and when a token that is issued from then on counts. */
  revokeSessions(viewer: Viewer, userId: string): Promise<Revoked>;
  /** Told, on every node, whose names were changed. */
  followNames(workspace: string, follower: NamesFollower): Promise<Following>;
  /** Ends the user's sessions, and takes texts, name and picture out of tables and log. Harmless to repeat. */
  erase(viewer: Viewer, userId: string): Promise<void>;
  /** Of whom a token may tell anew what it told before. */
  forget(user: { readonly workspace: string; readonly userId: string }): void;
  /** Keeps what the viewer's token tells. A database that is away costs the name, not the request. */
  remember(viewer: Viewer): Promise<void>;
}

export interface NamesFollower {
  onChanged(userIds: readonly string[]): void;
  /** Some may have gone unheard. */
  onRestored(): void;
}

export const usersService = serviceKey<UsersService>('users');

/** Users at a time in upsertUsers. */
const maxUpserts = 500;
/** Viewers remembered lately, so that not every request writes. */
const maxRemembered = 10_000;

export const toUserView = (
  id: string,
  row?: { name: string | null; avatarUrl: string | null } | null,
): UserView => ({
  id,
  name: row?.name ?? id,
  avatarUrl: row?.avatarUrl ?? null,
});

export function createUsersService(
  runtime: Pick<Runtime, 'store' | 'revocations' | 'eraseTexts'> & {
    readonly logger: Logger;
    readonly engine: Pick<Engine, 'broker'>;
  },
): UsersService {
  const { store, logger } = runtime;
  const { broker } = runtime.engine;
  const remembered = new Map<string, string>();

  const load: UsersService['load'] = async (workspace, ids, queries = store.queries) => {
    const wanted = [...new Set(ids)];
    const rows =
      wanted.length === 0
        ? []
        : await queries
            .select({ id: users.id, name: users.name, avatarUrl: users.avatarUrl })
            .from(users)
            .where(and(eq(users.workspace, workspace), inArray(users.id, wanted)));
    const found = new Map(rows.map((row) => [row.id, row]));
    return new Map(wanted.map((id) => [id, toUserView(id, found.get(id))]));
  };

  /** Now. A name once told is not forgotten where nothing is told in its place. In the order of ids, so that two never deadlock. */
  const write = (
    workspace: string,
    told: readonly { id: string; name: string | null; avatarUrl: string | null }[],
  ) =>
    store.queries
      .insert(users)
      .values(
        [...told]
          .sort((one, other) => (one.id < other.id ? -1 : 1))
          .map((user) => ({ workspace, toldAt: new Date(), ...user })),
      )
      .onConflictDoUpdate({
        target: [users.workspace, users.id],
        set: {
          name: sql`coalesce(excluded.name, ${users.name})`,
          avatarUrl: sql`coalesce(excluded.avatar_url, ${users.avatarUrl})`,
          toldAt: sql`excluded.told_at`,
        },
      });

  const tellNames = (workspace: string, ids: readonly string[]): void => {
    broker.publish(namesOf(workspace), JSON.stringify(ids)).catch((error: unknown) => {
      logger.debug(
        { err: error },
        'changed names could not be announced; they are read when the engine is back',
      );
    });
  };

  return {
    load,
    async viewer({ workspace, id, name, avatarUrl, issuedAt }, queries = store.queries) {
      const [row] = await queries.run<ViewerRow>(selectViewer, [workspace, id, issuedAt.toISOString()]);
      if (row?.is_revoked === true) throw revokedSessions();
      // The newest of what was told; the token's own where that could not be stored.
      return toUserView(id, {
        name: row?.name ?? name,
        avatarUrl: row?.avatar_url ?? avatarUrl,
      });
    },
    async upsert({ workspace }, inputs) {
      const parsed = parseUsers(inputs);
      await write(workspace, parsed);
      const ids = parsed.map(({ id }) => id);
      tellNames(workspace, ids);
      const loaded = await load(workspace, ids);
      return parsed.map((user) => loaded.get(user.id) ?? toUserView(user.id));
    },
    async revokeSessions({ workspace }, id) {
      const revoked = await runtime.revocations.revoke(workspace, requireId('userId', id));
      // `iat` counts in whole seconds. Whoever signs in behind the answer has a token of the next one.
      const nextSecond = Math.ceil(revoked.revokedAt.getTime() / 1_000) * 1_000;
      const waitMs = Math.min(Math.max(nextSecond - Date.now(), 0), 1_000);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return revoked;
    },
    followNames: (workspace, { onChanged, onRestored }) =>
      broker.follow(namesOf(workspace), {
        onMessage: (message) => onChanged(JSON.parse(message) as readonly string[]),
        onRestored,
      }),
    async erase({ workspace }, id) {
      const userId = requireId('userId', id);
      // First: whoever is still connected would tell the name again.
      await runtime.revocations.revoke(workspace, userId);
      // Before the texts: what is brought to everyone whom the workspace knows brings no more to this one.
      await store.queries.delete(users).where(and(eq(users.workspace, workspace), eq(users.id, userId)));
      // What was on its way by then is there now, and what comes later knows of the revocation and of no name.
      await awaitWrites(store);
      await runtime.eraseTexts({ workspace, userId });
      await forgetPublisher(store.queries, { workspace, publisher: userId });
      await rewritePayloads(store, {
        workspace,
        holding: ['id', userId],
        rewrite: (payload) => withoutNameOf(userId, payload),
      });
      // Once more: every node forgets the name that it may have read before it was gone.
      await runtime.revocations.revoke(workspace, userId);
    },
    forget: ({ workspace, userId }) => void remembered.delete(keyOf(workspace, userId)),
    async remember({ workspace, id, name, avatarUrl, issuedAt }) {
      const key = keyOf(workspace, id);
      const told = JSON.stringify([name, avatarUrl]);
      if (remembered.get(key) === told) return;
      try {
        const values = [workspace, id, name, avatarUrl, issuedAt.toISOString()];
        const [row] = await store.queries.run<{ changed: boolean }>(insertTold, values);
        if (row?.changed === true) tellNames(workspace, [id]);
        remembered.delete(key);
        remembered.set(key, told);
        if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value ?? '');
      } catch (error) {
        logger.warn({ err: error }, 'a user could not be remembered');
      }
    },
  };
}

/**
 * What a token tells, unless something newer has been told. Not where the sessions were revoked meanwhile: whoever was erased
 * with them does not come back.
 */
const insertTold: Statement = {
  name: 'insert_user_as_told',
  text: `
    with before as (select name, avatar_url from users where workspace = $1 and id = $2)
    insert into users as known (workspace, id, name, avatar_url, told_at)
    select $1, $2, $3, $4, $5::timestamptz
    where not exists (
      select 1 from session_revocations
      where workspace = $1 and user_id = $2 and revoked_at > $5::timestamptz
    )
    on conflict (workspace, id) do update
      set name = coalesce(excluded.name, known.name), avatar_url = coalesce(excluded.avatar_url, known.avatar_url),
        told_at = excluded.told_at
      where known.told_at is null or known.told_at <= excluded.told_at
    returning exists (
      select 1 from before
      where before.name is distinct from known.name or before.avatar_url is distinct from known.avatar_url
    ) as changed`,
};

interface ViewerRow {
  readonly name: string | null;
  readonly avatar_url: string | null;
  readonly is_revoked: boolean;
}

const selectViewer: Statement = {
  name: 'select_viewer',
  text: `
    select known.name, known.avatar_url, exists (
      select 1 from session_revocations
      where workspace = $1 and user_id = $2 and revoked_at > $3::timestamptz
    ) as is_revoked
    from (select 1) as one left join users known on known.workspace = $1 and known.id = $2`,
};

const namesOf = (workspace: string): string => `names/${encodeURIComponent(workspace)}`;

const keyOf = (workspace: string, userId: string): string => JSON.stringify([workspace, userId]);

function parseUsers(inputs: readonly UserInput[]): { id: string; name: string; avatarUrl: string | null }[] {
  if (inputs.length === 0) throw badInput('`users` is empty: name at least 1.');
  if (inputs.length > maxUpserts) {
    throw badInput(`\`users\` holds ${inputs.length} users: it takes at most ${maxUpserts} at a time.`);
  }
  const byId = new Map(
    inputs.map((input) => [
      requireId('users.id', input.id),
      {
        id: input.id,
        name: requireName('users.name', input.name),
        avatarUrl:
          optionalText('users.avatarUrl', input.avatarUrl, { max: 2_048 }) === null
            ? null
            : requireHttpsUrl('users.avatarUrl', input.avatarUrl ?? ''),
      },
    ]),
  );
  if (byId.size < inputs.length) throw badInput('`users` names a user twice. Name each once.');
  return [...byId.values()];
}
