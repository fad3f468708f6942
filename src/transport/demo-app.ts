// The demo app as `npm run build` made it from web/: its page at `/`, and its assets, which are named by their content.
// Only `tidings dev` serves it. It holds no token: the page asks /dev/token, which answers to this machine only.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sendJson, type Route } from './route.ts';

/** The same from src/ and from dist/. */
const builtFolder = fileURLToPath(new URL('../../dist/web', import.meta.url));
const assetsPath = '/assets/';

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['svg', 'image/svg+xml'],
]);

/** A plain name, so that no path leads out of the folder. */
const assetName = /^[\w-]+(?:\.[\w-]+)*\.(\w+)$/;

/** Everything comes from this server, and nobody else's page may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @param folder where index.html is, and beside it assets/ */
export function demoAppRoutes(folder: string = builtFolder): readonly Route[] {
  const assets = new Map<string, Promise<Asset | null>>();

  async function answerPage(_request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await readFile(join(folder, 'index.html')).catch(() => null);
    response.writeHead(page === null ? 404 : 200, {
      'content-type': `text/${page === null ? 'plain' : 'html'}; charset=utf-8`,
      'cache-control': 'no-store',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    response.end(page ?? 'The demo app is not built: run `npm run build`. GraphiQL is at /graphql.\n');
  }

  async function answerAsset(
    request: IncomingMessage,
    response: ServerResponse,
    { pathname }: URL,
  ): Promise<void> {
    const name = pathname.slice(assetsPath.length);
    const found = assets.get(name) ?? readAsset(folder, name);
    const asset = await found;
    if (asset === null) return sendJson(response, 404, { errors: [{ message: 'There is no such asset.' }] });
    // Only what exists is kept, so made-up names cannot fill it.
    assets.set(name, found);
    const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    response.writeHead(200, {
      'content-type': asset.contentType,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(zipped && { 'content-encoding': 'gzip' }),
    });
    response.end(zipped ? asset.gzipped : asset.body);
  }

  return [
    { method: 'GET', path: '/', handle: answerPage },
    { method: 'GET', path: `${assetsPath}*`, handle: answerAsset },
  ];
}

interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

async function readAsset(folder: string, name: string): Promise<Asset | null> {
  const contentType = contentTypes.get(assetName.exec(name)?.[1] ?? '');
  if (contentType === undefined) return null;
  const body = await readFile(join(folder, 'assets', name)).catch(() => null);
  return body && { contentType, body, gzipped: await promisify(gzip)(body) };
}
