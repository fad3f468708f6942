// What a browser loads of the kit, minified and compressed, and from which packages it comes: `npm run size:check` fails where
// it has grown beyond what is written here, or where code of the server has come in.
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

interface Part {
  readonly name: string;
  readonly code: string;
  readonly external: readonly string[];
  /** Compressed with gzip. A little above what it is: raise it knowingly. */
  readonly maxBytes: number;
}

const parts: readonly Part[] = [
  {
    name: 'tidings/client, with urql and graphql-ws',
    code: `export { createTidingsClient } from './src/client/index.ts';`,
    external: [],
    maxBytes: 20_500,
  },
  {
    name: 'tidings/client alone',
    code: `export { createTidingsClient } from './src/client/index.ts';`,
    external: ['@urql/core', 'graphql-ws'],
    maxBytes: 7_500,
  },
  {
    name: 'tidings/react, all of its own hooks, without React, urql and the client',
    code: `export { TidingsProvider, useAnnouncements, useConnectionState, useConversation, useConversations, useNotifications,
      useOrder, usePresence, useRoom, useTypingIndicator } from './src/react/index.ts';`,
    external: ['react', 'urql', '@urql/core', 'graphql-ws', '*/client/tidings-client.ts'],
    maxBytes: 10_000,
  },
];

const browserPackages = new Set(['@urql/core', '@0no-co/graphql.web', 'wonka', 'graphql-ws', 'urql']);
const root = join(import.meta.dirname, '..');

for (const part of parts) await check(part);

async function check({ name, code, external, maxBytes }: Part): Promise<void> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    external: [...external],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? '').length;
  console.log(`${name}: ${bytes} bytes of at most ${maxBytes}`);
  const foreign = Object.keys(metafile.inputs).filter((file) => !mayBeLoaded(file));
  if (foreign.length > 0) fail(`${name} brings along what a browser has no use for: ${foreign.join(', ')}`);
  if (bytes > maxBytes)
    fail(`${name} has grown: make it smaller, or raise maxBytes in scripts/check-size.ts.`);
}

function mayBeLoaded(file: string): boolean {
  if (builtinModules.includes(file.replace(/^node:/, ''))) return false;
  const [, inPackage] = file.split(/.*node_modules\//);
  if (inPackage === undefined) return file === '<stdin>' || /^src\/(client|react)\//.test(file);
  return browserPackages.has(inPackage.split('/', inPackage.startsWith('@') ? 2 : 1).join('/'));
}

function fail(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}
