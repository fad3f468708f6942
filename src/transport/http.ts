// The HTTP side: GraphQL over POST and SSE by Yoga, GraphiQL for browsers, health, and in development the tokens.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import {
  execute,
  GraphQLError,
  subscribe,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  type Source,
} from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import { errorKinds, type ErrorCode } from '../errors.ts';
import { toLoggable } from '../store/store-errors.ts';
import type { FanOut } from '../fanout/fan-out.ts';
import { SharedResults } from '../fanout/shared-results.ts';
import { createContext, type Context, type Runtime } from '../schema/context.ts';
import { revokedSessions } from '../auth/token-error.ts';
import { Backlog } from '../streams/backlog.ts';
import { isAccepted, subscriptionAnswer, unacceptable } from './accept.ts';
import type { Admission } from './admission.ts';
import type { Authenticator } from './authenticate.ts';
import { unexpected, type ClientErrors } from './client-errors.ts';
import type { ConnectionBook } from './connection-book.ts';
import { ConnectionRefused } from './connection-refused.ts';
import type { Documents } from './documents.ts';
import { createEventStreams, type EventStreams } from './event-streams.ts';
import type { OperationCosts } from './operation-cost.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { goElsewhere, type Readiness } from './readiness.ts';
import { requestIdOf } from './request-id.ts';
import { watchRequest } from './request-log.ts';
import { useRequestParams } from './request-params.ts';
import { requestUrl } from './request-url.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import type { Guest } from './send-off.ts';
import { takenBytesOf } from './taken-bytes.ts';
import { traceOf, type Trace } from './trace.ts';
import type { TransportFigures } from './transport-figures.ts';
import { untold } from './untold.ts';

export interface Route {
  readonly method: 'GET';
  /** Ends in `*` where everything below it is meant. */
  readonly path: string;
  /** Only for requests that accept this type. */
  readonly accepts?: string;
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> | void;
}

export interface HttpOptions {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly costs: OperationCosts;
  /** null: operations are sent as texts. */
  readonly persisted: PersistedOperations | null;
  readonly runtime: Runtime;
  readonly authenticator: Authenticator;
  readonly clientErrors: ClientErrors;
  readonly logger: Logger;
  readonly allowedOrigins: readonly string[];
  readonly maxPayloadBytes: number;
  /** A request has so long to arrive. */
  readonly requestMs: number;
  readonly book: ConnectionBook;
  readonly admission: Admission;
  readonly figures: TransportFigures;
  /** Asked before anything is told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
  /** null: each subscription is executed for itself. */
  readonly fanOut: FanOut | null;
  /** What may wait for one event stream, see Backlog. */
  readonly backlogBytes: number;
  /** Whoever has stopped reading an answer for so long is cut off. */
  readonly stuckMs: number;
  /** Asked first. */
  readonly routes: readonly Route[];
  readonly readiness: Pick<Readiness, 'isDraining'>;
}

export interface HttpTransport {
  /** Not listening yet. */
  readonly server: Server;
  /** Ends every subscription over SSE with an error that says to go on elsewhere. */
  endStreams(): void;
  /** Subscriptions over SSE that are open. */
  readonly streams: number;
  /** Whoever subscribes over SSE now. */
  guests(): readonly Guest[];
  /** Resolves when no request is under way, nor a subscription over SSE. */
  answered(): Promise<void>;
}

/** Whoever sends a request, or keeps a connection for the next one, is waited for so long. */
const patienceFor = (requestMs: number): ServerOptions => ({
  headersTimeout: Math.ceil(requestMs / 3),
  requestTimeout: requestMs,
  // Longer than balancers keep theirs: the side that sends requests should be the one to hang up.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: Math.min(2_000, requestMs),
});

export function createHttp(options: HttpOptions): HttpTransport {
  const streams = createEventStreams(options);
  const yoga = createGraphql(options, streams);
  const { logger, path, routes, requestMs, figures, readiness } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The next one of this connection goes elsewhere.
    if (readiness.isDraining) response.setHeader('connection', 'close');
    const url = requestUrl(request);
    const route = routes.find((candidate) => matches(candidate, request, url.pathname));
    watchRequest(
      { request, response, url, route: route?.path ?? (url.pathname === path ? path : 'other') },
      options,
    );
    if (route !== undefined) return route.handle(request, response, url);
    if (url.pathname !== path) return sendNothingHere(response, path);
    const refusal = refusalOf(request);
    if (refusal !== null) return sendError(response, refusal.status, 'BAD_USER_INPUT', refusal.sentence);
    cutOffWhenStuck(request, response, options);
    await yoga(request, response);
  };

  const server = createServer(patienceFor(requestMs), (request, response) => {
    answer(request, response).catch((error: unknown) => {
      const requestId = requestIdOf(request);
      logger.error({ err: toLoggable(error), requestId }, 'an HTTP request could not be answered');
      figures.errors.INTERNAL += 1;
      if (response.headersSent) response.destroy();
      else sendError(response, 500, 'INTERNAL', unexpected, { requestId });
    });
  });
  const underWay = new RequestsUnderWay(server);
  return {
    server,
    endStreams: () => streams.endAll(),
    get streams() {
      return streams.size;
    },
    guests: () => streams.guests(),
    answered: () => underWay.ended(),
  };
}

function matches({ method, path, accepts }: Route, request: IncomingMessage, pathname: string): boolean {
  // Node leaves out the body of an answer to HEAD.
  if (request.method !== method && !(request.method === 'HEAD' && method === 'GET')) return false;
  if (accepts !== undefined && request.headers.accept?.includes(accepts) !== true) return false;
  return path.endsWith('*') ? pathname.startsWith(path.slice(0, -1)) : pathname === path;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

/** Looks every so often whether anything that is waiting has moved since it looked last. */
function cutOffWhenStuck(
  request: IncomingMessage,
  response: ServerResponse,
  { stuckMs, logger, figures }: HttpOptions,
): void {
  let before: number | null = null;
  const timer = setInterval(() => {
    const { socket } = response;
    const taken = socket === null || response.writableLength === 0 ? null : takenBytesOf(socket);
    const isStuck = taken !== null && taken === before;
    before = taken;
    if (!isStuck) return;
    figures.stuck.http += 1;
    logger.info({ requestId: requestIdOf(request) }, 'an answer is cut off: its reader has stopped reading');
    response.destroy();
  }, stuckMs).unref();
  response.once('close', () => clearInterval(timer));
}

/** In the form of a GraphQL response, which every client of this server can read. */
export const sendError = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  more: object = {},
): void => sendJson(response, status, { errors: [{ message, extensions: { code, ...more } }] });

/** Wherever there is nothing, or nothing for whoever asks. */
export const sendNothingHere = (response: ServerResponse, graphqlPath: string): void =>
  sendError(response, 404, 'NOT_FOUND', `There is nothing here. GraphQL is served at ${graphqlPath}.`);

/** Only JSON: a form can be sent by any page of any site without asking. */
function refusalOf({ method, headers }: IncomingMessage): { status: number; sentence: string } | null {
  const sentence = unacceptable(headers.accept);
  if (sentence !== null) return { status: 406, sentence };
  if (method !== 'POST') return null;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    return { status: 415, sentence: `Send the body as it is, without \`content-encoding: ${encoding}\`.` };
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || type === 'application/graphql+json') return null;
  return {
    status: 415,
    sentence: 'Send the operation as JSON, with the header `content-type: application/json`.',
  };
}

interface NodeContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

function createGraphql(
  options: HttpOptions,
  streams: EventStreams,
): YogaServerInstance<NodeContext, Context> {
  const { path, schema, runtime, authenticator, clientErrors, logger } = options;
  const { allowedOrigins, maxPayloadBytes, backlogBytes } = options;
  return createYoga<NodeContext, Context>({
    schema,
    graphqlEndpoint: path,
    logging: yogaLogging(logger),
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    // Its own would keep texts of any length, and a subscription would be another one than over a WebSocket.
    parserAndValidationCache: false,
    maxRequestBodySize: maxPayloadBytes,
    cors: (request) => {
      const origin = request.headers.get('origin');
      if (origin === null || !allowedOrigins.includes(origin)) return false;
      return {
        origin: [origin],
        credentials: false,
        methods: ['POST', 'GET'],
        allowedHeaders: ['authorization', 'content-type', 'tidings-workspace'],
        maxAge: 600,
      };
    },
    maskedErrors: { maskError: (error) => clientErrors.toClientError(error) },
    // Yoga replaces the context it is given by its own copy; ours has getters, so it is handed over whole below.
    context: async ({ req }) => ({ tidings: await toContext(req) }) as unknown as Context,
    plugins: [useRequestParams(options.persisted), useGraphqlJs(options, streams)],
  });

  async function toContext(request: IncomingMessage): Promise<Context> {
    try {
      const session = await authenticator.fromRequest(request.headers);
      return createContext(runtime, session, null, new Backlog(backlogBytes));
    } catch (error) {
      throw toRequestError(clientErrors, error, { requestId: requestIdOf(request) });
    }
  }
}

/** The whole request fails: its status says so too. */
function toRequestError(clientErrors: ClientErrors, error: unknown, trace: Trace): GraphQLError {
  const told = clientErrors.toClientError(error, trace);
  const { httpStatus: status } = errorKinds[told.extensions['code'] as ErrorCode];
  const { retryAfterMs } = told.extensions;
  const seconds = typeof retryAfterMs === 'number' ? Math.ceil(retryAfterMs / 1_000) : null;
  const http = seconds === null ? { status } : { status, headers: { 'retry-after': String(seconds) } };
  return new GraphQLError(told.message, { extensions: { ...told.extensions, http } });
}

/** Of a node that is draining, to whoever wants to follow something. */
function notHere(clientErrors: ClientErrors, trace: Trace): GraphQLError {
  const { message, extensions } = toRequestError(clientErrors, goElsewhere(), trace);
  const http = { ...(extensions['http'] as object), headers: { 'retry-after': '1', connection: 'close' } };
  return new GraphQLError(message, { extensions: { ...extensions, http } });
}

/** graphql-js itself, in place of Yoga's executors: theirs for subscriptions is several times slower. */
const useGraphqlJs = (
  {
    documents,
    costs,
    clientErrors,
    confirm,
    book,
    admission,
    fanOut,
    figures,
    logger,
    readiness,
  }: HttpOptions,
  streams: EventStreams,
): Plugin => ({
  onParse: ({ setParseFn }) => setParseFn((source: string | Source) => documents.parse(textOf(source))),
  onValidate: ({ setValidationFn }) =>
    setValidationFn((_schema: GraphQLSchema, document: DocumentNode) => documents.validate(document)),
  onExecute: ({ setExecuteFn }) =>
    setExecuteFn(async (args: ExecutionArgs) => {
      const { req: request, tidings } = args.contextValue as YogaContext;
      const trace = traceOf(requestIdOf(request), args);
      const tooMuch = costs.check(args);
      if (tooMuch !== null) return clientErrors.toClientResult({ errors: [tooMuch] }, trace);
      const result = await figures.counting(args, () => execute(unwrap(args)));
      try {
        await confirm();
        if (book.isRefused(tidings.session)) throw revokedSessions();
        return clientErrors.toClientResult(result, trace);
      } catch (error) {
        return { errors: [toRequestError(clientErrors, untold(args, error), trace)] };
      }
    }),
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      const { request, req, res: response, tidings } = args.contextValue as YogaContext;
      const trace = traceOf(requestIdOf(req), args);
      if (!isAccepted(request.headers.get('accept'), 'text/event-stream')) {
        return { errors: [notAcceptable(subscriptionAnswer)] };
      }
      if (readiness.isDraining) {
        figures.refused.draining += 1;
        return { errors: [notHere(clientErrors, trace)] };
      }
      const tooMuch = costs.check(args);
      if (tooMuch !== null) return clientErrors.toClientResult({ errors: [tooMuch] }, trace);
      try {
        for (const enter of [() => book.enter(tidings.session), () => admission.enter(req)]) {
          const leave = enter();
          if (response.destroyed) leave();
          else response.once('close', leave);
        }
      } catch (error) {
        if (error instanceof ConnectionRefused) figures.refused[error.reason] += 1;
        return { errors: [toRequestError(clientErrors, error, trace)] };
      }
      const subscribed = await figures.counting(args, () => openResults(unwrap(args), fanOut));
      if (!(Symbol.asyncIterator in subscribed)) return clientErrors.toClientResult(subscribed, trace);
      const results = streams.open(subscribed, tidings, trace);
      // Whoever has hung up before is told nothing, and nothing would ask for the first result, or give them up.
      const end = (): void => {
        results.return(undefined).catch((error: unknown) => {
          logger.error({ err: error, requestId: trace.requestId }, 'an event stream could not be tidied up');
        });
      };
      if (response.destroyed) end();
      else response.once('close', end);
      return results;
    }),
  // Errors of validation come past no other place.
  onResultProcess({ result, setResult }) {
    if (Array.isArray(result) || !('errors' in result) || result.errors === undefined) return;
    setResult({ ...result, errors: result.errors.map((error) => clientErrors.toClientError(error)) });
  },
});

const textOf = (source: string | Source): string => (typeof source === 'string' ? source : source.body);

async function openResults(args: ExecutionArgs, fanOut: FanOut | null): ReturnType<typeof subscribe> {
  if (fanOut === null) return subscribe(args);
  const member = await fanOut.open(args);
  const { delivery } = args.contextValue as Context;
  return 'deliverTo' in member ? new SharedResults(member, delivery) : member;
}

/** Yoga's copy of the context, with ours in it. */
interface YogaContext extends NodeContext {
  readonly tidings: Context;
  readonly request: Request;
}

const unwrap = (args: ExecutionArgs): ExecutionArgs => ({
  ...args,
  contextValue: (args.contextValue as YogaContext).tidings,
});

const notAcceptable = (sentence: string): GraphQLError =>
  new GraphQLError(sentence, { extensions: { code: 'BAD_REQUEST', http: { status: 406 } } });

/** Only its sentences: what else it hands over holds queries and variables. Errors are logged where they are masked. */
const yogaLogging = (logger: Logger) => {
  const debug = (...args: unknown[]) =>
    logger.debug({ said: args.filter((arg) => typeof arg === 'string') }, 'yoga');
  return { debug, info: debug, warn: debug, error: () => {} };
};
