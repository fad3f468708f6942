// Which requests come from where: browsers' origins, and requests from this very machine.
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config.ts';

/** Requests without an Origin come from no browser page and pass; those of a page, from its own host or a named origin. */
export function isAllowedOrigin(
  { origin, host }: { readonly origin: string | undefined; readonly host: string | undefined },
  allowedOrigins: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Whether a proxy says that it speaks for somebody. */
export const isProxied = (headers: IncomingHttpHeaders): boolean =>
  proxyHeaders.some((name) => headers[name] !== undefined);

/**
 * Whether the request names a loopback host and came through no proxy: a page of another site that was pointed at this
 * machine by its DNS names its own host, and a proxy may speak for anybody.
 */
export function isLocalRequest(headers: IncomingHttpHeaders): boolean {
  if (isProxied(headers)) return false;
  const { host } = headers;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname);
}
