// Redis is away for so long that this node may have been taken for dead: it then asks the database before it tells anything,
// and tells it all the same.
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { createApp, parseConfig } from '../../src/index.ts';
import { connect } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';
import { startRedis } from '../support/redis.ts';

const publish = `mutation ($note: String!) {
  publishOrderUpdate(input: { orderId: "1", customerId: "alice", status: PROCESSING, note: $note }) { update { note } }
}`;
const follow = 'subscription { orderUpdated(orderId: "1") { note } }';
interface Told {
  readonly orderUpdated: { readonly note: string };
}

it.each(['shared', 'unshared'])(
  '%s: events go on arriving, in order, while Redis is away',
  { timeout: 60_000 },
  async (fanOut) => {
    await using redis = await startRedis();
    const database = await openTestDatabase();
    const env = {
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      FANOUT: fanOut,
    };
    const app = await createApp({
      config: parseConfig({ ...env, HEAD_CHECK_MS: '100' }, 'dev'),
      logger: pino({ level: 'silent' }),
      leaseTimings: { heartbeatMs: 100, observeMs: 100, deadAfterMs: 500 },
    });
    try {
      await using alice = await connect(app, 'alice', { scope: 'orders:publish' });
      const tell = (note: string) => alice.request(publish, { note });
      await tell('the first');
      const overWebSocket = alice.subscribe<Told>(follow);
      const events = await openEvents(app, alice.token, { query: follow });
      const nextOverHttp = async (): Promise<Told> => {
        const message = await events.next();
        if (message === null) throw new Error('The stream has ended.');
        return (message.data as { readonly data: Told }).data;
      };
      const next = async (): Promise<string[]> => {
        const told = await Promise.all([overWebSocket.next(), nextOverHttp()]);
        return told.map(({ orderUpdated }) => orderUpdated.note);
      };
      await vi.waitFor(() => expect(app.runtime.figures.total.subscriptions).toBe(2));
      await tell('with Redis');
      expect(await next()).toEqual(['with Redis', 'with Redis']);

      await redis.stop();
      await vi.waitFor(() => expect(app.runtime.engine.nodes.isAlive).toBe(false), { timeout: 10_000 });
      for (const note of ['one', 'two', 'three']) await tell(note);
      for (const note of ['one', 'two', 'three']) expect(await next()).toEqual([note, note]);
      events.leave();
    } finally {
      await app.close();
      await database.drop();
    }
  },
);
