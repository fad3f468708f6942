// What a server holds at one moment: memory, handles, what is open by its own figures, Redis' keys and channels, the database's rows.
import { Redis } from 'ioredis';
import { runSql } from '../../test/support/postgres.ts';
import type { MeasuredServer } from '../fanout/server-process.ts';

export interface State {
  /** By what it is, in the order in which it is told. */
  readonly figures: ReadonlyMap<string, number>;
}

/** Of what a node tells of itself. */
const told = [
  'process_open_fds',
  'tidings_connections',
  'tidings_subscriptions',
  'tidings_audiences',
  'tidings_followed_topics',
  'tidings_queue_bytes',
] as const;

export interface Places {
  readonly nodes: readonly MeasuredServer[];
  readonly redisUrl: string;
  readonly databaseUrl: string;
}

export async function readState({ nodes, redisUrl, databaseUrl }: Places): Promise<State> {
  const figures = new Map<string, number>();
  const add = (name: string, value: number): void => void figures.set(name, (figures.get(name) ?? 0) + value);
  for (const node of nodes) {
    add('heap, MiB', (await node.heap()) / 1_048_576);
    add('resident memory, MiB', (await node.memory()) / 1_048_576);
    const text = await (await fetch(`http://127.0.0.1:${node.port}/metrics`)).text();
    for (const name of told) {
      const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'gm'));
      for (const [, value] of values) add(name, Number(value));
    }
  }
  const redis = new Redis(redisUrl);
  add('keys of Redis', await redis.dbsize());
  add('channels of Redis', (await redis.pubsub('CHANNELS')).length);
  const clients = (await redis.client('LIST')) as string;
  // Without this one.
  add('connections to Redis', clients.trim().split('\n').length - 1);
  redis.disconnect();
  const tables = await runSql<{ name: string }>(
    databaseUrl,
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  for (const { name } of tables) {
    const [row] = await runSql<{ rows: string }>(databaseUrl, `select count(*) as rows from "${name}"`);
    add(`rows of ${name}`, Number(row?.rows));
  }
  return { figures };
}
