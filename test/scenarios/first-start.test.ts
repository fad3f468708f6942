// What somebody finds who starts `tidings dev` for the first time: a greeting that tells where to look, and a workspace
// with something in it, once however often and by however many processes it is started.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { onBothSetups } from '../support/setups.ts';

const order = 'id status paymentStatus itemCount total { amount currency } timeline { status note } cursor';
const everything = /* GraphQL */ `
  {
    viewer {
      id
      name
    }
    orders {
      nodes { ${order} }
    }
    conversations {
      nodes {
        id
        title
        unreadCount
        participants {
          id
          name
        }
        messages {
          nodes {
            body
            sender {
              name
            }
          }
        }
        cursor
      }
    }
    notifications {
      unreadCount
      cursor
      nodes {
        id
        type
        priority
        title
        readAt
      }
    }
  }
`;

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }';

/** What is there for Alice, and the orders of everybody. */
async function readDemo(server: TestServer): Promise<Record<string, unknown>> {
  const alice = await connect(server, 'alice', { name: 'Alice Meyer' });
  const staff = await connect(server, 'dan', { name: 'Dan Ito (support)', roles: ['staff'] });
  const others = await staff.request(
    `{ bob: orders(customerId: "bob") { nodes { ${order} } } carol: orders(customerId: "carol") { nodes { ${order} } } }`,
  );
  return { ...(await alice.request(everything)), ...others };
}

const demo = {
  viewer: { id: 'alice', name: 'Alice Meyer' },
  orders: {
    nodes: [
      {
        id: '1001',
        status: 'CONFIRMED',
        paymentStatus: 'PAID',
        itemCount: 1,
        total: { amount: '299.99', currency: 'EUR' },
        timeline: [{ status: 'CONFIRMED', note: null }],
      },
      { id: '1002', status: 'DELIVERED' },
    ],
  },
  bob: { nodes: [{ id: '1003', status: 'PENDING' }] },
  carol: { nodes: [{ id: '1004', status: 'CANCELLED', paymentStatus: 'REFUNDED' }] },
  conversations: {
    nodes: [
      {
        title: 'Shop floor',
        unreadCount: 1,
        messages: { nodes: [{ sender: { name: 'Bob Okafor' } }] },
      },
      {
        title: 'Order 1001',
        unreadCount: 1,
        participants: [
          { id: 'alice', name: 'Alice Meyer' },
          { id: 'dan', name: 'Dan Ito (support)' },
        ],
        messages: { nodes: [{ sender: { name: 'Alice Meyer' } }, { sender: { name: 'Dan Ito (support)' } }] },
      },
    ],
  },
  notifications: {
    unreadCount: 2,
    nodes: [
      { type: 'PAYMENT', priority: 'HIGH', readAt: null },
      { type: 'SYSTEM', priority: 'NORMAL', readAt: null },
    ],
  },
};

onBothSetups('the first start', (stage) => {
  it('the demo workspace has people, orders in several states, conversations and notifications', async () => {
    expect(await readDemo(stage.servers.near)).toMatchObject(demo);
    expect(await readDemo(stage.servers.far)).toMatchObject(demo);
  });

  it('other workspaces are empty', async () => {
    const alice = await stage.listener('alice', { workspace: stage.newWorkspace() });
    expect(await alice.request(everything)).toMatchObject({
      orders: { nodes: [] },
      conversations: { nodes: [] },
      notifications: { unreadCount: 0, nodes: [] },
    });
  });

  it('the greeting names the demo, GraphiQL, a token that works, engine and store', async () => {
    const { far } = stage.servers;
    const lines = new Map(
      [...far.output().matchAll(/^ {4}(\w+) {2,}(\S.*)$/gm)].map(([, name = '', text = '']) => [name, text]),
    );
    expect([...lines.keys()]).toEqual(['demo', 'GraphiQL', 'tokens', 'engine', 'store']);
    const embedded = far === stage.servers.near;
    expect(lines.get('engine')).toMatch(embedded ? /memory/i : /^Redis \d.* at 127\.0\.0\.1:\d+/);
    expect(lines.get('store')).toMatch(embedded ? /PGlite/ : /^PostgreSQL \d/);
    expect(lines.get('demo')).toBe(`${far.url}/`);
    expect(await (await fetch(`${far.url}/`)).text()).toContain('<title>Tidings demo</title>');
    expect(lines.get('GraphiQL')).toBe(`${far.url}/graphql`);
    const page = await fetch(lines.get('GraphiQL') ?? '', { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');

    const answer = await fetch(lines.get('tokens') ?? '');
    const { token } = (await answer.json()) as { token: string };
    await using alice = await connect(far, 'alice', { token });
    expect(await alice.request('{ viewer { id } order(id: "1001") { status } }')).toEqual({
      viewer: { id: 'alice' },
      order: { status: 'CONFIRMED' },
    });
    // For somebody who is not looked at above.
    const input = { orderId: 'greeting', customerId: 'zoe', status: 'PENDING' };
    expect(await alice.request(publish, { input })).toEqual({ publishOrderUpdate: { deduplicated: false } });
  });
});

interface Place extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

async function openDirectory(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  return {
    env: { DATA_DIR: join(path, 'data') },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function openDatabaseWithRedis(): Promise<Place> {
  const database = await openTestDatabase();
  return {
    env: { DATABASE_URL: database.url, REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '' },
    [Symbol.asyncDispose]: () => database.drop(),
  };
}

describe('the second start', () => {
  it.each([
    ['the same DATA_DIR', openDirectory],
    ['the same database and Redis', openDatabaseWithRedis],
  ])('on %s adds nothing, and undoes nothing that was done since', async (_what, open) => {
    await using place = await open();
    let before: Record<string, unknown>;
    {
      await using server = await startServer({ env: place.env });
      expect(await readDemo(server)).toMatchObject(demo);
      const alice = await connect(server, 'alice', { name: 'Alice Meyer', scope: 'orders:publish' });
      await alice.request('mutation { markAllNotificationsRead { unreadCount } }');
      await alice.request(publish, { input: { orderId: '1001', status: 'SHIPPED' } });
      await alice.request(
        'mutation { createConversation(input: { participantIds: [] }) { conversation { id } } }',
      );
      before = await readDemo(server);
    }
    await using again = await startServer({ env: place.env });
    expect(await readDemo(again)).toEqual(before);
    expect(before).toMatchObject({
      orders: { nodes: [{ id: '1001', status: 'SHIPPED' }, { id: '1002' }] },
      conversations: { nodes: [{ title: null }, { title: 'Shop floor' }, { title: 'Order 1001' }] },
      notifications: { unreadCount: 0, nodes: [{ type: 'PAYMENT' }, { type: 'SYSTEM' }] },
    });
  });
});
