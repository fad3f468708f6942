// Keeps nodes apart that could not hear each other: a node on the memory engine must be the only one of its database;
// nodes on Redis share it. A lock of the database's own that is held by a connection and dies with it.
import pg from 'pg';
import type { Logger } from 'pino';

export interface NodeClaim {
  release(): Promise<void>;
}

export interface NodeClaimOptions {
  readonly databaseUrl: string;
  /** `alone` on the memory engine, `shared` on Redis. */
  readonly kind: 'alone' | 'shared';
  readonly logger: Logger;
  /** A lost claim is taken again after so long; 1,000 ms unless given. */
  readonly retryMs?: number;
}

/** Any two numbers, the same for all nodes: advisory locks belong to one database. */
const lockKey = '(1952802157, 1)';

/** Rejects with a sentence that says what to do where another node is in the way. */
export async function claimNode(options: NodeClaimOptions): Promise<NodeClaim> {
  const { kind, logger, retryMs = 1_000 } = options;
  let released = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;

  const take = async (): Promise<boolean> => {
    const connection = new pg.Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'tidings node claim',
    });
    connection.on('error', () => lost(connection));
    connection.on('end', () => lost(connection));
    try {
      await connection.connect();
      const attempt = kind === 'alone' ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared';
      const { rows } = await connection.query<{ taken: boolean }>(`select ${attempt}${lockKey} as taken`);
      if (rows[0]?.taken === true && !released) {
        client = connection;
        return true;
      }
    } catch (error) {
      void connection.end().catch(() => undefined);
      throw error;
    }
    await connection.end();
    return false;
  };

  const lost = (connection: pg.Client): void => {
    if (client !== connection || released) return;
    client = null;
    retryLater();
  };
  const retryLater = (): void => {
    timer = setTimeout(() => {
      take().then(
        (taken) => {
          if (taken || released) return;
          logger.error(inTheWay(kind));
          retryLater();
        },
        () => {
          if (!released) retryLater();
        },
      );
    }, retryMs);
    timer.unref();
  };

  if (!(await take())) throw new Error(inTheWay(kind));
  return {
    async release() {
      released = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

const inTheWay = (kind: NodeClaimOptions['kind']): string =>
  kind === 'alone'
    ? 'Another node uses this database, and without Redis two nodes can not hear each other: set REDIS_URL for all of ' +
      'them, stop the other one, or give this one a database of its own.'
    : 'A node without REDIS_URL uses this database, and it could not hear this one: set REDIS_URL for it too, or stop it.';
