// Puts the transport together: admission, documents, HTTP, WebSockets, health, metrics and pages over one server that listens.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { developmentIssuer } from '../auth/development.ts';
import type { Revocations } from '../auth/revocations.ts';
import { createTokenVerifier } from '../auth/tokens.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engines/engine.ts';
import { createFanOut } from '../fanout/fan-out.ts';
import type { DeliveryFigures } from '../schema/delivery-figures.ts';
import type { Modules } from '../schema/open-modules.ts';
import type { Store } from '../store/store.ts';
import type { Tails } from '../streams/tails.ts';
import { Admission } from './admission.ts';
import { createAuthenticator } from './authenticate.ts';
import { BoundedCheck } from './bounded-check.ts';
import { createClientErrors } from './client-errors.ts';
import type { ConnectionBook } from './connection-book.ts';
import { developmentRoutes, graphiqlRoutes, type DevelopmentExamples } from './development.ts';
import { createDocuments, findRefused, type Documents } from './documents.ts';
import { healthRoutes } from './health.ts';
import { createHttp } from './http.ts';
import type { Dependency } from './metrics/figures.ts';
import { createMetrics, joinMetrics, type JoinMetrics, type Metrics } from './metrics/metrics.ts';
import { metricsRoute } from './metrics/metrics-route.ts';
import { packageVersion } from './metrics/package-version.ts';
import { createOperationCosts } from './operation-cost.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { createProxies } from './proxies.ts';
import type { Readiness } from './readiness.ts';
import type { Guest } from './send-off.ts';
import type { TransportFigures } from './transport-figures.ts';
import { attachWebSockets } from './websocket.ts';

export interface TransportOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly schema: GraphQLSchema;
  /** null: operations are sent as texts. */
  readonly persisted: PersistedOperations | null;
  readonly modules: Modules;
  readonly store: Store;
  readonly engine: Engine;
  readonly tails: Tails;
  readonly revocations: Revocations;
  readonly book: ConnectionBook;
  readonly readiness: Readiness;
  readonly figures: TransportFigures;
  readonly deliveries: DeliveryFigures;
  /** What GraphiQL shows; null but in development. */
  readonly examples: DevelopmentExamples | null;
  readonly joinMetrics: JoinMetrics | undefined;
}

export interface Transport {
  /** Of this process. */
  readonly metrics: Metrics;
  /** Answers the address: `http://127.0.0.1:4000`. Rejects where it cannot be had. */
  listen(): Promise<string>;
  /** Whoever follows something now. */
  guests(): readonly Guest[];
  /** Takes no new connections. Resolves when nobody is connected, nor waits for an answer. */
  answered(): Promise<void>;
  /** Resolves when what the tails have told is written down for every subscriber over a WebSocket. */
  settled(): Promise<void>;
  /** To be closed in this order. */
  endStreams(): void;
  closeWebSockets(): Promise<void>;
  close(): Promise<void>;
}

const graphqlPath = '/graphql';
const pingMs = 15_000;

/** Does not listen yet. */
export function openTransport(options: TransportOptions): Transport {
  const { config, logger, schema, persisted, modules, store, engine, tails } = options;
  const { revocations, book, readiness, figures, deliveries, examples } = options;
  const isDevelopment = config.mode === 'dev';
  const confirm = () => revocations.confirm();
  const clientErrors = createClientErrors(logger, figures, { suggests: config.introspection });
  const documents = createDocuments(schema, {
    limits: config.queryLimits,
    introspection: config.introspection,
    persisted,
  });
  if (persisted !== null) warnOfRefused(persisted, documents, logger);
  const proxies = createProxies(config.trustedProxies);
  const admission = new Admission({
    limits: config.connectionLimits,
    proxies,
    onSocketRefused({ reason }) {
      figures.refused[reason] += 1;
      logger.info({ reason }, 'a socket is refused');
    },
  });

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
    eventStreams: () => http.streams,
  });
  const askAll = options.joinMetrics?.(() => metrics.json());
  const metricsOfAll =
    askAll === undefined ? metrics : { ...metrics, text: async () => joinMetrics(await askAll()) };

  const shared = {
    admission,
    schema,
    documents,
    costs: createOperationCosts(schema, config.queryLimits.cost),
    persisted,
    runtime: modules.runtime,
    authenticator: createAuthenticator({
      verifier: createTokenVerifier({
        issuers: [...config.tokenIssuers, ...(isDevelopment ? [developmentIssuer] : [])],
        introspection: config.tokenIntrospection,
        logger,
      }),
      visitorWorkspace: config.anonymousWorkspace,
      revocations,
      onAuthenticated: modules.onAuthenticated,
    }),
    clientErrors,
    logger,
    book,
    figures,
    confirm,
    path: graphqlPath,
    allowedOrigins: config.allowedOrigins,
    maxPayloadBytes: config.maxPayloadBytes,
    fanOut,
    backlogBytes: config.maxBacklogBytes,
    stuckMs: config.stuckMs,
    readiness,
  };
  const http = createHttp({
    ...shared,
    requestMs: config.requestMs,
    routes: [
      ...healthRoutes({ dependencies, readiness }),
      metricsRoute({ metrics: metricsOfAll, token: config.metricsToken, isDevelopment, graphqlPath }),
      ...(isDevelopment ? developmentRoutes() : []),
      ...(config.graphiql ? graphiqlRoutes(graphqlPath, examples) : []),
    ],
  });
  const { server } = http;
  admission.guard(server);
  const webSockets = attachWebSockets({
    ...shared,
    http: server,
    proxies,
    maxInitBytes: config.maxInitBytes,
    connectionInitMs: config.connectionInitMs,
    pingMs,
    compress: config.compress,
    maxOperations: config.maxOperationsPerConnection,
    onConnected: modules.onConnected,
  });

  return {
    metrics,
    listen: () => listen(server, config),
    guests: () => [...webSockets.guests(), ...http.guests()],
    async answered() {
      server.close();
      await Promise.all([webSockets.gone(), http.answered()]);
    },
    settled: () => webSockets.settled(),
    endStreams: () => http.endStreams(),
    closeWebSockets: () => webSockets.close(),
    close: () => closeServer(server),
  };
}

function warnOfRefused(persisted: PersistedOperations, documents: Documents, logger: Logger): void {
  const refused = findRefused(persisted, documents);
  if (refused.length === 0) return;
  const ids = refused.map(({ id }) => id).join(', ');
  logger.warn({ refused }, `PERSISTED_OPERATIONS lists operations that are refused to everybody: ${ids}`);
}

function createChecks(store: Store, engine: Engine): readonly Dependency[] {
  const database: Dependency = {
    dependency: 'database',
    isNeeded: true,
    check: new BoundedCheck({ name: 'The database', ask: () => store.check() }),
  };
  if (engine.kind === 'memory') return [database];
  const redis: Dependency = {
    dependency: 'redis',
    // Queries, mutations and what is followed go on without it.
    isNeeded: false,
    check: new BoundedCheck({ name: 'Redis', ask: () => engine.check() }),
  };
  return [database, redis];
}

async function listen(server: Server, { host, port }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

/** Requests under way are answered first; connections that only idle are closed. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const deadline = setTimeout(() => server.closeAllConnections(), 2_000);
  await closed;
  clearTimeout(deadline);
}
