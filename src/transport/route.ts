// Paths that are answered beside GraphQL, and how whatever is no GraphQL answers.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Route {
  readonly method: 'GET';
  /** Ends in `*` where everything below it is meant. */
  readonly path: string;
  /** Only for requests that accept this type. */
  readonly accepts?: string;
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> | void;
}

export function matches(
  { method, path, accepts }: Route,
  request: IncomingMessage,
  pathname: string,
): boolean {
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
