// A node that has neither Redis nor PostgreSQL any more: it can not tell who was shown out meanwhile, says so, and closes
// nobody's connection for it.
import { expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { startPostgres } from '../support/postgres.ts';
import { openGreetedSocket } from '../support/raw-socket.ts';
import { startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';

test(
  'its connections stay, each operation is told why it fails, and all goes on',
  { timeout: 120_000 },
  async () => {
    await using redis = await startRedis();
    await using postgres = await startPostgres();
    const env = { DATABASE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
    await using server = await startServer({ env });
    const { token } = await connect(server, 'alice');
    await using socket = await openGreetedSocket(server, token);
    let id = 0;
    /** Nothing that needs a database: what it is told is about the connection. */
    const ask = async () => {
      socket.send({ type: 'subscribe', id: String(++id), payload: { query: '{ __typename }' } });
      const { type, payload } = await socket.next();
      if (type === 'error') return payload as unknown;
      expect(await socket.next()).toEqual({ type: 'complete', id: String(id) });
      return payload as unknown;
    };
    const answer = { data: { __typename: 'Query' } };
    expect(await ask()).toEqual(answer);
    await Promise.all([redis.stop(), postgres.stop()]);
    await expect
      .poll(ask, { timeout: 30_000 })
      .toMatchObject([{ message: expect.any(String), extensions: { code: 'UNAVAILABLE' } }]);
    await Promise.all([redis.start(), postgres.start()]);
    await expect.poll(ask, { timeout: 30_000 }).toEqual(answer);
  },
);
