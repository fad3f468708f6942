// A connection whose other end is gone without a word: no close, no reset, nothing that TCP would notice.
import { once } from 'node:events';
import { test } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../support/client.ts';
import { startServer } from '../support/server.ts';

test(
  'a client that answers no ping is let go, and its user is no longer here; one that does stays',
  { timeout: 120_000 },
  async () => {
    await using server = await startServer();
    await using alice = await connect(server, 'alice');
    await using bob = await connect(server, 'bob');
    const presence = bob.subscribe<{ presenceChanged: { status: string } }>(
      'subscription { presenceChanged(userIds: ["alice"]) { status } }',
    );
    const until = async (status: string) => {
      while ((await presence.next()).presenceChanged.status !== status);
    };
    await until('OFFLINE');

    const silent = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      autoPong: false,
    });
    await once(silent, 'open');
    silent.send(JSON.stringify({ type: 'connection_init', payload: { token: alice.token } }));
    await until('ONLINE');
    await once(silent, 'ping');
    await once(silent, 'close');
    await until('OFFLINE');
  },
);
