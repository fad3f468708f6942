// Runs once before all test files: starts what they share, tells the workers where it is, and ends it afterwards.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

export default async function setUp(): Promise<() => Promise<void>> {
  buildWhereStale();
  process.env['CHROMIUM_PATH'] = findChromium(process.env['CHROMIUM_PATH']);
  const [redis, postgres] = await startAll(
    startNamed('Redis', startRedis),
    startNamed('PostgreSQL', () => startPostgres()),
  );
  process.env['TIDINGS_TEST_REDIS_URL'] = redis.url;
  process.env['TIDINGS_TEST_POSTGRES_URL'] = postgres.url;
  return async () => {
    await Promise.all([redis.stop(), postgres.stop()]);
  };
}

/** The servers under test run as users run them: built. */
function buildWhereStale(): void {
  const build = fileURLToPath(new URL('../../scripts/build.js', import.meta.url));
  const { status } = spawnSync(process.execPath, [build, '--if-stale'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The server could not be built: see above.');
}

async function startNamed(name: string, start: () => Promise<Service>): Promise<Service> {
  try {
    return await start();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The tests need ${name}, and it did not start: ${reason}\n` +
        `If it is not installed, \`npm run test:setup\` installs it.`,
      { cause },
    );
  }
}

/** Both, or neither: where one does not start, the other is stopped again. */
async function startAll(
  first: Promise<Service>,
  second: Promise<Service>,
): Promise<readonly [Service, Service]> {
  try {
    return await Promise.all([first, second]);
  } catch (error) {
    for (const outcome of await Promise.allSettled([first, second])) {
      if (outcome.status === 'fulfilled') await outcome.value.stop();
    }
    throw error;
  }
}
