// /metrics, and who may read it: they tell nothing of anybody, but much of the server.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sendError, sendNothingHere, type Route } from '../route.ts';
import { isProxied } from '../origins.ts';
import { isPrivateAddress } from '../private-address.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsRouteOptions {
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  /** null: whoever comes from a private address and through no proxy. */
  readonly token: string | null;
  /** Without a token everybody may. */
  readonly isDevelopment: boolean;
  readonly graphqlPath: string;
}

export function metricsRoute({ metrics, token, isDevelopment, graphqlPath }: MetricsRouteOptions): Route {
  return {
    method: 'GET',
    path: '/metrics',
    async handle(request, response) {
      if (token !== null && !showsToken(request, token)) {
        response.setHeader('www-authenticate', 'Bearer');
        const sentence =
          'Metrics are told to whoever shows METRICS_TOKEN: send `Authorization: Bearer <it>`.';
        return sendError(response, 401, 'UNAUTHENTICATED', sentence);
      }
      // As if there were none.
      if (token === null && !isDevelopment && !isNear(request)) return sendNothingHere(response, graphqlPath);
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
      response.end(text);
    },
  };
}

/** How long it takes says nothing of the token. */
function showsToken({ headers: { authorization = '' } }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const shown = /^Bearer +(.+)$/i.exec(authorization.trim())?.[1] ?? '';
  return timingSafeEqual(digest(shown), digest(token));
}

const isNear = ({ headers, socket }: IncomingMessage): boolean =>
  !isProxied(headers) && isPrivateAddress(socket.remoteAddress);
