// Nodes with everything that streams stand on and nothing above: a store, an engine, the log and its tails. What the
// tests of streams write and read goes through the few functions below.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import type { Engine } from '../../src/engines/engine.ts';
import { openStore, type OpenStoreOptions } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { toCursorText, type Position } from '../../src/streams/cursor.ts';
import { openLog, type Log } from '../../src/streams/log.ts';
import type { LogEntry } from '../../src/streams/log-entry.ts';
import { subscribe, type StreamSubscription, type SubscribeOptions } from '../../src/streams/subscribe.ts';
import { Tails } from '../../src/streams/tails.ts';
import { toTopic, type Topic } from '../../src/streams/topic.ts';
import { createTestBroker, type TestBroker } from './test-broker.ts';

export const silent = pino({ level: 'silent' });

const migrations = {
  name: 'tidings',
  folder: fileURLToPath(new URL('../../src/store/migrations', import.meta.url)),
};

export interface StreamsNode extends AsyncDisposable {
  readonly store: Store;
  readonly log: Log;
  readonly tails: Tails;
  readonly broker: TestBroker;
}

export interface StreamsNodeOptions extends Pick<OpenStoreOptions, 'databasePooling' | 'databaseDirectUrl'> {
  /** null for an embedded database in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir?: string;
  openEngine(logId: string): Promise<Engine>;
  /** Heads are compared so often. An hour unless given: what a test sees must not be the head check's doing. */
  readonly checkMs?: number;
}

export async function openStreamsNode(options: StreamsNodeOptions): Promise<StreamsNode> {
  const { databaseUrl, dataDir = 'unused', checkMs = 3_600_000 } = options;
  const store = await openStore({
    ...options,
    databaseUrl,
    dataDir,
    migrations: [migrations],
    logger: silent,
    acquireTimeoutMs: 20_000,
  });
  const log = await openLog({ store, onCommitted: (entries) => entries.forEach((e) => tails.announce(e)) });
  const engine = await options.openEngine(log.id);
  const broker = createTestBroker(engine.broker);
  const tails = new Tails({ log, broker, logger: silent, checkMs, checkWhileAwayMs: checkMs });
  return {
    store,
    log,
    tails,
    broker,
    async [Symbol.asyncDispose]() {
      await tails.close();
      await engine.close();
      await store.close();
    },
  };
}

export const newTopic = (): Topic => toTopic({ workspace: 'acme', kind: 'test', key: randomUUID() });

/** One write with an entry for each topic. */
export const append = (
  { log }: StreamsNode,
  topics: Topic | readonly Topic[],
  payload: unknown = {},
  kind: LogEntry['kind'] = 'event',
): Promise<readonly LogEntry[]> =>
  log.write(async (write) => {
    const all = [topics].flat();
    await write.take(all);
    return all.map((topic) => write.append({ topic, payload, kind }));
  });

/** So many writes one after the other, by so many writers at once. */
export async function appendMany(
  node: StreamsNode,
  topic: Topic,
  { count, writers = 1 }: { readonly count: number; readonly writers?: number },
): Promise<void> {
  let left = count;
  const write = async (): Promise<void> => {
    while (left-- > 0) await append(node, topic);
  };
  await Promise.all(Array.from({ length: writers }, write));
}

export const follow = (
  node: StreamsNode,
  topic: Topic,
  options: Partial<SubscribeOptions> = {},
): Promise<StreamSubscription> =>
  subscribe(node, { topic, after: null, anewFrom: '`test`', authorize: async () => 'everyone', ...options });

export const cursorAt = (
  { log }: StreamsNode,
  topic: Topic,
  position: Position,
  rest: { readonly logId?: string } = {},
): string =>
  toCursorText({ topic, number: position.number, eventId: position.eventId }, rest.logId ?? log.id);

export const startOf: Position = { number: 0, eventId: '' };

/** So many entries, or fewer where the subscription ends. */
export async function pull(subscription: StreamSubscription, count: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  while (entries.length < count) {
    const { value } = await subscription.next();
    if (value === undefined) break;
    entries.push(value);
  }
  return entries;
}

export const pullNumbers = async (subscription: StreamSubscription, count: number): Promise<number[]> =>
  (await pull(subscription, count)).map(({ number }) => number);

export const numbersOf = async ({ log }: StreamsNode, topic: Topic): Promise<number[]> =>
  (await log.read(topic, { after: 0, limit: 100_000 })).map(({ number }) => number);

export const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/** As a database that was restored to the state in which this was the topic's last entry. */
export async function rewind({ store }: StreamsNode, topic: Topic, last: Position): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.execute(sql`delete from stream_entries where topic = ${topic} and number > ${last.number}`);
    await tx.execute(
      sql`update stream_heads set number = ${last.number}, event_id = ${last.eventId} where topic = ${topic}`,
    );
  });
}

/** As retention does: the head outlives the rows. */
export async function forgetUpTo({ store }: StreamsNode, topic: Topic, number: number): Promise<void> {
  await store.queries.execute(sql`delete from stream_entries where topic = ${topic} and number <= ${number}`);
}
