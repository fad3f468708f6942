// Starting and stopping: what a person at a terminal sees, above all when something is not as it should be.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { openTerminal } from '../support/command-line.ts';
import { openEvents } from '../support/event-source.ts';
import { httpGet } from '../support/http-get.ts';
import { runCommand, runServerToItsEnd, startServer } from '../support/server.ts';

const production = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tidings-tests',
};

async function openDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** For people: no stack trace, no name of an error's class, no code of Node's alone. */
function expectSentences(output: string): void {
  expect(output).toMatch(/^Tidings can not start\.\n\S/);
  expect(output).not.toMatch(/^\s+at /m);
  expect(output).not.toMatch(/\w+Error\b/);
  expect(output).not.toContain('node_modules');
}

describe('a bad setting stops the start with a sentence that names it', () => {
  it('all bad ones are told at once', async () => {
    const { code, output } = await runServerToItsEnd({
      env: {
        PORT: 'http',
        HOST: '0.0.0.0',
        LOG_LEVEL: 'loud',
        ALLOWED_ORIGINS: '*',
        DATABASE_URL: 'mysql://root:hunter2@db/app',
        REDIS_URL: 'http://:hunter2@cache',
      },
    });
    expect(code).toBe(1);
    expectSentences(output);
    for (const sentence of [
      /^PORT is "http", but it must be a whole number from 0 to 65535\.$/m,
      /^HOST is "0\.0\.0\.0", but `tidings dev` .* loopback only/m,
      /^LOG_LEVEL is "loud", but it must be one of trace, debug, info/m,
      /^ALLOWED_ORIGINS is "\*", but it must be a comma-separated list of origins/m,
      /^DATABASE_URL is set, but it must be a URL .*postgres:\/\//m,
      /^REDIS_URL is set, but it must be a URL .*redis:\/\/ or rediss:\/\//m,
    ]) {
      expect(output).toMatch(sentence);
    }
    expect(output).not.toContain('hunter2');
  });

  it.each([
    ['TRUSTED_PROXIES', '10.0.0.0/0', 'TRUSTED_PROXIES is "10.0.0.0/0", but it must be'],
    [
      'MUTATION_RATES',
      'sendMesage=1',
      'MUTATION_RATES names "sendMesage", which is no mutation of this server: correct it, or take it out. Did you mean "sendMessage"',
    ],
  ])('%s %s, before the database is touched', async (name, value, sentence) => {
    await using directory = await openDirectory();
    const DATA_DIR = join(directory.path, 'data');
    const { code, output } = await runServerToItsEnd({ env: { DATA_DIR, [name]: value } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain(sentence);
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  it('production without a way to verify tokens', async () => {
    const { code, output } = await runServerToItsEnd({ command: 'start' });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toMatch(/JWT_SECRET, JWT_JWKS_URL and TOKEN_INTROSPECTION_URL are all unset.*tidings dev/);
  });

  it.each(['no-such-host.invalid', '192.0.2.1'])('HOST %s, which is not of this machine', async (HOST) => {
    const { code, output } = await runServerToItsEnd({ command: 'start', env: { ...production, HOST } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain(`HOST "${HOST}" is no address of this machine.`);
  });

  it('a data directory that is a file or can not be made', async () => {
    await using directory = await openDirectory();
    const file = join(directory.path, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below'), '/dev/null/nope', '/proc/nope']) {
      const { code, output } = await runServerToItsEnd({ env: { DATA_DIR: path } });
      expect(code).toBe(1);
      expectSentences(output);
      expect(output).toContain(`DATA_DIR "${path}"`);
    }
  });
});

describe('the commands', () => {
  it('an unknown one is told, with those that there are', async () => {
    const { code, output } = await runCommand('serve');
    expect(code).toBe(2);
    expect(output).toContain('There is no command "serve".');
    expect(output).toContain('tidings dev');
    expect(output).toContain('tidings start');
  });

  it('arguments are no settings', async () => {
    const { code, output } = await runCommand('dev', '--port', '80');
    expect(code).toBe(2);
    expect(output).toContain('takes no argument "--port 80". Settings are environment variables.');
  });

  it('help is help, and no failure', async () => {
    for (const parameters of [['help'], ['--help'], []]) {
      const { code, output } = await runCommand(...parameters);
      expect(code).toBe(0);
      expect(output).toContain('tidings start');
    }
  });
});

describe('what the server needs and does not get', () => {
  it('a port in use', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { code, output } = await runServerToItsEnd({ env: { HOST: '127.0.0.1', PORT: `${port}` } });
      expect(code).toBe(1);
      expectSentences(output);
      expect(output).toContain(`already listens on port ${port}`);
      expect(output).toContain('set PORT to another one');
    } finally {
      other.close();
    }
  });

  it('a data directory that another server uses: told, and the other one is unharmed', async () => {
    await using directory = await openDirectory();
    await using first = await startServer({ env: { DATA_DIR: directory.path } });
    const { code, output } = await runServerToItsEnd({ env: { DATA_DIR: directory.path } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain(`${directory.path} is in use by another Tidings (process ${first.process.pid})`);
    expect(output).toContain('set DATA_DIR to another directory');
    expect((await httpGet(first, '/readyz')).status).toBe(200);
  });

  it('a database that is not there', async () => {
    const DATABASE_URL = 'postgres://tidings:hunter2@127.0.0.1:1/tidings';
    const { code, output } = await runServerToItsEnd({ env: { DATABASE_URL } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain('127.0.0.1:1/tidings');
    expect(output).toContain('DATABASE_URL');
    expect(output).not.toContain('hunter2');
  });

  it('a database that refuses the password', async () => {
    const address = new URL(process.env['TIDINGS_TEST_POSTGRES_URL'] ?? '');
    address.username = 'nobody';
    address.password = 'hunter2';
    const { code, output } = await runServerToItsEnd({ env: { DATABASE_URL: address.href } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain('DATABASE_URL');
    expect(output).not.toContain('hunter2');
  });

  it('a Redis that is not there', async () => {
    const { code, output } = await runServerToItsEnd({ env: { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain('127.0.0.1:1');
    expect(output).toContain('REDIS_URL');
    expect(output).not.toContain('hunter2');
  });

  it('a Redis without the database that is meant', async () => {
    const address = new URL(process.env['TIDINGS_TEST_REDIS_URL'] ?? '');
    address.pathname = '/9999';
    const { code, output } = await runServerToItsEnd({ env: { REDIS_URL: address.href } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toMatch(/Redis at \S+ has no database 9999: .*Correct the number in REDIS_URL\./);
  });

  it('a Redis that refuses the password', async () => {
    const address = new URL(process.env['TIDINGS_TEST_REDIS_URL'] ?? '');
    address.password = 'hunter2';
    address.username = 'nobody';
    const { code, output } = await runServerToItsEnd({ env: { REDIS_URL: address.href } });
    expect(code).toBe(1);
    expectSentences(output);
    expect(output).toContain('REDIS_URL');
    expect(output).not.toContain('hunter2');
  });
});

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated update { cursor } } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { note } }';

const followPresence = 'subscription { presenceChanged(userIds: ["alice"]) { status } }';

describe('a server’s life', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it cleanly, connections too', async (signal) => {
    await using server = await startServer();
    await using alice = await connect(server, 'alice');
    await using _updates = alice.subscribe(follow);
    await alice.connected();
    await using events = await openEvents(server, alice.token, { query: follow });
    await using presence = await openEvents(server, alice.token, { query: followPresence });
    // It is open: it has said who is there.
    await presence.next();
    const closed = alice.closed();
    const exited = once(server.process, 'exit');
    server.process.kill(signal);
    // Codes after which standard clients come back.
    expect((await closed).code).toBe(1012);
    for (const stream of [events, presence]) {
      expect(await stream.next()).toMatchObject({
        event: 'next',
        data: { errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }] },
      });
      expect(await stream.next()).toEqual({ event: 'complete', data: null });
    }
    expect(await exited).toEqual([0, null]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s while it starts ends it as cleanly', async (signal) => {
    await using directory = await openDirectory();
    const DATA_DIR = join(directory.path, 'data');
    const env = { HOST: '127.0.0.1', PORT: '0', DATA_DIR };
    await using terminal = openTerminal(['dev'], { env });
    await expect.poll(() => existsSync(join(DATA_DIR, 'tidings.lock')), { timeout: 30_000 }).toBe(true);
    expect(await terminal.interrupt(signal)).toMatchObject({ code: 0, stderr: '' });
  });

  it('goes on where nobody reads what it prints', async () => {
    await using server = await startServer();
    server.process.stdout?.destroy();
    expect(await server.stop()).toBe(0);
  });

  it('what was published survives a restart: a cursor from before goes on after it', async () => {
    await using directory = await openDirectory();
    const env = { DATA_DIR: directory.path };
    const identity = { workspace: 'demo', scope: 'orders:publish' };
    const input = { orderId: 'restart', customerId: 'alice', status: 'PENDING', idempotencyKey: 'k' };
    let cursor: string;
    {
      await using before = await startServer({ env });
      await using alice = await connect(before, 'alice', identity);
      const published = await alice.request<{ publishOrderUpdate: { update: { cursor: string } } }>(publish, {
        input,
      });
      ({ cursor } = published.publishOrderUpdate.update);
      await alice.request(publish, { input: { orderId: 'restart', status: 'SHIPPED', note: 'before' } });
    }
    await using after = await startServer({ env });
    await using alice = await connect(after, 'alice', identity);
    await using updates = alice.subscribe(follow, { orderId: 'restart', after: cursor });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'before' } });
    await alice.request(publish, { input: { orderId: 'restart', status: 'DELIVERED', note: 'after' } });
    expect(await updates.next()).toEqual({ orderUpdated: { note: 'after' } });
    // Its memory of keys has survived as well.
    expect(await alice.request(publish, { input })).toMatchObject({
      publishOrderUpdate: { deduplicated: true, update: { cursor } },
    });
  });

  it('killed while it writes, it starts again with everything acknowledged, and without a hole', async () => {
    await using directory = await openDirectory();
    const env = { DATA_DIR: directory.path };
    const acknowledged: number[] = [];
    let cursor: string;
    {
      await using before = await startServer({ env });
      await using shop = await connect(before, 'shop', { scope: 'orders:publish' });
      const tell = (number: number) =>
        shop.request<{ publishOrderUpdate: { update: { cursor: string } } }>(publish, {
          input: { orderId: 'killed', customerId: 'shop', status: 'PENDING', note: `${number}` },
        });
      ({ cursor } = (await tell(0)).publishOrderUpdate.update);
      let told = 0;
      const write = async () => {
        for (;;) {
          const number = (told += 1);
          await tell(number);
          acknowledged.push(number);
        }
      };
      const writers = [1, 2, 3, 4].map(() => write().catch(() => undefined));
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(50);
      await before.kill();
      await Promise.all(writers);
    }
    await using after = await startServer({ env });
    await using shop = await connect(after, 'shop', { scope: 'orders:publish' });
    await shop.request(publish, { input: { orderId: 'killed', status: 'PENDING', note: 'the last' } });
    await using updates = shop.subscribe<{ orderUpdated: { note: string } }>(follow, {
      orderId: 'killed',
      after: cursor,
    });
    const heard: string[] = [];
    while (heard.at(-1) !== 'the last') heard.push((await updates.next()).orderUpdated.note);
    expect(new Set(heard).size).toBe(heard.length);
    expect(heard).toEqual(expect.arrayContaining(acknowledged.map(String)));
    // Beside those: at most what the four writers had not been answered.
    expect(heard.length - 1 - acknowledged.length).toBeLessThanOrEqual(4);
  });

  it('health: alive and ready', async () => {
    await using server = await startServer({ command: 'start', env: production });
    expect(await httpGet(server, '/healthz')).toMatchObject({ status: 200, text: '{"status":"alive"}' });
    expect(await httpGet(server, '/readyz')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
    for (const path of ['/healthz', '/readyz']) {
      const response = await fetch(`${server.url}${path}`, { method: 'HEAD' });
      expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: '' });
    }
  });
});
