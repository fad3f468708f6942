// One project: unit tests beside the source, everything else in test/. The global setup starts one Redis and one
// PostgreSQL for the whole run; tests keep apart by topics, log ids and databases of their own.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: [
      // Vite prefers the package's other build than Node does, and the two refuse each other's schemas.
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      // As in tsconfig.json.
      { find: /^tidings\/(\w+)$/, replacement: fileURLToPath(new URL('src/$1/index.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['{src,test,bench,web}/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/plain-summary-reporter.ts'],
    pool: 'forks',
    // Most tests wait for sockets rather than compute: two files at once even where there are two cores.
    maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
    // No test may lean on another. A failing order is repeated with `--sequence.seed`, which vitest prints.
    sequence: { shuffle: { files: true, tests: true } },
    // What is waited for comes; how soon is the machine's.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
