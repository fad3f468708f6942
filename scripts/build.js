// Builds dist/: compiles the source, bundles the demo app of web/, copies beside it what is read at run time (Lua scripts,
// migrations), and prepares an empty embedded database, so that a first start need not make one.
//   --if-stale      only where something is newer than the last build
// Plain JavaScript, so that `npm run start:production` can ask with --if-stale where only production packages are.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

/** Built here and renamed when complete, so that a server that starts meanwhile finds the old one or the new one. */
const staging = `dist.next.${process.pid}`;
/** Written last, with the version of the embedded database that the template is for. */
const stamp = '.built';
const template = 'store/pglite-template.tar.gz';

if (!process.argv.includes('--if-stale') || isStale()) await build();

async function build() {
  const compiler = findCompiler();
  rmSync(staging, { recursive: true, force: true });
  await Promise.all([compile(compiler), bundleDemo()]);
  cpSync('src', staging, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !/\.tsx?$/.test(path),
  });
  const version = databaseVersion();
  const isCurrent =
    existsSync(join('dist', template)) && readFileSync(join('dist', stamp), 'utf8') === version;
  if (isCurrent) cpSync(join('dist', template), join(staging, template));
  else await writeDatabaseTemplate(join(staging, template));
  // npm does it for who installs the package; an image, or a link to it, has nobody else.
  chmodSync(join(staging, 'cli/main.js'), 0o755);
  writeFileSync(join(staging, stamp), version);
  rmSync('dist', { recursive: true, force: true });
  renameSync(staging, 'dist');
}

/** Without checking: `npm run check` does that, and nobody who only starts the server should wait for it. */
async function compile(compiler) {
  const options = ['-p', 'tsconfig.build.json', '--outDir', staging, '--noCheck'];
  const child = spawn(process.execPath, [compiler, ...options], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status === 0) return;
  rmSync(staging, { recursive: true, force: true });
  process.exit(status ?? 1);
}

/** The server does without it, and says at / how to build it. */
async function bundleDemo() {
  if (!existsSync('web')) return;
  const vite = await import('vite').catch(() => null);
  if (vite === null) return console.warn('The demo app is not built: vite is not installed.');
  // Whoever builds for a test wants what users get.
  process.env.NODE_ENV = 'production';
  await vite.build({
    configFile: 'web/vite.config.ts',
    logLevel: 'warn',
    build: { outDir: resolve(staging, 'web'), emptyOutDir: false },
  });
}

function databaseVersion() {
  const file = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return JSON.parse(readFileSync(join(file, '../../package.json'), 'utf8')).version;
}

async function writeDatabaseTemplate(file) {
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create();
  const dump = await database.dumpDataDir('gzip');
  writeFileSync(file, Buffer.from(await dump.arrayBuffer()));
  await database.close();
}

/** Whether anything the build reads is newer than the last complete build. A package without src/ is never stale. */
function isStale() {
  if (!existsSync('src')) return false;
  const builtStamp = join('dist', stamp);
  if (!existsSync(builtStamp)) return true;
  const builtAt = statSync(builtStamp).mtimeMs;
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const folder of ['src', 'web'].filter((path) => existsSync(path))) {
    inputs.push(folder);
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!entry.includes('.test.')) inputs.push(join(folder, entry));
    }
  }
  // Folders count too: their time changes when a file in them is deleted.
  return inputs.some((path) => existsSync(path) && statSync(path).mtimeMs > builtAt);
}

function findCompiler() {
  try {
    return join(createRequire(import.meta.url).resolve('typescript-7/package.json'), '../bin/tsc');
  } catch {
    console.error(
      'dist/ is missing or older than src/ or web/, and the compiler is not installed. ' +
        'Run `npm ci && npm run build` where development packages are, and bring dist/ from there.',
    );
    return process.exit(1);
  }
}
