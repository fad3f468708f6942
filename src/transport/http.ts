// The HTTP side: GraphQL over POST and SSE, and beside it health, metrics and pages by their paths.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { toLoggable } from '../store/store-errors.ts';
import { unacceptable } from './accept.ts';
import { unexpected } from './client-errors.ts';
import { createEventStreams } from './event-streams.ts';
import { createGraphql, type GraphqlOptions } from './graphql-http.ts';
import { requestIdOf } from './request-id.ts';
import { watchRequest } from './request-log.ts';
import { isHost, requestUrl } from './request-url.ts';
import { RequestThatMayUpgrade } from './request-that-may-upgrade.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import { matches, sendError, sendNothingHere, type Route } from './route.ts';
import type { Guest } from './send-off.ts';
import { takenBytesOf } from './taken-bytes.ts';

export interface HttpOptions extends GraphqlOptions {
  /** A request has so long to arrive. */
  readonly requestMs: number;
  /** Whoever has stopped reading an answer for so long is cut off. */
  readonly stuckMs: number;
  /** Asked first. */
  readonly routes: readonly Route[];
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
const serverOptions = (requestMs: number): ServerOptions<typeof RequestThatMayUpgrade> => ({
  IncomingMessage: RequestThatMayUpgrade,
  headersTimeout: Math.ceil(requestMs / 3),
  requestTimeout: requestMs,
  // Longer than balancers keep theirs: the side that sends requests should be the one to hang up.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: Math.min(2_000, requestMs),
});

export function createHttp(options: HttpOptions): HttpTransport {
  const streams = createEventStreams(options);
  const yoga = createGraphql(options, streams);
  const { logger, path, routes, requestMs, figures, readiness, admission } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (admission.isRefused(request.socket)) return void response.destroy();
    // The next one of this connection goes elsewhere.
    if (readiness.isDraining) response.setHeader('connection', 'close');
    const url = requestUrl(request);
    const route = routes.find((candidate) => matches(candidate, request, url.pathname));
    watchRequest(
      { request, response, route: route?.path ?? (url.pathname === path ? path : 'other') },
      options,
    );
    if (route !== undefined) return route.handle(request, response, url);
    if (url.pathname !== path) return sendNothingHere(response, path);
    const refusal = refusalOf(request);
    if (refusal !== null) return sendError(response, refusal.status, 'BAD_USER_INPUT', refusal.sentence);
    // Who may read it in a browser depends on the page.
    response.setHeader('vary', 'Origin');
    cutOffWhenStuck(request, response, options);
    // Yoga puts it behind the host, where a whole address (which is a request target too) would be none any more.
    request.url = `${url.pathname}${url.search}`;
    await yoga(request, response);
  };

  const server = createServer(serverOptions(requestMs), (request, response) => {
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

/** An address that Yoga can read; and only JSON: a form can be sent by any page of any site without asking. */
function refusalOf({ method, headers }: IncomingMessage): { status: number; sentence: string } | null {
  if (!isHost(headers.host)) {
    return {
      status: 400,
      sentence: 'The header `Host` must be a name or an address, with a port or without.',
    };
  }
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
