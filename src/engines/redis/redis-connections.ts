// The two connections to one Redis, or to the master that Sentinel names: one for commands (publishing too), one for
// hearing. Both reconnect for ever with jitter, and neither keeps anything for later: what cannot be sent now is rejected
// now. redis-cluster.ts is the same for a Cluster.

import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import { formatHost, formatHosts, type RedisUrl } from '../../redis-url.ts';
import { coalesceWrites } from '../../store/coalescing-socket.ts';
import type { Listening, Publisher } from './listening.ts';
import { SubscriberLink } from './subscriber-link.ts';

/** How quickly a half-open connection is noticed: within `everyMs + deadlineMs`, and a command within `deadlineMs`. */
export interface ProbeTimings {
  /** An idle subscriber connection is PINGed so often. */
  readonly everyMs: number;
  /** A connection that owes an answer and is silent for so long is cut and made anew. */
  readonly deadlineMs: number;
}

export const defaultProbeTimings: ProbeTimings = { everyMs: 5_000, deadlineMs: 5_000 };

export interface RedisConnections {
  /** To the master that holds the log's keys. */
  readonly commands: Redis;
  readonly link: Listening;
  readonly publisher: Publisher;
  /** "Redis 7.0.15 at 127.0.0.1:6379". */
  readonly description: string;
  /** The link too. */
  close(): void;
}

const oldestMajorVersion = 7;

/** Rejects with UNAVAILABLE and a sentence that names the address and REDIS_URL, never the password. */
export async function openRedisConnections(options: {
  readonly url: Exclude<RedisUrl, { kind: 'cluster' }>;
  readonly logger: Logger;
  readonly probe: ProbeTimings;
}): Promise<RedisConnections> {
  const { url, logger, probe } = options;
  const place = toPlace(url);
  const open = (connectionName: string): Redis => {
    const shared = { ...toConnectionOptions(probe), connectionName };
    return url.kind === 'single'
      ? new Redis(url.url, shared)
      : new Redis({ ...toSentinelOptions(url, probe), ...shared });
  };
  // Without automatic pipelining: commands are written as they come anyway, and it makes a single publish wait longer.
  const commands = open('tidings-commands');
  const subscriber = open('tidings-subscriber');
  // But what one turn publishes is sent together.
  commands.on('connect', () => coalesceWrites(commands.stream));
  // Before connecting, so that it misses no event of the connections.
  const link = new SubscriberLink({ commands, subscriber, logger, probe });
  const close = (): void => {
    link.close();
    commands.disconnect();
    subscriber.disconnect();
  };

  let reason = 'it did not answer';
  for (const [purpose, client] of Object.entries({ commands, subscriber })) {
    const note = (error: Error): void => {
      reason = toReason(error) || reason;
      logger.debug({ reason, purpose }, 'Redis connection failed');
    };
    client.on('error', (error: Error) => {
      // Why is told by `sentinelError`.
      if (!error.message.startsWith('All sentinels are unreachable')) note(error);
    });
    client.on('sentinelError', note);
  }

  try {
    await within(2 * probe.deadlineMs, Promise.all([commands.connect(), subscriber.connect()]));
  } catch {
    close();
    throw new TidingsError(
      'UNAVAILABLE',
      `${place.start} cannot be used: ${reason}. Start it there or correct REDIS_URL.`,
    );
  }
  try {
    await requireDatabase(commands, place.start);
    const version = await requireVersion(commands, place.start);
    return {
      commands,
      link,
      publisher: commands,
      description: `Redis ${version}${place.rest}`,
      close,
    };
  } catch (error) {
    close();
    throw error instanceof TidingsError ? error : toUnavailable(error);
  }
}

export function toConnectionOptions(probe: ProbeTimings) {
  return {
    lazyConnect: true,
    // Nothing is queued while Redis is away, and what was on its way when the connection broke is rejected: 0
    // retries empties the queue at each close. (Without resending but with retries, those would never settle.)
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // SubscriberLink does it: ioredis sends it un-awaited, and a refusal would end the process.
    autoResubscribe: false,
    retryStrategy,
    // After a failover: this was the master and is a replica now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectTimeout: probe.deadlineMs,
    socketTimeout: probe.deadlineMs,
    disconnectTimeout: 200,
  } satisfies RedisOptions;
}

const retryStrategy = (attempt: number): number =>
  Math.min(50 * 2 ** (attempt - 1), 1_000) + Math.random() * 200;

/** The sentinels are asked anew for each connection, and a server is only taken that says of itself that it is the master. */
export function toSentinelOptions(
  { sentinels, master, tls, login, sentinelLogin, database }: Extract<RedisUrl, { kind: 'sentinel' }>,
  { deadlineMs }: Pick<ProbeTimings, 'deadlineMs'>,
) {
  const { username: sentinelUsername, password: sentinelPassword } = sentinelLogin;
  return {
    sentinels: [...sentinels],
    name: master,
    db: database,
    ...login,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    sentinelCommandTimeout: deadlineMs,
    sentinelRetryStrategy: retryStrategy,
  } satisfies RedisOptions;
}

/** ioredis goes on with database 0 where it is refused another one. */
export async function requireDatabase(client: Redis, place: string): Promise<void> {
  const { db = 0 } = client.options;
  if (Number(db) === 0) return;
  await client.select(db).catch((error: Error) => {
    throw new TidingsError(
      'UNAVAILABLE',
      `${place} has no database ${db}: ${toReason(error)}. Correct the number in REDIS_URL.`,
    );
  });
}

/** Answers which version it is. Rejects where it is too old. */
export async function requireVersion(client: Redis, place: string): Promise<string> {
  const info = await client.info('server');
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined) throw new Error('INFO server names no redis_version');
  if (Number.parseInt(version, 10) >= oldestMajorVersion) return version;
  throw new TidingsError(
    'UNAVAILABLE',
    `${place} is version ${version}. Tidings needs ${oldestMajorVersion} or newer: set REDIS_URL to one.`,
  );
}

/** For people: how a sentence about it begins, and what follows its version in the description. */
function toPlace(url: Exclude<RedisUrl, { kind: 'cluster' }>): {
  readonly start: string;
  readonly rest: string;
} {
  if (url.kind === 'single') {
    const address = formatHost(url.address);
    return { start: `Redis at ${address}`, rest: ` at ${address}` };
  }
  const by = `master "${url.master}" by Sentinel at ${formatHosts(url.sentinels)}`;
  return { start: `Redis, ${by},`, rest: `, ${by}` };
}

/** Only the message: ioredis hangs the failed command on its errors, and that may hold the password. */
export const toReason = (error: Error): string =>
  (error.message || (error as NodeJS.ErrnoException).code || '').replace(/\.$/, '');

/** For whatever Redis did not do. The cause keeps the reason but not the command, which may be large or secret. */
export function toUnavailable(error: unknown): TidingsError {
  if (error instanceof TidingsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TidingsError('UNAVAILABLE', 'Redis cannot be used for the moment. Try again.', {
    cause: new Error(reason),
  });
}

/** Sentinels are asked for as long as none answers: that one is not there is for us to say. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), limitMs);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
