// Looks at Redis as a node would find it, and changes nothing: for `tidings doctor`.
import { Redis, type RedisOptions } from 'ioredis';
import { formatHost, formatHosts, parseRedisUrl, redisUrlShape, type RedisUrl } from '../../redis-url.ts';
import { readClock, type ClockReading } from '../../store/clock-reading.ts';
import { requireDatabase, toSentinelOptions } from './redis-connections.ts';

export interface RedisExamination {
  /** Where REDIS_URL says that it is, for people. */
  readonly place: string;
  readonly version: string;
  readonly isSupported: boolean;
  /** What it does when its memory is full: `noeviction`, `allkeys-lru`, …; null where it does not say. */
  readonly maxmemoryPolicy: string | null;
  /** In bytes; 0: as much as there is. */
  readonly maxmemory: number;
  /**
   * A subscriber that has so many bytes waiting is cut off: at once, or after `seconds` above `soft`. 0: never. null where Redis
   * does not let its settings be read, as those of hosts seldom do.
   */
  readonly pubsubLimit: { readonly hard: number; readonly soft: number; readonly seconds: number } | null;
  /** Empty where it may not be asked. */
  readonly clock: readonly ClockReading[];
}

const oldestMajorVersion = 7;
const answerMs = 5_000;

/** Rejects with a sentence that names the address, never the password. Of a Cluster the first node that answers is looked at. */
export async function examineRedis(text: string): Promise<RedisExamination> {
  const url = parseRedisUrl(text);
  if (url === null) throw new Error(`REDIS_URL is ${redisUrlShape}, and this is none.`);
  const place = placeOf(url);
  let reason = 'it did not answer';
  // Only the message: ioredis hangs the failed command on its errors, and that may hold the password.
  const note = (error: unknown) => {
    if (error instanceof Error) reason = error.message || ((error as NodeJS.ErrnoException).code ?? reason);
  };
  for (const client of createClients(url)) {
    client.on('error', note);
    client.on('sentinelError', note);
    try {
      await client.connect();
      await requireDatabase(client, 'it');
      if (url.kind === 'cluster') await requireCluster(client);
      return { place, ...(await examine(client)) };
    } catch (error) {
      if (!String(error).includes('Connection is closed')) note(error);
    } finally {
      client.disconnect();
    }
  }
  throw new Error(`Redis at ${place} cannot be used: ${reason.replace(/\.$/, '')}.`);
}

const options = {
  lazyConnect: true,
  connectTimeout: answerMs,
  commandTimeout: answerMs,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  connectionName: 'tidings-examination',
} satisfies RedisOptions;

async function requireCluster(client: Redis): Promise<void> {
  if (/^cluster_enabled:1/m.test(await client.info('cluster'))) return;
  throw new Error('it is no Cluster: begin REDIS_URL with redis:// or rediss://');
}

/** To be tried in turn. */
function createClients(url: RedisUrl): readonly Redis[] {
  if (url.kind === 'single') return [new Redis(url.url, options)];
  if (url.kind === 'cluster') {
    const tls = url.tls ? { tls: {} } : {};
    return url.seeds.map((seed) => new Redis({ ...options, ...seed, ...url.login, ...tls }));
  }
  const sentinel = toSentinelOptions(url, { deadlineMs: answerMs });
  return [new Redis({ ...sentinel, ...options, sentinelRetryStrategy: () => null })];
}

/** For people. */
function placeOf(url: RedisUrl): string {
  if (url.kind === 'single') return formatHost(url.address);
  if (url.kind === 'cluster') return `${formatHosts(url.seeds)} (a Cluster)`;
  return `${formatHosts(url.sentinels)} (Sentinel, of "${url.master}")`;
}

async function examine(client: Redis): Promise<Omit<RedisExamination, 'place'>> {
  const info = `${await client.info('server')}\n${await client.info('memory')}`;
  const told = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null;
  const version = told('redis_version') ?? 'of an unknown version';
  return {
    version,
    isSupported: Number.parseInt(version, 10) >= oldestMajorVersion,
    maxmemoryPolicy: told('maxmemory_policy'),
    maxmemory: Number(told('maxmemory') ?? 0),
    pubsubLimit: await readPubsubLimit(client),
    clock: await readClockOf(client),
  };
}

async function readPubsubLimit(client: Redis): Promise<RedisExamination['pubsubLimit']> {
  let answer: unknown;
  try {
    answer = await client.config('GET', 'client-output-buffer-limit');
  } catch {
    return null;
  }
  const [, text = ''] = answer as [string?, string?];
  const found = /pubsub (\d+) (\d+) (\d+)/.exec(text);
  if (found === null) return null;
  const [hard = 0, soft = 0, seconds = 0] = found.slice(1).map(Number);
  return { hard, soft, seconds };
}

async function readClockOf(client: Redis): Promise<readonly ClockReading[]> {
  try {
    return await readClock(async () => {
      const [seconds = 0, microseconds = 0] = (await client.time()).map(Number);
      return seconds * 1_000 + microseconds / 1_000;
    });
  } catch (error) {
    if (String(error).includes('NOPERM')) return [];
    throw error;
  }
}
