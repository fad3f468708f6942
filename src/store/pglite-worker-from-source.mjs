// Runs pglite-worker.ts from source: on Node 20 a worker thread does not inherit tsx, and `--import tsx` has no effect in
// one. Plain JavaScript for that reason; a build leaves it out.
import { register } from 'tsx/esm/api';

register();
await import('./pglite-worker.ts');
