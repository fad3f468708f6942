// `tidings start --workers`: several processes on one port, as one server.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderUpdatedDocument } from '../../src/client/generated.ts';
import { connect, post, type Person } from '../support/client.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { listen, openKitClient } from '../support/kit-client.ts';
import { httpGet } from '../support/http-get.ts';
import { runToItsEnd, startServer, type TestServer } from '../support/server.ts';

const secret = 'a secret of the tests, long enough for HS256';
const identity = { JWT_SECRET: secret, JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'tidings-tests' };
const workspace = `w-${randomUUID()}`;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => database.drop());

const servicesEnv = () => ({
  ...identity,
  DATABASE_URL: database.url,
  REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '',
});
const main = (...parameters: string[]) => ['dist/cli/main.js', 'start', ...parameters];
const startWorkers = (count: number, env: Readonly<Record<string, string>> = {}): Promise<TestServer> =>
  startServer({
    main: main('--workers', `${count}`),
    env: { ...servicesEnv(), DRAIN_SECONDS: '10', LOG_LEVEL: 'warn', ...env },
  });

const tokenFor = (user: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  new SignJWT({ workspace, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(identity.JWT_ISSUER)
    .setAudience(identity.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
const person = async (server: TestServer, user: string, claims = {}): Promise<Person> =>
  connect(server, user, { token: await tokenFor(user, claims) });

/** The processes that this one has started. */
async function workersOf({ process: { pid } }: TestServer): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)
    .sort((one, other) => one - other);
}
const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note } }';

describe('two workers', () => {
  let server: TestServer;
  let shop: Person;
  let operator: Person;
  beforeAll(async () => {
    server = await startWorkers(2);
    shop = await person(server, 'shop', { scope: 'orders:publish' });
    operator = await person(server, 'olga', { roles: ['operator'] });
  }, 60_000);
  afterAll(() => server.kill());

  const newOrder = async (): Promise<string> => {
    const orderId = randomUUID();
    await shop.request(publish, { input: { orderId, customerId: 'alice', status: 'PENDING' } });
    return orderId;
  };
  const nodes = async (): Promise<number> => {
    const { serverStats } = await operator.request<{ serverStats: { nodes: number } }>(
      '{ serverStats { nodes } }',
    );
    return serverStats.nodes;
  };

  it('serve one port, each in its turn, and hear of each other', async () => {
    expect(server.output()).toMatch(
      /^Tidings listens at \S+, on Redis .* and PostgreSQL .*, with 2 workers\.$/m,
    );
    await expect.poll(nodes, { timeout: 20_000 }).toBe(2);
    const orderId = await newOrder();
    const tell = (note: string) =>
      shop.request<{ publishOrderUpdate: { update: { cursor: string } } }>(publish, {
        input: { orderId, status: 'SHIPPED', note },
      });
    const { publishOrderUpdate } = await tell('to go on from');
    // Of four connections in a row each worker has two.
    const readers = await Promise.all([1, 2, 3, 4].map(() => person(server, 'alice')));
    const after = publishOrderUpdate.update.cursor;
    const updates = readers.map((reader) => reader.subscribe(follow, { orderId, after }));
    await tell('who has heard it follows');
    for (const update of updates) await update.next();
    await tell('to all');
    for (const update of updates) expect(await update.next()).toEqual({ orderUpdated: { note: 'to all' } });
    await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
  });

  it('whichever is asked for metrics tells of both', async () => {
    const readers = await Promise.all([1, 2, 3, 4].map(() => person(server, 'bob')));
    await Promise.all(readers.map((reader) => reader.connected()));
    // Each request comes with a connection of its own, and so to each worker in its turn.
    for (const _ of [1, 2, 3]) {
      const { status, text } = await httpGet(server, '/metrics');
      expect(status).toBe(200);
      expect(
        Number(/^tidings_connections\{transport="websocket"\} (\d+)$/m.exec(text)?.[1]),
      ).toBeGreaterThanOrEqual(4);
      expect(text).toMatch(/^tidings_dependency_up\{dependency="redis"\} 1$/m);
    }
    await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
  });

  it('one that is killed is replaced, and its clients go on', async () => {
    const orderId = await newOrder();
    const token = () => tokenFor('alice');
    const kits = [1, 2, 3, 4].map(() => openKitClient(server, { token }));
    try {
      const heard = kits.map((kit) => listen(kit, OrderUpdatedDocument, { orderId }));
      for (const { log } of kits) await expect.poll(() => log).toContain('orderUpdated is followed');
      const before = await workersOf(server);
      expect(before).toHaveLength(2);
      const published = async (): Promise<number> => {
        const { text } = await httpGet(server, '/metrics');
        return Number(/^tidings_events_published_total (\d+)$/m.exec(text)?.[1]);
      };
      // By each worker.
      for (const _ of [1, 2, 3, 4]) {
        const input = { orderId: randomUUID(), customerId: 'alice', status: 'PENDING' };
        // A connection of its own.
        const headers = { authorization: `Bearer ${shop.token}`, connection: 'close' };
        await post(server.url, { query: publish, variables: { input } }, headers);
      }
      const publishedBefore = await published();
      const [victim = 0, survivor] = before;
      process.kill(victim, 'SIGKILL');
      await expect
        .poll(() => kits.some(({ states }) => states.some(({ status }) => status === 'reconnecting')))
        .toBe(true);
      const body = await post(
        server.url,
        { query: publish, variables: { input: { orderId, status: 'SHIPPED', note: 'meanwhile' } } },
        { authorization: `Bearer ${shop.token}` },
      );
      expect(body.body.errors).toBeUndefined();
      for (const { events } of heard)
        await expect
          .poll(() => events.map(({ orderUpdated: { note } }) => note), { timeout: 20_000 })
          .toEqual(['meanwhile']);
      await expect.poll(() => workersOf(server), { timeout: 20_000 }).toHaveLength(2);
      const after = await workersOf(server);
      expect(after).toContain(survivor);
      expect(after).not.toContain(victim);
      expect(server.output()).toMatch(
        /"signal":"SIGKILL".*"a worker has ended; another one takes its place"/,
      );
      // A counter does not fall when one of those dies who have counted.
      expect(await published()).toBeGreaterThan(publishedBefore);
      // It serves: the dead one's lease has lapsed, and there are two again.
      await expect.poll(nodes, { timeout: 20_000 }).toBe(2);
    } finally {
      for (const kit of kits) await kit[Symbol.asyncDispose]();
    }
  }, 90_000);
});

describe('the end', () => {
  it.each(['the first process', 'all of them, as a service manager does'])(
    'SIGTERM to %s drains all, and it exits with 0',
    async (whom) => {
      await using server = await startWorkers(2);
      const readers = await Promise.all([1, 2, 3, 4].map(() => person(server, 'alice')));
      for (const reader of readers) await reader.connected();
      const closed = readers.map((reader) => reader.closed());
      const workers = await workersOf(server);
      const exited = once(server.process, 'exit');
      server.process.kill('SIGTERM');
      if (whom !== 'the first process') for (const pid of workers) process.kill(pid, 'SIGTERM');
      for (const { code } of await Promise.all(closed)) expect(code).toBe(1012);
      expect(await exited).toEqual([0, null]);
      expect(workers.map(isThere)).toEqual([false, false]);
    },
    60_000,
  );

  it('a second signal ends all of them at once', async () => {
    await using server = await startWorkers(2, { DRAIN_SECONDS: '600' });
    const workers = await workersOf(server);
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    server.process.kill('SIGTERM');
    expect(await exited).toEqual([130, null]);
    expect(workers.map(isThere)).toEqual([false, false]);
  }, 60_000);

  it('where the first process is killed, its workers end too', async () => {
    await using server = await startWorkers(2);
    await using alice = await person(server, 'alice');
    await alice.connected();
    const closed = alice.closed();
    await server.kill();
    // Nobody is left to hear from.
    expect((await closed).code).toBe(1006);
    await expect
      .poll(() =>
        fetch(`${server.url}/healthz`).then(
          () => 'answers',
          () => 'gone',
        ),
      )
      .toBe('gone');
  }, 60_000);

  it('one that is frozen is ended when the time is over, and that is told by the exit code', async () => {
    await using server = await startWorkers(2, { DRAIN_SECONDS: '3' });
    const [frozen = 0] = await workersOf(server);
    process.kill(frozen, 'SIGSTOP');
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect(await exited).toEqual([1, null]);
    expect(isThere(frozen)).toBe(false);
    expect(server.output()).toContain('workers that hang are ended');
  }, 60_000);
});

describe('what can not start is told once', () => {
  const run = (env: Readonly<Record<string, string>>, ...parameters: string[]) =>
    runToItsEnd(['start', ...parameters], env);
  /** How often. */
  const times = (output: string, text: string): number => output.split(text).length - 1;

  it.each([
    [{}, 'set REDIS_URL and DATABASE_URL, or start one.'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'set DATABASE_URL, or start one.'],
    [{ PORT: 'http' }, 'PORT is "http"'],
  ])('%o', async (env, sentence) => {
    const { code, output } = await run({ ...identity, ...env }, '--workers', '3');
    expect(code).toBe(1);
    expect(output).toMatch(/^Tidings can not start\.\n/);
    expect(times(output, sentence)).toBe(1);
  });

  it('a database that is not there', async () => {
    const env = { ...servicesEnv(), DATABASE_URL: 'postgres://tidings@127.0.0.1:1/tidings' };
    const { code, output } = await run(env, '--workers', '3');
    expect(code).toBe(1);
    expect(times(output, 'Tidings can not start.')).toBe(1);
    expect(times(output, '127.0.0.1:1/tidings')).toBe(1);
  });

  it('a port in use', async () => {
    await using other = await startServer();
    const { code, output } = await run(
      { ...servicesEnv(), HOST: '127.0.0.1', PORT: new URL(other.url).port },
      '--workers=3',
    );
    expect(code).toBe(1);
    expect(times(output, 'Something else already listens on port')).toBe(1);
  });

  it('a number that is none', async () => {
    const { code, output } = await run(identity, '--workers', 'many');
    expect(code).toBe(2);
    expect(output).toContain('--workers is "many"');
  });

  it('one worker is a server like any other', async () => {
    await using server = await startServer({ main: main('--workers', '1'), env: identity });
    expect(await workersOf(server)).toEqual([]);
    expect(server.output()).not.toContain('workers');
  });
});
