// Rates are counted over all nodes; while Redis is away each node counts for itself, and nobody has to wait for it.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createApp, parseConfig, type App } from '../../src/index.ts';
import { connect, type Person } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { startRedis } from '../support/redis.ts';

const setPresence = 'mutation { setPresence(input: { status: BUSY }) { status } }';

async function passing(count: number, people: readonly Person[]): Promise<number> {
  const asked = Array.from({ length: count }, async (_, index) =>
    people[index % people.length]?.request(setPresence),
  );
  const settled = await Promise.allSettled(asked);
  // CONFLICT, without a connection: it was let through.
  const refused = settled.filter(
    (one) => one.status === 'rejected' && String(one.reason).startsWith('Error: RATE_LIMITED'),
  );
  return count - refused.length;
}

it('two nodes let through what one may, and without Redis each as much', { timeout: 60_000 }, async () => {
  await using redis = await startRedis();
  const database = await openTestDatabase();
  const env = { HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database.url, REDIS_URL: redis.url };
  const config = parseConfig({ ...env, RATE_PRESENCE: '10', MUTATION_RATES: 'setPresence=5' }, 'dev');
  const open = () => createApp({ config, logger: pino({ level: 'silent' }) });
  const nodes: App[] = [await open(), await open()];
  try {
    const people = await Promise.all(nodes.map((node) => connect(node, 'alice')));
    const others = await Promise.all(nodes.map((node) => connect(node, 'bob')));
    // Ten in a window of two seconds; another window may begin meanwhile.
    const together = await passing(40, people);
    expect(together).toBeGreaterThanOrEqual(10);
    expect(together).toBeLessThanOrEqual(20);

    await redis.stop();
    const away = nodes.map((node) => expect.poll(() => node.runtime.engine.broker.state).toBe('away'));
    await Promise.all(away);
    const passed = await passing(60, others);
    expect(passed).toBeGreaterThanOrEqual(20);
    expect(passed).toBeLessThan(60);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
    await database.drop();
  }
});
