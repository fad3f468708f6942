import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createIntrospection } from './introspection.ts';

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

test(
  'whoever waits behind questions that are not answered is told so with them',
  { timeout: 30_000 },
  async () => {
    let asked = 0;
    server = createServer(() => void (asked += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const introspection = createIntrospection({
      settings: {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`,
        clientId: 'tests',
        clientSecret: 'a secret of the tests',
        audience: null,
        everyMs: 60_000,
      },
      logger: pino({ level: 'silent' }),
    });
    const crowd = Array.from({ length: 200 }, (_, index) => introspection.verify(`token-${index}`, null));
    const answers = await Promise.allSettled(crowd);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    // The first turn of each; nobody else was kept waiting for a turn of their own.
    expect(asked).toBe(32);
  },
);
