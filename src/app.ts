// The composition root: the only file that names concrete engines and stores. Opens everything in order, answers a
// running server, and closes everything in the opposite order.
import type { Logger } from 'pino';
import { Revocations } from './auth/revocations.ts';
import type { Config } from './config.ts';
import type { Engine, EngineEvents, LeaseTimings } from './engines/engine.ts';
import { openMemoryEngine } from './engines/memory/memory-engine.ts';
import { openRedisEngine } from './engines/redis/redis-engine.ts';
import { buildSchema, createBuiltInModules } from './modules/schema.ts';
import type { Runtime } from './schema/context.ts';
import type { TidingsModule } from './schema/module.ts';
import { DeliveryFigures } from './schema/delivery-figures.ts';
import { createRateLimits } from './schema/rate-limits.ts';
import { requireKnownMutations } from './schema/known-mutations.ts';
import { openModules, type Modules } from './schema/open-modules.ts';
import { builtInMigrations as migrations } from './store/built-in-migrations.ts';
import { claimNode } from './store/node-claim.ts';
import { openStore } from './store/open-store.ts';
import type { MigrationFolder, Store } from './store/store.ts';
import { openLog } from './streams/log.ts';
import { startRetention } from './streams/retention.ts';
import { Tails } from './streams/tails.ts';
import { Closers } from './transport/closers.ts';
import type { DevelopmentExamples } from './transport/development.ts';
import { ConnectionBook } from './transport/connection-book.ts';
import { drain } from './transport/drain.ts';
import { readPersistedOperations } from './transport/persisted-operations.ts';
import type { JoinMetrics, Metrics } from './transport/metrics/metrics.ts';
import { openTransport } from './transport/open-transport.ts';
import { Readiness } from './transport/readiness.ts';
import { TransportFigures } from './transport/transport-figures.ts';

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** A team's own, beside the built-in ones. */
  readonly modules?: readonly TidingsModule[];
  /** Only in development: fills an empty database before the server listens, and answers what GraphiQL shows. */
  readonly prepareDevelopment?: (runtime: Runtime) => Promise<DevelopmentExamples>;
  readonly joinMetrics?: JoinMetrics;
  /** For tests: how quickly a dead node is noticed. */
  readonly leaseTimings?: LeaseTimings;
}

export interface App {
  /** Where the server listens: `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly store: Pick<Store, 'kind' | 'description'>;
  readonly engine: Pick<Engine, 'kind' | 'description' | 'nodeId'>;
  /** For whoever composes: demo data, a test. */
  readonly runtime: Runtime;
  /** Of this server and its process: what /metrics answers, for whoever speaks for several processes. */
  readonly metrics: Pick<Metrics, 'text' | 'json'>;
  /**
   * For tests: resolves when whatever was committed before the call has been written down for every subscriber over a WebSocket
   * of this server, those included that are still being opened. Behind it a client that sends a ping has everything when
   * the pong comes. Rejects with UNAVAILABLE where the database is away; waits for clients that do not read.
   *
   * Of live state: what has been told by now on the memory engine, but not what is held back on purpose (renewals of typing,
   * the grace of whoever leaves). With Redis it may still be under way.
   */
  settled(): Promise<void>;
  /**
   * For a deploy: lets everybody go on elsewhere, and closes. Resolves within `config.drainMs`, whatever hangs, with the names of
   * what has not ended by then: they have been logged, and end with the process. Never rejects.
   */
  drain(): Promise<readonly string[]>;
  /** At once. For tests, and for whoever embeds the server; may be called again, and behind `drain`. */
  close(): Promise<void>;
}

/** An idempotency key that is just about to expire must find its entry. */
const retentionGraceMs = 3_600_000;

/** Resolves when the server listens. Rejects, with everything closed again, where something it needs is not there. */
export async function createApp({ config, logger, modules: own = [], ...options }: AppOptions): Promise<App> {
  const modules = [...createBuiltInModules(config), ...own];
  // First: what does not fit together must not have changed the database.
  const schema = buildSchema(modules);
  requireKnownMutations(schema, config.mutationRates);
  const allMigrations = [migrations, ...own.flatMap((module) => module.migrations ?? [])];
  requireNamesOnce(allMigrations);
  const persisted =
    config.persistedOperations === null ? null : readPersistedOperations(config.persistedOperations);
  const isDevelopment = config.mode === 'dev';
  const closers = new Closers(logger);
  const readiness = new Readiness();
  let opened: Modules | undefined;

  try {
    const store = await openStore({
      ...config,
      migrations: allMigrations,
      logger,
    });
    closers.push(() => store.close(), 'store');

    if (config.databaseUrl !== null) {
      const kind = config.redisUrl === null ? 'alone' : 'shared';
      const claim = await claimNode({
        databaseUrl: config.databaseDirectUrl ?? config.databaseUrl,
        kind,
        logger,
      });
      closers.push(() => claim.release(), 'claim of the database');
    }

    const deliveries = new DeliveryFigures();
    const figures = new TransportFigures();
    const log = await openLog({
      store,
      onCommitted(entries) {
        for (const entry of entries) {
          if (entry.kind === 'event') deliveries.published += 1;
          tails.announce(entry);
        }
      },
    });
    const retention = startRetention({ store, logger, keepMs: config.eventRetentionMs + retentionGraceMs });
    closers.push(() => retention.close(), 'retention');
    const engine = await openEngine({
      config,
      logger,
      logId: log.id,
      leaseTimings: options.leaseTimings,
      events: { onUserGone: (user, setting) => opened?.onUserGone(user, setting) },
    });
    closers.push(() => engine.close(), 'engine');

    const book: ConnectionBook = new ConnectionBook({
      isRevoked: (viewer) => revocations.isRevoked(viewer),
      maxPerUser: config.connectionLimits.perUser,
    });
    const revocations: Revocations = await Revocations.open({
      store,
      engine,
      logger,
      checkMs: config.headCheckMs,
      onRevoked({ workspace, userId }) {
        const closed = book.endRevoked(workspace, userId);
        // At the start, before there are modules, all that was ever revoked is read: nobody is connected.
        opened?.onSessionsRevoked({ workspace, userId });
        return closed;
      },
    });
    closers.push(() => revocations.close(), 'revocations');

    const confirm = () => revocations.confirm();
    const tails = new Tails({
      log,
      broker: engine.broker,
      logger,
      confirm,
      checkMs: config.headCheckMs,
      checkWhileAwayMs: 1_000,
    });
    closers.push(() => tails.close(), 'tails');

    const open: Modules = await openModules(modules, {
      store,
      log,
      tails,
      engine,
      logger,
      revocations,
      figures: book,
      deliveries,
      limits: createRateLimits({
        ...config,
        rates: engine.rates,
        onRefused: (kind) => void (figures.rateLimited[kind] += 1),
      }),
    });
    opened = open;
    closers.push(() => open.close(), 'modules');
    const { runtime } = open;

    const examples = isDevelopment ? ((await options.prepareDevelopment?.(runtime)) ?? {}) : null;
    const transport = openTransport({
      config,
      logger,
      schema,
      persisted,
      modules: open,
      store,
      engine,
      tails,
      revocations,
      book,
      readiness,
      figures,
      deliveries,
      examples,
      joinMetrics: options.joinMetrics,
    });
    closers.push(() => transport.close(), 'HTTP');
    closers.push(() => transport.closeWebSockets(), 'WebSockets');
    closers.push(async () => transport.endStreams(), 'event streams');
    const url = await transport.listen();
    const settled = async (): Promise<void> => {
      // What the memory engine was handed is told in the next turn of the event loop.
      await nextTurn();
      await open.settled();
      await tails.settled();
      await transport.settled();
    };
    let draining: Promise<readonly string[]> | undefined;
    const drainOnce = (): Promise<readonly string[]> =>
      (draining ??= drain({
        drainMs: config.drainMs,
        hasOthers: engine.kind === 'redis',
        readiness,
        logger,
        onBegin: () => open.onDraining(),
        guests: () => transport.guests(),
        answered: () => transport.answered(),
        lingered: () => open.lingered(),
        closers,
      }));
    const { metrics } = transport;
    return { url, store, engine, runtime, metrics, settled, drain: drainOnce, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

const nextTurn = (): Promise<void> => new Promise((resume) => void setImmediate(resume));

/** What is applied is remembered by the name: of two, one would be taken for applied. */
function requireNamesOnce(folders: readonly MigrationFolder[]): void {
  const names = folders.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return;
  throw new Error(
    `Two modules call their migrations "${twice}"${twice === migrations.name ? ', the name of the built-in ones' : ''}: give each its own name.`,
  );
}

interface EngineChoice {
  readonly config: Config;
  readonly logger: Logger;
  readonly logId: string;
  readonly leaseTimings: LeaseTimings | undefined;
  readonly events: EngineEvents;
}

async function openEngine({ config, logger, logId, leaseTimings, events }: EngineChoice): Promise<Engine> {
  if (config.redisUrl === null) return openMemoryEngine({ logger, events });
  const timings = leaseTimings === undefined ? {} : { timings: leaseTimings };
  return openRedisEngine({ url: config.redisUrl, logId, logger, events, ...timings });
}
