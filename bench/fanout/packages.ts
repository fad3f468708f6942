// Sees to it that the contenders' packages are installed, in bench/node_modules and nowhere else.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('..', import.meta.url));

export function ensurePackages(): void {
  if (existsSync(`${bench}/node_modules/.package-lock.json`)) return;
  process.stderr.write("Installing the contenders' packages into bench/node_modules …\n");
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: bench, stdio: 'inherit' });
  if (status !== 0)
    throw new Error(
      "The contenders' packages could not be installed: run `npm ci` in bench/ and look at what it says.",
    );
}
