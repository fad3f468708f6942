// One line of the log for each HTTP request, and its id in the answer. Of what the client sent it holds the method, and the path where it is
// one of ours: never any other path, the query string, a header or a body.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { requestIdOf } from './request-id.ts';
import type { TransportFigures } from './transport-figures.ts';

export interface WatchedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** One of those that there are, or `other`. */
  readonly route: string;
}

/** To be called before it is answered. */
export function watchRequest(
  { request, response, route }: WatchedRequest,
  { logger, figures }: { readonly logger: Logger; readonly figures: TransportFigures },
): void {
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  const startedAt = performance.now();
  response.once('close', () => {
    // Whoever hangs up before has been told nothing: 499, as proxies write it.
    const status = response.headersSent ? response.statusCode : 499;
    figures.countRequest(route, status);
    const level = levelOf(status, route);
    if (!logger.isLevelEnabled(level)) return;
    const { method } = request;
    const ms = Math.round(performance.now() - startedAt);
    logger[level]({ requestId, method, path: route, status, ms }, 'an HTTP request');
  });
}

/** Whoever asks whether the node is ready asks again and again. */
function levelOf(status: number, route: string): 'debug' | 'info' | 'warn' {
  if (status < 400 || status === 499) return 'debug';
  return status < 500 || route === '/readyz' ? 'info' : 'warn';
}
