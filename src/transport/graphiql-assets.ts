/**
 * The scripts, styles and workers of the GraphiQL page (`graphiql.ts`), from the installed packages: no CDN, no request to
 * anywhere else.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { graphiqlScript } from './graphiql-script.ts';

export interface GraphiqlAsset {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const require = createRequire(import.meta.url);

/** The bundle's files: what its module exports them as, and what they are. */
const bundledFiles = {
  'graphiql.js': { exportName: 'js', contentType: 'text/javascript; charset=utf-8' },
  'graphiql.css': { exportName: 'css', contentType: 'text/css; charset=utf-8' },
  'editor.worker.js': { exportName: 'editorWorkerService', contentType: 'text/javascript; charset=utf-8' },
  'json.worker.js': { exportName: 'jsonWorker', contentType: 'text/javascript; charset=utf-8' },
  'graphql.worker.js': { exportName: 'graphqlWorker', contentType: 'text/javascript; charset=utf-8' },
} as const;

let cachedPath: string | undefined;
/** Where the assets are: `/graphql/assets/<versions>/`. A version's content never changes. */
export function graphiqlAssetsPath(): string {
  const versionOf = (packageName: string) =>
    (require(`${packageName}/package.json`) as { readonly version: string }).version;
  return (cachedPath ??= `/graphql/assets/${versionOf('@graphql-yoga/render-graphiql')}-${versionOf('graphql-ws')}/`);
}

/** The asset at `pathname`, or null where there is none. The first one loads the bundle (9 MB); nothing before it does. */
export async function readGraphiqlAsset(request: {
  readonly pathname: string;
  /** The request's `accept-encoding`. */
  readonly acceptEncoding: string | null | undefined;
}): Promise<GraphiqlAsset | null> {
  if (!request.pathname.startsWith(graphiqlAssetsPath())) return null;
  const name = request.pathname.slice(graphiqlAssetsPath().length);
  const found = loadedFiles.get(name) ?? (await loadFile(name));
  if (!found) return null;
  const headers = {
    'content-type': found.contentType,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  };
  if (!/\bgzip\b/.test(request.acceptEncoding ?? '')) return { headers, body: found.body };
  return { headers: { ...headers, 'content-encoding': 'gzip' }, body: await found.gzipped() };
}

interface LoadedFile {
  readonly contentType: string;
  readonly body: Buffer;
  /** Compressed at the first call. */
  gzipped(): Promise<Buffer>;
}
/** Only what exists is kept, so made-up names cannot fill it. */
const loadedFiles = new Map<string, LoadedFile>();

async function loadFile(name: string): Promise<LoadedFile | null> {
  const source = await readSource(name);
  if (!source) return null;
  const body = Buffer.from(source.text);
  let compressed: Promise<Buffer> | undefined;
  const loaded = {
    contentType: source.contentType,
    body,
    gzipped: () => (compressed ??= promisify(gzip)(body)),
  };
  loadedFiles.set(name, loaded);
  return loaded;
}

async function readSource(name: string): Promise<{ contentType: string; text: string } | null> {
  if (Object.hasOwn(bundledFiles, name)) {
    const { exportName, contentType } = bundledFiles[name as keyof typeof bundledFiles];
    const bundle = await import('@graphql-yoga/render-graphiql/graphiql');
    return { contentType, text: bundle[exportName] };
  }
  if (name === graphiqlScript.name) {
    return { contentType: 'text/javascript; charset=utf-8', text: graphiqlScript.text };
  }
  // The browser's WebSocket client: the official one. Its `client.js` imports a `common-….js`.
  if (/^graphql-ws\/(client|common-[\w-]+)\.js$/.test(name)) {
    const folder = dirname(require.resolve('graphql-ws/client'));
    const text = await readFile(join(folder, name.slice('graphql-ws/'.length)), 'utf8').catch(() => null);
    return text === null ? null : { contentType: 'text/javascript; charset=utf-8', text };
  }
  return null;
}
