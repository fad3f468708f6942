// GraphQL over POST and SSE by Yoga, carried out by graphql-js.
import type { IncomingMessage, ServerResponse } from 'node:http';
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
import { revokedSessions } from '../auth/token-error.ts';
import { errorKinds, type ErrorCode } from '../errors.ts';
import type { FanOut } from '../fanout/fan-out.ts';
import { SharedResults } from '../fanout/shared-results.ts';
import { createContext, type Context } from '../schema/context.ts';
import { Backlog } from '../streams/backlog.ts';
import { isAccepted, subscriptionAnswer } from './accept.ts';
import type { Admission } from './admission.ts';
import type { ClientErrors } from './client-errors.ts';
import { ConnectionRefused } from './connection-refused.ts';
import type { EventStreams } from './event-streams.ts';
import type { OperationOptions } from './operation-options.ts';
import { goElsewhere, type Readiness } from './readiness.ts';
import { requestIdOf } from './request-id.ts';
import { useRequestParams } from './request-params.ts';
import { traceOf, type Trace } from './trace.ts';
import { untold } from './untold.ts';

export interface GraphqlOptions extends OperationOptions {
  readonly path: string;
  readonly logger: Logger;
  readonly allowedOrigins: readonly string[];
  readonly maxPayloadBytes: number;
  readonly admission: Admission;
  /** What may wait for one event stream, see Backlog. */
  readonly backlogBytes: number;
  readonly readiness: Pick<Readiness, 'isDraining'>;
}

interface NodeContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export function createGraphql(
  options: GraphqlOptions,
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
        exposedHeaders: ['x-request-id', 'retry-after'],
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
  }: GraphqlOptions,
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
      const end = (results: AsyncGenerator<unknown, void, void>): void => {
        results.return(undefined).catch((error: unknown) => {
          logger.error({ err: error, requestId: trace.requestId }, 'an event stream could not be tidied up');
        });
      };
      // Since it was asked for: whoever is sent off by now was looked up before.
      if (readiness.isDraining) {
        end(subscribed);
        figures.refused.draining += 1;
        return { errors: [notHere(clientErrors, trace)] };
      }
      const results = streams.open(subscribed, tidings, trace);
      // Whoever has hung up before is told nothing, and nothing would ask for the first result, or give them up.
      if (response.destroyed) end(results);
      else response.once('close', () => end(results));
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
