// `tidings doctor`: each thing that may be wrong is wrong once, and is told in a line that says what to do.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAuthorizationServer } from '../support/authorization-server.ts';
import { tidings } from '../support/command-line.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runSql } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { openReverseProxy } from '../support/reverse-proxy.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openTokenIssuer } from '../support/token-issuer.ts';

const redisUrl = process.env['TIDINGS_TEST_REDIS_URL'] ?? '';
const secret = 'a secret of the tests, long enough for HS256';
let database: TestDatabase;
let healthy: Readonly<Record<string, string>>;
beforeAll(async () => {
  database = await openTestDatabase();
  healthy = {
    JWT_SECRET: secret,
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'tidings-tests',
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    MAX_CONNECTIONS: '100',
    // Chosen by the system.
    PORT: '0',
  };
  expect((await tidings(['migrate'], { env: healthy })).code).toBe(0);
});
afterAll(() => database.drop());

interface Told {
  readonly code: number | null;
  readonly stdout: string;
  /** Those of the lines that are not fine. */
  readonly wrong: readonly string[];
}

async function examine(env: Readonly<Record<string, string>>, ...words: string[]): Promise<Told> {
  const { code, stdout, stderr } = await tidings(['doctor', ...words], { env });
  expect(`${stdout}${stderr}`).not.toMatch(/hunter2|^\s+at /m);
  expect(`${stdout}${stderr}`).not.toContain(secret);
  // How long an answer takes is up to whatever else this machine does.
  const isSlow = (line: string): boolean => /^! \S+ +.* answers in \d+\.\d ms/.test(line);
  const wrong = stdout.split('\n').filter((line) => /^[!✗]/.test(line) && !isSlow(line));
  expect(code).toBe(wrong.some((line) => line.startsWith('✗')) ? 1 : 0);
  return { code, stdout, wrong };
}

it('says so where everything is as it should be', async () => {
  const { code, stdout, wrong } = await examine(healthy);
  expect(wrong).toEqual([]);
  expect(code).toBe(0);
  for (const line of [
    /^✓ settings +all can be read; `tidings start` listens at 0\.0\.0\.0:0$/m,
    /^✓ node +Node \d+/m,
    /^[✓!] database +PostgreSQL \d+\S* at 127\.0\.0\.1:\d+\/test_\w+ answers in \d+\.\d ms/m,
    /^✓ database +migrations are all applied$/m,
    /^[✓!] redis +Redis \d+\S* at 127\.0\.0\.1:\d+ answers in \d+\.\d ms/m,
    /^✓ redis +maxmemory-policy is noeviction$/m,
    /^✓ redis +client-output-buffer-limit pubsub is \d+ \d+ \d+$/m,
    /^✓ clocks +this machine, the database, Redis: less than a second apart$/m,
  ]) {
    expect(stdout).toMatch(line);
  }
});

it('with --json programs read the same', async () => {
  const { code, stdout } = await tidings(['doctor', '--json'], { env: { ...healthy, LOG_LEVEL: 'loud' } });
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(stdout) as {
    ok: boolean;
    findings: readonly { verdict: string; what: string }[];
  };
  expect(ok).toBe(false);
  const isSlowMachine = (what: string): boolean => / answers in \d/.test(what);
  expect(findings.filter(({ verdict, what }) => verdict !== 'fine' && !isSlowMachine(what))).toEqual([
    {
      subject: 'settings',
      verdict: 'broken',
      what: expect.stringContaining('LOG_LEVEL is "loud", but it must be one of') as string,
      advice: null,
    },
  ]);
});

describe('settings', () => {
  it('all bad ones are told, and what can be looked at is looked at all the same', async () => {
    const { stdout, wrong } = await examine({
      DATABASE_URL: 'mysql://root:hunter2@db/app',
      REDIS_URL: redisUrl,
      JWT_SECRET: 'hunter2',
      PORT: 'http',
      METRICS_TOKEN: 'hunter2',
      MAX_CONNECTIONS: '100',
    });
    for (const variable of [
      'DATABASE_URL',
      'JWT_SECRET',
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'PORT',
      'METRICS_TOKEN',
    ])
      expect(wrong.filter((line) => line.startsWith(`✗ settings      ${variable} `))).toHaveLength(1);
    expect(stdout).toMatch(/^[✓!] redis +Redis \d/m);
    // Not the embedded one, which nobody has asked for.
    expect(stdout).not.toMatch(/^. database/m);
  });

  it('those with which a start would be refused for what they name are bad ones', async () => {
    for (const [bad, sentence] of [
      [{ TRUSTED_PROXIES: '10.0.0.0/0' }, /^✗ settings +TRUSTED_PROXIES is "10\.0\.0\.0\/0", but/],
      [
        { PERSISTED_OPERATIONS: '/nowhere.json' },
        /^✗ settings +PERSISTED_OPERATIONS names \/nowhere\.json, which can not be read/,
      ],
      [{ MUTATION_RATES: 'sendMesage=1' }, /^✗ settings +MUTATION_RATES names "sendMesage", .*"sendMessage"/],
    ] as const)
      expect((await examine({ ...healthy, ...bad })).wrong).toEqual([expect.stringMatching(sentence)]);
  });

  it('a data directory that can not be made is one', async () => {
    for (const DATA_DIR of ['/proc/nope', '/dev/null/nope']) {
      const env = { MAX_CONNECTIONS: '100', PORT: '0', DATA_DIR };
      expect((await examine(env, '--dev')).wrong).toEqual([
        expect.stringMatching(
          `^✗ database +DATA_DIR "${DATA_DIR}" can not be made or written: .* correct DATA_DIR`,
        ),
      ]);
    }
  });

  it('--dev looks with the eyes of `tidings dev`, which needs none', async () => {
    const env = { MAX_CONNECTIONS: '100', PORT: '0', DATA_DIR: join(tmpdir(), 'tidings-nowhere') };
    expect((await examine(env)).wrong).toEqual([expect.stringContaining('JWT_SECRET, JWT_JWKS_URL and')]);
    const { stdout, wrong } = await examine(env, '--dev');
    expect(wrong).toEqual([]);
    expect(stdout).toMatch(/^✓ database +embedded, not there yet: the first start makes it/m);
  });
});

describe('the database', () => {
  const withDatabase = (change: (url: URL) => void): Readonly<Record<string, string>> => {
    const url = new URL(database.url);
    change(url);
    return { ...healthy, DATABASE_URL: url.href };
  };

  it.each([
    ['does not answer', (url: URL) => void (url.port = '1'), /127\.0\.0\.1:1\/\w+ cannot be used/],
    [
      'refuses the user and the password',
      (url: URL) => void (url.username = 'nobody'),
      /role "nobody" does not exist/,
    ],
    ['is not there', (url: URL) => void (url.pathname = '/nowhere'), /database "nowhere" does not exist/],
  ])('%s', async (_what, change, sentence) => {
    const { stdout, wrong } = await examine(
      withDatabase((url) => {
        url.password = 'hunter2';
        change(url);
      }),
    );
    expect(wrong).toEqual([expect.stringMatching(/^✗ database +The database at .* Check that it runs/)]);
    expect(wrong[0]).toMatch(sentence);
    expect(stdout).toMatch(/^[✓!] redis +Redis \d/m);
  });

  it('lacks migrations, was migrated by a newer version, or accepts no changes', async () => {
    const other = await openTestDatabase();
    const env = { ...healthy, DATABASE_URL: other.url };
    try {
      expect((await examine(env)).wrong).toEqual([
        expect.stringMatching(
          /^! database +\d migrations are pending: tidings\/0000_initial, .*→ `tidings migrate` applies/,
        ),
      ]);
      await tidings(['migrate'], { env });
      await runSql(
        other.url,
        `insert into drizzle.migrations_tidings (hash, created_at) values ('newer', 9e12)`,
      );
      expect((await examine(env)).wrong).toEqual([
        expect.stringMatching(/^! database +1 migrations were applied by a newer version/),
      ]);
      const { pathname } = new URL(other.url);
      await runSql(other.url, `alter database ${pathname.slice(1)} set default_transaction_read_only = on`);
      expect((await examine(env)).wrong[0]).toMatch(/^✗ database .*accepts no changes.*name the primary$/);
    } finally {
      await other.drop();
    }
  });
});

describe('Redis', () => {
  it('is stopped', async () => {
    await using redis = await startRedis();
    await redis.stop();
    const { stdout, wrong } = await examine({ ...healthy, REDIS_URL: redis.url });
    expect(wrong).toEqual([
      expect.stringMatching(
        new RegExp(`^✗ redis +Redis at 127.0.0.1:${redis.port} cannot be used: .*ECONNREFUSED.* → start it`),
      ),
    ]);
    expect(stdout).toMatch(/^[✓!] database +PostgreSQL/m);
  });

  it('is not as REDIS_URL says: no Cluster, or without such a database', async () => {
    await using redis = await startRedis();
    const at = `127.0.0.1:${redis.port}`;
    expect((await examine({ ...healthy, REDIS_URL: `redis+cluster://${at}` })).wrong).toEqual([
      expect.stringMatching(/^✗ redis .*it is no Cluster: begin REDIS_URL with redis:/),
    ]);
    expect((await examine({ ...healthy, REDIS_URL: `redis://${at}/99` })).wrong).toEqual([
      expect.stringMatching(
        /^✗ redis .*it has no database 99: ERR DB index is out of range\. Correct the number in REDIS_URL\.( →|$)/,
      ),
    ]);
    expect((await examine({ ...healthy, REDIS_URL: `redis://${at}/1` })).wrong).toEqual([]);
    expect((await examine({ ...healthy, REDIS_URL: `redis://${at}/abc` })).wrong).toEqual([
      expect.stringMatching(/^✗ settings +REDIS_URL is /),
    ]);
  });

  it('refuses the password', async () => {
    await using redis = await startRedis();
    await redis.command('CONFIG', 'SET', 'requirepass', 'another');
    const wrongPassword = { ...healthy, REDIS_URL: `redis://:hunter2@127.0.0.1:${redis.port}` };
    expect((await examine(wrongPassword)).wrong).toEqual([expect.stringMatching(/^✗ redis .*WRONGPASS/)]);
    const noPassword = { ...healthy, REDIS_URL: redis.url };
    expect((await examine(noPassword)).wrong).toEqual([expect.stringMatching(/^✗ redis .*NOAUTH/)]);
  });

  it('forgets what it is told, or cuts nodes off', async () => {
    await using redis = await startRedis();
    const env = { ...healthy, REDIS_URL: redis.url };
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1048576 1048576 60');
    expect((await examine(env)).wrong).toEqual([
      expect.stringMatching(/^! redis +maxmemory-policy is allkeys-lru, without effect .* noeviction`$/),
      expect.stringMatching(
        /^! redis +client-output-buffer-limit pubsub is 1048576 1048576 60: nodes are cut off/,
      ),
    ]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '100mb');
    expect((await examine(env)).wrong[0]).toMatch(/^✗ redis +maxmemory-policy is allkeys-lru: who is online/);
  });
});

describe('whoever gives out tokens', () => {
  it('publishes keys, or none, or is away', async () => {
    await using issuer = await openTokenIssuer();
    const env = { ...healthy, JWT_JWKS_URL: `${issuer.jwksUrl}?apikey=hunter2` };
    expect((await examine(env)).wrong).toEqual([
      expect.stringMatching(/^✗ JWKS .*holds no keys → correct JWT_JWKS_URL/),
    ]);
    await issuer.addKey('one', 'ES256');
    const fine = await examine(env);
    expect(fine.wrong).toEqual([]);
    expect(fine.stdout).toMatch(/^✓ JWKS .*\/jwks\.json holds 1 key$/m);
    issuer.setState('away');
    expect((await examine(env)).wrong).toEqual([expect.stringMatching(/^✗ JWKS .*answers 503/)]);
    const nobody = { ...healthy, JWT_JWKS_URL: 'http://127.0.0.1:2/jwks' };
    expect((await examine(nobody)).wrong).toEqual([
      expect.stringMatching(/^✗ JWKS .*does not answer: .*ECONNREFUSED/),
    ]);
  });

  it('answers about opaque tokens, or refuses this server', async () => {
    await using server = await openAuthorizationServer();
    const env = { ...healthy, ...server.env };
    const fine = await examine(env);
    expect(fine.wrong).toEqual([]);
    expect(fine.stdout).toMatch(/^✓ introspection http:\S+ answers$/m);
    expect((await examine({ ...env, TOKEN_INTROSPECTION_CLIENT_SECRET: 'hunter2' })).wrong).toEqual([
      expect.stringMatching(/^✗ introspection .*refuses this server: check TOKEN_INTROSPECTION_CLIENT_ID/),
    ]);
    server.setState('away');
    expect((await examine(env)).wrong).toEqual([
      expect.stringMatching(/^✗ introspection .*does not say whether/),
    ]);
  });
});

describe('this machine', () => {
  it('may have fewer files open than connections are allowed', async () => {
    expect((await examine({ ...healthy, MAX_CONNECTIONS: '10000000' })).wrong).toEqual([
      expect.stringMatching(
        /^! open files .*MAX_CONNECTIONS is 10000000.* → raise it with `ulimit -n 10000100`/,
      ),
    ]);
  });

  it('has something else at the port, or Tidings already', async () => {
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const env = { ...healthy, HOST: '127.0.0.1' };
    const { port } = other.address() as AddressInfo;
    try {
      expect((await examine({ ...env, PORT: `${port}` })).wrong).toEqual([
        expect.stringMatching(/^! port +something else listens at .* set PORT to another/),
      ]);
    } finally {
      other.close();
    }
    await using server = await startServer();
    const running = await examine({ ...env, PORT: new URL(server.url).port });
    expect(running.wrong).toEqual([]);
    expect(running.stdout).toMatch(/^✓ port +Tidings listens at 127\.0\.0\.1:\d+ already$/m);
    expect((await examine({ ...healthy, HOST: '192.0.2.1', PORT: '4999' })).wrong).toEqual([
      expect.stringMatching(/^✗ port +HOST "192\.0\.2\.1" is no address of this machine/),
    ]);
  });
});

describe('a server that runs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  const look = (url: string) => examine(healthy, '--url', url);

  it.each(['passed on', 'straight'] as const)('is reached as it should be, %s', async (way) => {
    await using proxy = await openReverseProxy(server.url, 'passed on');
    const { stdout, wrong } = await look(way === 'straight' ? `${server.url}/graphql` : `${proxy.url}/`);
    expect(wrong).toEqual([]);
    expect(stdout).toMatch(/^✓ server +http:\S+ is alive$/m);
    expect(stdout).toMatch(/^✓ server +ready/m);
    expect(stdout).toMatch(/^✓ websocket +graphql-transport-ws is passed through, and answered with 4401$/m);
    expect(stdout).toMatch(/^✓ server +\/metrics is told to this machine$/m);
    expect(stdout).toMatch(/^✓ origins +a page of http:\S+ may open WebSockets$/m);
    expect(stdout).toMatch(/^✓ origins +a page of \S+ is refused with 403$/m);
  });

  it('tells its metrics to whoever comes by an address that is no loopback’s', async () => {
    const { wrong } = await look(server.url.replace('127.0.0.1', '0.0.0.0'));
    expect(wrong).toEqual([
      expect.stringMatching(/^! server +\S+\/metrics is told .* without a token → .*METRICS_TOKEN/),
    ]);
  });

  it('is behind a proxy that does not pass the upgrade on', async () => {
    await using proxy = await openReverseProxy(server.url, 'forgotten');
    expect((await look(proxy.url)).wrong).toEqual([
      expect.stringMatching(
        /^✗ websocket +the proxy does not pass the upgrade on: .*proxy_set_header Upgrade/,
      ),
    ]);
  });

  it('is behind a proxy that hides whose pages ask', async () => {
    await using proxy = await openReverseProxy(server.url, 'without their origin');
    expect((await look(proxy.url)).wrong).toEqual([
      expect.stringMatching(/^✗ origins +a page of \S+ may open WebSockets → let the proxy pass Origin/),
    ]);
  });

  it('is not there, or is something else', async () => {
    expect((await look('http://127.0.0.1:2')).wrong).toEqual([
      expect.stringMatching(/^✗ server +http:\/\/127\.0\.0\.1:2 does not answer: .*ECONNREFUSED/),
    ]);
    await using issuer = await openTokenIssuer();
    expect((await look(new URL(issuer.jwksUrl).origin)).wrong).toEqual([
      expect.stringMatching(/^! server .*\/healthz answers 200, and nothing of Tidings/),
      expect.stringMatching(/^! server +\/readyz does not answer as Tidings does/),
      expect.stringMatching(/^✗ websocket +the proxy does not pass the upgrade on/),
    ]);
  });

  it('serves without Redis: what it misses is told', async () => {
    await using redis = await startRedis();
    await using alone = await startServer({ env: { REDIS_URL: redis.url } });
    await redis.stop();
    const { wrong } = await look(alone.url);
    expect(wrong).toEqual([
      expect.stringMatching(/^✗ server +serves less than it could: Redis \S+ at \S+ does not answer\./),
    ]);
  });
});
