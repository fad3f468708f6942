// Request ids: what a client is told and what the log says of the same request, over all that it passes through.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A proxy's own is kept where it is nothing but an id: it is written into logs and answers. */
const idPattern = /^[\w.-]{1,64}$/;

const ids = new WeakMap<IncomingMessage, string>();

export const createRequestId = (): string => randomBytes(16).toString('base64url');

/** Of `X-Request-Id`, or made; the same at each call. */
export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request);
  if (known !== undefined) return known;
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && idPattern.test(given) ? given : createRequestId();
  ids.set(request, id);
  return id;
}
