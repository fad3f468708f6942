// `npm run check`: runs every check side by side, says how each went, and shows the output of those that failed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

// Slowest first, so that the short ones fill the gaps.
const checks = [
  'lint',
  // With declarations: what a module may not leave to be inferred, because it could not be named outside, is found too.
  'types',
  'format:check',
  'codegen:check',
  'schema:check',
  'errors:check',
  'size:check',
];

interface Outcome {
  readonly script: string;
  readonly passed: boolean;
  readonly output: string;
}

const waiting = [...checks];
const outcomes: Outcome[] = [];
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, runWaiting));

const failures = outcomes.filter((outcome) => !outcome.passed);
for (const { script, output } of failures) {
  console.log(`\n── npm run ${script} ──\n${output.trim()}`);
}
if (failures.length > 0) {
  console.log(
    `\n${failures.length} of ${checks.length} checks failed: ${failures.map(({ script }) => script).join(', ')}`,
  );
  process.exitCode = 1;
}

async function runWaiting(): Promise<void> {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
    const startedAt = performance.now();
    const outcome = await run(script);
    outcomes.push(outcome);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${outcome.passed ? '✓' : '✗'} ${script.padEnd(18)} ${seconds} s`);
  }
}

function run(script: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], {
      cwd: join(import.meta.dirname, '..'),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ script, passed: false, output: error.message }));
    child.on('close', (code) => resolve({ script, passed: code === 0, output }));
  });
}
