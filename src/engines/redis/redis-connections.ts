// The two connections to Redis: one for commands (publishing too), one for hearing. Both reconnect for ever with
// jitter, and neither keeps anything for later: what cannot be sent now is rejected now.

import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import { coalesceWrites } from '../../store/coalescing-socket.ts';

/** How quickly a half-open connection is noticed: within `everyMs + deadlineMs`, and a command within `deadlineMs`. */
export interface ProbeTimings {
  /** An idle subscriber connection is PINGed so often. */
  readonly everyMs: number;
  /** A connection that owes an answer and is silent for so long is cut and made anew. */
  readonly deadlineMs: number;
}

export const defaultProbeTimings: ProbeTimings = { everyMs: 5_000, deadlineMs: 5_000 };

export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
  /** "Redis 7.0.15 at 127.0.0.1:6379". */
  readonly description: string;
  close(): void;
}

const oldestMajorVersion = 7;

/**
 * Rejects with UNAVAILABLE and a sentence that names the address and REDIS_URL, never the password.
 * `prepare` is called before connecting, so that whoever listens for events of the connections misses none.
 */
export async function openRedisConnections(options: {
  readonly url: string;
  readonly logger: Logger;
  readonly probe: ProbeTimings;
  readonly prepare: (commands: Redis, subscriber: Redis) => void;
}): Promise<RedisConnections> {
  const { url, logger, probe, prepare } = options;
  const address = toAddress(url);
  const shared = toConnectionOptions(probe);
  // Without automatic pipelining: commands are written as they come anyway, and it makes a single publish wait longer.
  const commands = new Redis(url, { ...shared, connectionName: 'tidings-commands' });
  const subscriber = new Redis(url, { ...shared, connectionName: 'tidings-subscriber' });
  // But what one turn publishes is sent together.
  commands.on('connect', () => coalesceWrites(commands.stream));
  const close = (): void => {
    commands.disconnect();
    subscriber.disconnect();
  };

  let reason = 'it did not answer';
  for (const [purpose, client] of Object.entries({ commands, subscriber })) {
    // Only the message: ioredis hangs the failed command on its errors, and that may hold the password.
    client.on('error', (error: Error) => {
      reason = error.message || (error as NodeJS.ErrnoException).code || reason;
      logger.debug({ reason, purpose }, 'Redis connection failed');
    });
  }
  prepare(commands, subscriber);

  try {
    await Promise.all([commands.connect(), subscriber.connect()]);
  } catch {
    close();
    throw new TidingsError(
      'UNAVAILABLE',
      `Redis at ${address} cannot be used: ${reason}. Start it there or correct REDIS_URL.`,
    );
  }
  try {
    const version = await readVersion(commands);
    const major = Number.parseInt(version, 10);
    if (major < oldestMajorVersion) {
      throw new TidingsError(
        'UNAVAILABLE',
        `Redis at ${address} is version ${version}. Tidings needs ${oldestMajorVersion} or newer: set REDIS_URL to one.`,
      );
    }
    return { commands, subscriber, description: `Redis ${version} at ${address}`, close };
  } catch (error) {
    close();
    throw error instanceof TidingsError ? error : toUnavailable(error);
  }
}

function toConnectionOptions(probe: ProbeTimings) {
  return {
    lazyConnect: true,
    // Nothing is queued while Redis is away, and what was on its way when the connection broke is rejected: 0
    // retries empties the queue at each close. (Without resending but with retries, those would never settle.)
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // SubscriberLink does it: ioredis sends it un-awaited, and a refusal would end the process.
    autoResubscribe: false,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** (attempt - 1), 1_000) + Math.random() * 200,
    // After a failover: this was the master and is a replica now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectTimeout: probe.deadlineMs,
    socketTimeout: probe.deadlineMs,
    disconnectTimeout: 200,
  } satisfies RedisOptions;
}

async function readVersion(client: Redis): Promise<string> {
  const info = await client.info('server');
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined) throw new Error('INFO server names no redis_version');
  return version;
}

/** Host and port of the URL, for people. */
function toAddress(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new TidingsError(
      'UNAVAILABLE',
      'REDIS_URL must be an address like redis://host:6379 or rediss://…',
    );
  }
  return `${parsed.hostname || 'localhost'}:${parsed.port || '6379'}`;
}

/** For whatever Redis did not do. The cause keeps the reason but not the command, which may be large or secret. */
export function toUnavailable(error: unknown): TidingsError {
  if (error instanceof TidingsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TidingsError('UNAVAILABLE', 'Redis cannot be used for the moment. Try again.', {
    cause: new Error(reason),
  });
}
