import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoAppRoutes } from './demo-app.ts';
import { requestUrl } from './request-url.ts';

let folder: string;
let server: Server;

/** As createHttp does it, for these routes alone. */
function serve(built: string): Server {
  const routes = demoAppRoutes(built);
  return createServer((incoming, response) => {
    const url = requestUrl(incoming);
    const route = routes.find(({ path }) =>
      path.endsWith('*') ? url.pathname.startsWith(path.slice(0, -1)) : url.pathname === path,
    );
    if (route === undefined) response.writeHead(404).end();
    else void route.handle(incoming, response, url);
  }).listen(0, '127.0.0.1');
}

/** The path goes out as it is written: no client tidies it up. */
async function get(path: string, headers = {}, of: Server = server): Promise<IncomingMessage> {
  const { port } = of.address() as AddressInfo;
  const [response] = (await once(
    request({ port, host: '127.0.0.1', path, headers, agent: false }).end(),
    'response',
  )) as [IncomingMessage];
  return response;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidings-demo-app-'));
  await mkdir(join(folder, 'assets/deeper'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<title>the page</title>');
  await writeFile(join(folder, 'secret.js'), 'secret');
  await writeFile(join(folder, 'assets/index-ab_12.js'), 'hello()');
  await writeFile(join(folder, 'assets/index-ab_12.css'), 'a {}');
  await writeFile(join(folder, 'assets/index-ab_12.map'), 'secret');
  await writeFile(join(folder, 'assets/deeper/index.js'), 'secret');
  server = serve(folder);
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('the page', () => {
  it('is read anew every time, and loads from this server only', async () => {
    const response = await get('/?as=alice');
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
    });
    expect(await text(response)).toContain('the page');
  });

  it('says how to build it where it is not built', async () => {
    const empty = serve(join(folder, 'nothing'));
    await once(empty, 'listening');
    const response = await get('/', {}, empty);
    expect(response.statusCode).toBe(404);
    expect(await text(response)).toContain('run `npm run build`');
    empty.close();
  });
});

describe('an asset', () => {
  it.each([
    ['js', 'text/javascript; charset=utf-8', 'hello()'],
    ['css', 'text/css; charset=utf-8', 'a {}'],
  ])('%s is kept for ever by whoever has it', async (extension, contentType, body) => {
    const response = await get(`/assets/index-ab_12.${extension}`);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': contentType,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    expect(await text(response)).toBe(body);
  });

  it('is compressed for whoever can read that', async () => {
    const response = await get('/assets/index-ab_12.js', { 'accept-encoding': 'br, gzip' });
    expect(response.headers['content-encoding']).toBe('gzip');
    const chunks = await response.toArray();
    expect(gunzipSync(Buffer.concat(chunks as Buffer[])).toString()).toBe('hello()');
  });

  it.each([
    '/assets/',
    '/assets/unknown.js',
    '/assets/index-ab_12.map',
    '/assets/deeper/index.js',
    '/assets/../secret.js',
    '/assets/..%2fsecret.js',
    '/assets/%2e%2e/secret.js',
    '/assets/..%5csecret.js',
    '/assets/.js',
    '/assets//etc/passwd',
    '/assets/constructor.js',
    '/assets/index-ab_12.js%00.css',
  ])('%s is none', async (path) => {
    const response = await get(path);
    expect(response.statusCode).toBe(404);
    expect(await text(response)).not.toContain('secret');
  });
});
