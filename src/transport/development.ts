// The parts that only `tidings dev` has: the demo app, and tokens for anyone: only for requests that name a loopback host and came
// through no proxy. And GraphiQL, which has such a token in it there.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { signDevelopmentToken } from '../auth/development.ts';
import { demoAppRoutes } from './demo-app.ts';
import { renderGraphiqlPage, type GraphiqlPageOptions } from './graphiql.ts';
import type { ExampleTabsOptions } from './graphiql-tabs.ts';
import { graphiqlAssetsPath, readGraphiqlAsset } from './graphiql-assets.ts';
import { sendJson, type Route } from './route.ts';
import { isLocalRequest } from './origins.ts';

/** Whom GraphiQL and the demo speak for: the customer of the demo orders, who may also publish. */
export const demoViewer = {
  user: 'alice',
  name: 'Alice',
  workspace: 'demo',
  scope: 'orders:publish notifications:send users:write chat:write',
} as const;

/** An afternoon of trying things out. */
const graphiqlTokenSeconds = 12 * 3_600;

/** What the tabs of GraphiQL show. */
export type DevelopmentExamples = ExampleTabsOptions;

export const developmentRoutes = (): readonly Route[] => [
  ...demoAppRoutes(),
  { method: 'GET', path: '/dev/token', handle: answerToken },
];

/** @param examples of development; null: the page has no token, and no examples that need demo data. */
export function graphiqlRoutes(graphqlPath: string, examples: DevelopmentExamples | null): readonly Route[] {
  const sendPage = (response: ServerResponse, options: GraphiqlPageOptions): void => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(renderGraphiqlPage(options));
  };
  return [
    { method: 'GET', path: `${graphiqlAssetsPath()}*`, handle: answerAsset },
    {
      method: 'GET',
      path: graphqlPath,
      accepts: 'text/html',
      async handle(request, response) {
        if (examples === null) return sendPage(response, { token: null });
        if (!isLocalRequest(request.headers)) return refuse(response);
        const token = await signDevelopmentToken({ ...demoViewer, expiresIn: graphiqlTokenSeconds });
        sendPage(response, { token, ...examples });
      },
    },
  ];
}

const list = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .transform((parts) => parts.filter((part) => part !== ''));

const tokenQuery = z.strictObject({
  user: z.string().min(1).max(256),
  name: z.string().min(1).max(256).optional(),
  workspace: z.string().min(1).max(256).optional(),
  roles: list.optional(),
  rooms: list.optional(),
  scope: z.string().max(4_096).optional(),
  expiresIn: z.coerce.number().int().min(-86_400).max(31_536_000).optional(),
});

async function answerToken(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (!isLocalRequest(request.headers)) return refuse(response);
  const parsed = tokenQuery.safeParse(Object.fromEntries(url.searchParams));
  if (parsed.success) return sendJson(response, 200, { token: await signDevelopmentToken(parsed.data) });
  const message =
    `${z.prettifyError(parsed.error)}. For example: ` +
    '/dev/token?user=alice&name=Alice&roles=staff&scope=orders:publish&workspace=demo&expiresIn=3600';
  sendJson(response, 400, { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
}

async function answerAsset(
  request: IncomingMessage,
  response: ServerResponse,
  { pathname }: URL,
): Promise<void> {
  const accepted = request.headers['accept-encoding'];
  const acceptEncoding = Array.isArray(accepted) ? accepted.join(',') : accepted;
  const asset = await readGraphiqlAsset({ pathname, acceptEncoding });
  if (asset === null) return sendJson(response, 404, { errors: [{ message: 'There is no such asset.' }] });
  response.writeHead(200, asset.headers);
  response.end(asset.body);
}

const refuse = (response: ServerResponse): void =>
  sendJson(response, 403, {
    errors: [
      {
        message:
          'Development tokens are given to requests from this machine only: use http://localhost, without a proxy.',
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  });
