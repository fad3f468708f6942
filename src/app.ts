// The composition root: the only file that names concrete engines and stores. Opens everything in order, answers a
// running server, and closes everything in the opposite order.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { Revocations } from './auth/revocations.ts';
import { createTokenVerifier } from './auth/tokens.ts';
import { developmentIssuer } from './auth/development.ts';
import type { Config } from './config.ts';
import type { Engine, EngineEvents, LeaseTimings } from './engines/engine.ts';
import { openMemoryEngine } from './engines/memory/memory-engine.ts';
import { openRedisEngine } from './engines/redis/redis-engine.ts';
import { createFanOut } from './fanout/fan-out.ts';
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
import { Admission } from './transport/admission.ts';
import { createAuthenticator } from './transport/authenticate.ts';
import { BoundedCheck } from './transport/bounded-check.ts';
import { createClientErrors } from './transport/client-errors.ts';
import { Closers } from './transport/closers.ts';
import { developmentRoutes, graphiqlRoutes, type DevelopmentExamples } from './transport/development.ts';
import { ConnectionBook } from './transport/connection-book.ts';
import { createDocuments, findRefused } from './transport/documents.ts';
import { drain } from './transport/drain.ts';
import { createOperationCosts } from './transport/operation-cost.ts';
import { readPersistedOperations } from './transport/persisted-operations.ts';
import { healthRoutes } from './transport/health.ts';
import { createHttp } from './transport/http.ts';
import { createProxies } from './transport/proxies.ts';
import type { Dependency } from './transport/metrics/figures.ts';
import { createMetrics, joinMetrics, type Metrics, type MetricsOfOne } from './transport/metrics/metrics.ts';
import { metricsRoute } from './transport/metrics/metrics-route.ts';
import { packageVersion } from './transport/metrics/package-version.ts';
import { Readiness } from './transport/readiness.ts';
import { TransportFigures } from './transport/transport-figures.ts';
import { attachWebSockets } from './transport/websocket.ts';

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** A team's own, beside the built-in ones. */
  readonly modules?: readonly TidingsModule[];
  /** Only in development: fills an empty database before the server listens, and answers what GraphiQL shows. */
  readonly prepareDevelopment?: (runtime: Runtime) => Promise<DevelopmentExamples>;
  /**
   * Where several processes share the port: answers the function that asks all of them for their metrics, this one too. /metrics
   * of any of them then tells of all together.
   */
  readonly joinMetrics?: (own: () => Promise<MetricsOfOne>) => () => Promise<readonly MetricsOfOne[]>;
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

const graphqlPath = '/graphql';
const pingMs = 15_000;
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
    const pages = [
      ...(isDevelopment ? developmentRoutes() : []),
      ...(config.graphiql ? graphiqlRoutes(graphqlPath, examples) : []),
    ];
    const issuers = [...config.tokenIssuers, ...(isDevelopment ? [developmentIssuer] : [])];
    const verifier = createTokenVerifier({ issuers, introspection: config.tokenIntrospection, logger });
    const authenticator = createAuthenticator({
      verifier,
      visitorWorkspace: config.anonymousWorkspace,
      revocations,
      onAuthenticated: open.onAuthenticated,
    });
    const clientErrors = createClientErrors(logger, figures);
    const documents = createDocuments(schema, {
      limits: config.queryLimits,
      introspection: config.introspection,
      persisted,
    });
    const refused = persisted === null ? [] : findRefused(persisted, documents);
    if (refused.length > 0) {
      const ids = refused.map(({ id }) => id).join(', ');
      logger.warn({ refused }, `PERSISTED_OPERATIONS lists operations that are refused to everybody: ${ids}`);
    }
    const proxies = createProxies(config.trustedProxies);
    const admission = new Admission({
      limits: config.connectionLimits,
      proxies,
      onSocketRefused({ reason }) {
        figures.refused[reason] += 1;
        logger.info({ reason }, 'a socket is refused');
      },
    });
    const shared = {
      admission,
      schema,
      documents,
      costs: createOperationCosts(schema, config.queryLimits.cost),
      persisted,
      runtime,
      authenticator,
      clientErrors,
      logger,
      book,
      figures,
      confirm,
      path: graphqlPath,
    };
    const { allowedOrigins, maxPayloadBytes } = config;
    // Happens for many at once: there is no one request.
    const toClientResult = (result: ExecutionResult, operation: string | null) =>
      clientErrors.toClientResult(result, { requestId: null, operation });
    const fanOut =
      config.fanOut === 'shared' ? createFanOut({ schema, logger, confirm, toClientResult }) : null;
    const dependencies = createChecks(store, engine);
    const metrics = createMetrics({
      version: packageVersion(),
      store,
      engine,
      dependencies,
      nodes: new BoundedCheck({
        name: 'The list of nodes',
        ask: async () => (await engine.nodes.read('metrics')).size,
      }),
      readiness,
      tails,
      deliveries,
      fanOut,
      book,
      transport: figures,
      webSockets: () => webSockets,
      eventStreams: () => transport.streams,
    });
    const askAll = options.joinMetrics?.(() => metrics.json());
    const metricsOfAll =
      askAll === undefined ? metrics : { ...metrics, text: async () => joinMetrics(await askAll()) };
    const transport = createHttp({
      ...shared,
      allowedOrigins,
      maxPayloadBytes,
      requestMs: config.requestMs,
      fanOut,
      backlogBytes: config.maxBacklogBytes,
      stuckMs: config.stuckMs,
      routes: [
        ...healthRoutes({ checks: dependencies.map(({ check }) => check), readiness }),
        metricsRoute({ metrics: metricsOfAll, token: config.metricsToken, isDevelopment, graphqlPath }),
        ...pages,
      ],
      readiness,
    });
    const { server: http } = transport;
    admission.guard(http);
    const webSockets = attachWebSockets({
      ...shared,
      http,
      proxies,
      maxInitBytes: config.maxInitBytes,
      connectionInitMs: config.connectionInitMs,
      allowedOrigins,
      maxPayloadBytes,
      pingMs,
      fanOut,
      compress: config.compress,
      backlogBytes: config.maxBacklogBytes,
      stuckMs: config.stuckMs,
      maxOperations: config.maxOperationsPerConnection,
      onConnected: open.onConnected,
      readiness,
    });
    closers.push(() => closeHttp(http), 'HTTP');
    closers.push(() => webSockets.close(), 'WebSockets');
    closers.push(async () => transport.endStreams(), 'event streams');
    const url = await listen(http, config);
    const settled = async (): Promise<void> => {
      // What the memory engine was handed is told in the next turn of the event loop.
      await nextTurn();
      await open.settled();
      await tails.settled();
      await webSockets.settled();
    };
    let draining: Promise<readonly string[]> | undefined;
    const drainOnce = (): Promise<readonly string[]> =>
      (draining ??= drain({
        drainMs: config.drainMs,
        hasOthers: engine.kind === 'redis',
        readiness,
        logger,
        onBegin: () => open.onDraining(),
        guests: () => [...webSockets.guests(), ...transport.guests()],
        async answered() {
          http.close();
          await Promise.all([webSockets.gone(), transport.answered()]);
        },
        lingered: () => open.lingered(),
        closers,
      }));
    return { url, store, engine, runtime, metrics, settled, drain: drainOnce, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

const nextTurn = (): Promise<void> => new Promise((resume) => void setImmediate(resume));

function createChecks(store: Store, engine: Engine): readonly Dependency[] {
  const database: Dependency = {
    dependency: 'database',
    check: new BoundedCheck({ name: 'The database', ask: () => store.check() }),
  };
  if (engine.kind === 'memory') return [database];
  const redis: Dependency = {
    dependency: 'redis',
    check: new BoundedCheck({ name: 'Redis', ask: () => engine.check() }),
  };
  return [database, redis];
}

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

async function listen(http: Server, { host, port }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const address = http.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

/** Requests under way are answered first; connections that only idle are closed. */
async function closeHttp(http: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  const deadline = setTimeout(() => http.closeAllConnections(), 2_000);
  await closed;
  clearTimeout(deadline);
}
