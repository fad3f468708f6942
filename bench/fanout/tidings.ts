// Tidings as users run it, on Redis and PostgreSQL, with authorization and log: the measured node has the subscribers, and
// another one takes the mutations, so that like the others the measured process hears each event from Redis.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '../../test/support/postgres.ts';
import type { Place, RunningContender } from './contenders.ts';
import { startMeasuredServer } from './server-process.ts';

const built = fileURLToPath(new URL('../../dist', import.meta.url));
const portPattern = /Tidings (?:is ready|listens) at http:\/\/[^\s:]+:(\d+)/;

/** What is built in dist/, or elsewhere where TIDINGS_DIST names a directory. `env` is for the measured node only. */
export async function startTidings(
  { redisUrl, postgresUrl, pinning }: Place,
  env: Readonly<Record<string, string>>,
): Promise<RunningContender> {
  const dist = resolve(process.env['TIDINGS_DIST'] ?? built);
  const main = [join(dist, 'cli/main.js'), 'dev'];
  const common = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'info',
    RATE_PUBLISHES: '1000000',
    // All that are measured come from this machine.
    MAX_CONNECTIONS_PER_ADDRESS: '1000000',
    MAX_CONNECTIONS_PER_USER: '1000000',
    REDIS_URL: redisUrl,
    DATABASE_URL: await createDatabase(postgresUrl),
  };
  const started: AsyncDisposable[] = [];
  const end = async () => {
    await Promise.all(started.map((node) => node[Symbol.asyncDispose]()));
  };
  try {
    const server = await startMeasuredServer({ main, env: { ...common, ...env }, pinning, portPattern });
    started.push(server);
    const publishing = await startMeasuredServer({ main, env: common, pinning: [], portPattern });
    started.push(publishing);
    return { server, publishUrl: `http://127.0.0.1:${publishing.port}`, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
