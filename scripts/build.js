// Builds dist/: compiles the source, copies beside it what is read at run time (Lua scripts, migrations), and prepares an
// empty embedded database, so that a first start need not make one.
//   --if-stale      only where something is newer than the last build
//   --if-possible   passes quietly where the compiler is not installed (`npm ci --omit=dev`)
// Plain JavaScript, so that `npm run start:production` can ask with --if-stale where only production packages are.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

/** Written last: a build that broke off half-way has none, and is done again. */
const stamp = 'dist/.built';

if (!process.argv.includes('--if-stale') || isStale()) await build();

async function build() {
  const compiler = findCompiler();
  // Begin with nothing, or a deleted migration would live on in dist/.
  rmSync('dist', { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  cpSync('src', 'dist', {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !/\.tsx?$/.test(path),
  });
  await writeDatabaseTemplate('dist/store/pglite-template.tar.gz');
  writeFileSync(stamp, '');
}

async function writeDatabaseTemplate(file) {
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create();
  const template = await database.dumpDataDir('gzip');
  writeFileSync(file, Buffer.from(await template.arrayBuffer()));
  await database.close();
}

/** Whether anything the build reads is newer than the last complete build. A package without src/ is never stale. */
function isStale() {
  if (!existsSync('src')) return false;
  if (!existsSync(stamp)) return true;
  const builtAt = statSync(stamp).mtimeMs;
  const inputs = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const entry of readdirSync('src', { recursive: true, encoding: 'utf8' }))
    inputs.push(join('src', entry));
  // Folders count too: their time changes when a file in them is deleted.
  return inputs.some((path) => existsSync(path) && statSync(path).mtimeMs > builtAt);
}

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    if (process.argv.includes('--if-possible')) process.exit(0);
    console.error(
      'dist/ is missing or older than src/, and the compiler is not installed. ' +
        'Run `npm ci && npm run build` where development packages are, and bring dist/ from there.',
    );
    return process.exit(1);
  }
}
