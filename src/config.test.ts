import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig, type Mode } from './config.ts';

const production = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tidings-tests',
};

/** What a person at the terminal reads. */
function refusalOf(env: Readonly<Record<string, string>>, mode: Mode): string {
  try {
    parseConfig(env, mode);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

const introspection = {
  TOKEN_INTROSPECTION_URL: 'https://id.example/introspect',
  TOKEN_INTROSPECTION_CLIENT_ID: 'tidings',
  TOKEN_INTROSPECTION_CLIENT_SECRET: 'a secret of the tests',
};

test('nothing has to be set for development', () => {
  expect(parseConfig({}, 'dev')).toMatchObject({
    mode: 'dev',
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: null,
    dataDir: './data',
    redisUrl: null,
    tokenIssuers: [],
    allowedOrigins: [],
    fanOut: 'shared',
    compress: false,
    maxBacklogBytes: 262_144,
    stuckMs: 15_000,
  });
});

test('production listens everywhere and verifies the tokens of its issuer', () => {
  expect(parseConfig(production, 'start')).toMatchObject({
    mode: 'start',
    host: '0.0.0.0',
    tokenIssuers: [
      {
        key: { secret: production.JWT_SECRET },
        issuer: production.JWT_ISSUER,
        audience: production.JWT_AUDIENCE,
      },
    ],
  });
});

test('production may ask who issued a token, and nothing else', () => {
  expect(parseConfig(introspection, 'start')).toMatchObject({
    tokenIssuers: [],
    tokenIntrospection: {
      url: introspection.TOKEN_INTROSPECTION_URL,
      clientId: 'tidings',
      clientSecret: 'a secret of the tests',
      audience: null,
      everyMs: 60_000,
    },
  });
});

test('what is set but empty, or white space, counts as unset', () => {
  expect(parseConfig({ PORT: '', REDIS_URL: ' ', ALLOWED_ORIGINS: '' }, 'dev')).toEqual(
    parseConfig({}, 'dev'),
  );
});

test('origins are a list', () => {
  const env = { ALLOWED_ORIGINS: 'https://app.example, http://localhost:5173' };
  expect(parseConfig(env, 'dev').allowedOrigins).toEqual(['https://app.example', 'http://localhost:5173']);
});

test('proxies, rates and what is open to everybody', () => {
  const env = {
    ...production,
    TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,fd00::1',
    MUTATION_RATES: 'sendMessage=5, eraseUser=1',
    GRAPHIQL: 'on',
  };
  expect(parseConfig(env, 'start')).toMatchObject({
    trustedProxies: ['loopback', '10.0.0.0/8', 'fd00::1'],
    mutationRates: new Map([
      ['sendMessage', 5],
      ['eraseUser', 1],
      ['renewSession', 5],
    ]),
    graphiql: true,
    introspection: false,
  });
  expect(parseConfig({}, 'dev')).toMatchObject({ trustedProxies: [], introspection: true, graphiql: true });
});

describe('a bad value is refused by its name, with what it may hold', () => {
  test.each<[Mode, Record<string, string>, RegExp]>([
    ['dev', { PORT: '65536' }, /^PORT is "65536", but it must be a whole number from 0 to 65535\.$/],
    ['dev', { PORT: '-1' }, /^PORT is "-1"/],
    ['dev', { PORT: '40.5' }, /^PORT is "40\.5"/],
    ['dev', { PORT: '0x50' }, /^PORT is "0x50"/],
    ['dev', { HOST: '192.168.0.1' }, /^HOST is "192\.168\.0\.1", but `tidings dev` .* loopback only/],
    ['dev', { DATABASE_URL: 'localhost' }, /^DATABASE_URL is set, but it must be a URL .*postgres:\/\//],
    ['dev', { REDIS_URL: 'localhost:6379' }, /^REDIS_URL is set, but it must be a URL .*redis:\/\//],
    ['dev', { LOG_LEVEL: 'WARN' }, /^LOG_LEVEL is "WARN", but it must be one of trace, debug, info/],
    [
      'dev',
      { EVENT_RETENTION: '7' },
      /^EVENT_RETENTION is "7", but it must be a number of days from 1d to 3650d/,
    ],
    ['dev', { EVENT_RETENTION: '0d' }, /^EVENT_RETENTION is "0d"/],
    ['dev', { HEAD_CHECK_MS: '1' }, /^HEAD_CHECK_MS is "1", but it must be a whole number from 100 to 60000/],
    ['dev', { MAX_PAYLOAD_BYTES: '1 MB' }, /^MAX_PAYLOAD_BYTES is "1 MB"/],
    ['dev', { ALLOWED_ORIGINS: '*' }, /^ALLOWED_ORIGINS is "\*", but it must be a comma-separated list/],
    ['dev', { ALLOWED_ORIGINS: 'https://app.example/' }, /without a path or a trailing slash/],
    ['dev', { ALLOWED_ORIGINS: 'https://app.example,,' }, /^ALLOWED_ORIGINS/],
    ['dev', { JWT_ISSUER: 'https://issuer.example' }, /^JWT_ISSUER .* neither JWT_SECRET nor JWT_JWKS_URL/],
    ['dev', { JWT_SECRET: production.JWT_SECRET }, /^JWT_ISSUER is unset.*\nJWT_AUDIENCE is unset/],
    [
      'dev',
      { ...production, JWT_JWKS_URL: 'https://user:secret@id.example/keys' },
      /^JWT_JWKS_URL holds a user or a password: set it to an address/,
    ],
    [
      'start',
      { PORT: '-1', DATABASE_POOLING: 'transaction' },
      /^PORT is "-1".*\nJWT_SECRET, .* are all unset.*\nDATABASE_POOLING .* DATABASE_URL is not:/s,
    ],
    ['start', {}, /^JWT_SECRET, JWT_JWKS_URL and TOKEN_INTROSPECTION_URL are all unset.*`tidings dev`/],
    [
      'start',
      { TOKEN_INTROSPECTION_URL: 'https://id.example/introspect' },
      /^TOKEN_INTROSPECTION_CLIENT_ID is unset.*\nTOKEN_INTROSPECTION_CLIENT_SECRET is unset/,
    ],
    [
      'start',
      { ...introspection, TOKEN_INTROSPECTION_URL: 'id.example' },
      /^TOKEN_INTROSPECTION_URL is set, but/,
    ],
    [
      'start',
      { ...introspection, TOKEN_INTROSPECTION_URL: 'https://me:secret@id.example/introspect' },
      /^TOKEN_INTROSPECTION_URL holds a user or a password/,
    ],
    [
      'start',
      { ...introspection, TOKEN_INTROSPECTION_URL: '' },
      /^TOKEN_INTROSPECTION_CLIENT_ID.* is set, but TOKEN_INTROSPECTION_URL is not/,
    ],
    [
      'start',
      { ...introspection, TOKEN_INTROSPECTION_SECONDS: '0' },
      /^TOKEN_INTROSPECTION_SECONDS is "0", but it must be a whole number from 1 to 3600/,
    ],
    ['start', { ...production, JWT_ISSUER: '' }, /^JWT_ISSUER is unset/],
    [
      'start',
      { ...production, JWT_SECRET: 'too short' },
      /^JWT_SECRET holds 9 bytes; HS256 needs at least 32/,
    ],
    [
      'start',
      { ...production, JWT_JWKS_URL: 'issuer.example' },
      /^JWT_JWKS_URL is set, but it must be a URL/,
    ],
    [
      'start',
      { ...production, INTROSPECTION: 'yes' },
      /^INTROSPECTION is "yes", but it must be one of on, off/,
    ],
    [
      'start',
      { ...production, TRUSTED_PROXIES: 'proxy.internal' },
      /^TRUSTED_PROXIES is "proxy\.internal", but it must be a comma-separated list of addresses/,
    ],
    ['start', { ...production, TRUSTED_PROXIES: '10.0.0.0/0' }, /^TRUSTED_PROXIES is "10\.0\.0\.0\/0"/],
    ['start', { ...production, TRUSTED_PROXIES: '::/0' }, /^TRUSTED_PROXIES is "::\/0"/],
    ['start', { ...production, TRUSTED_PROXIES: '128.0.0.0/1' }, /^TRUSTED_PROXIES is "128/],
    ['start', { ...production, TRUSTED_PROXIES: '::/16' }, /^TRUSTED_PROXIES is "::\/16"/],
    ['start', { ...production, TRUSTED_PROXIES: '2000::/3' }, /^TRUSTED_PROXIES is "2000/],
    ['start', { ...production, TRUSTED_PROXIES: '::ffff:0:0/96' }, /^TRUSTED_PROXIES is "::ffff/],
    ['start', { ...production, TRUSTED_PROXIES: '::ffff:0:0/97' }, /^TRUSTED_PROXIES is "::ffff/],
    ['start', { ...production, TRUSTED_PROXIES: '::ffff:128.0.0.0/97' }, /^TRUSTED_PROXIES is "::ffff/],
    ['start', { ...production, TRUSTED_PROXIES: '::ffff:10.0.0.0/103' }, /^TRUSTED_PROXIES is "::ffff/],
    ['start', { ...production, TRUSTED_PROXIES: '10.0.0.0/33' }, /^TRUSTED_PROXIES is "10\.0\.0\.0\/33"/],
    [
      'start',
      { ...production, MUTATION_RATES: 'sendMessage=5;eraseUser=1' },
      /^MUTATION_RATES is .* each once and with how many a second/,
    ],
    ['start', { ...production, MUTATION_RATES: 'sendMessage=0' }, /^MUTATION_RATES/],
    [
      'start',
      { ...production, MUTATION_RATES: 'sendMessage=1,sendMessage=2' },
      /^MUTATION_RATES .* each once/,
    ],
    ['start', { ...production, MUTATION_RATES: 'sendMessage=1000001' }, /^MUTATION_RATES .*at most 1000000/],
    ['start', { ...production, METRICS_TOKEN: 'short' }, /^METRICS_TOKEN is set, but .* 16 characters/],
  ])('%s with %o', (mode, env, sentence) => {
    expect(refusalOf(env, mode)).toMatch(sentence);
  });

  test('addresses of databases and secrets are not repeated', () => {
    const env = {
      ...production,
      JWT_SECRET: 'hunter2',
      DATABASE_URL: 'mysql://root:hunter2@db',
      REDIS_URL: 'http://:hunter2@cache',
    };
    expect(refusalOf(env, 'start')).not.toContain('hunter2');
  });
});

test('a pooler in transaction mode needs an address past it, and both an address', () => {
  const DATABASE_URL = 'postgres://pooler/tidings';
  const pooled = { DATABASE_URL, DATABASE_POOLING: 'transaction' };
  expect(refusalOf(pooled, 'dev')).toMatch(/^DATABASE_DIRECT_URL is unset/);
  expect(refusalOf({ DATABASE_POOLING: 'transaction' }, 'dev')).toMatch(/DATABASE_URL is not: set it/);
  expect(refusalOf({ ...pooled, DATABASE_POOLING: 'statement' }, 'dev')).toMatch(
    /one of session, transaction/,
  );
  const DATABASE_DIRECT_URL = 'postgres://database/tidings';
  expect(parseConfig({ ...pooled, DATABASE_DIRECT_URL }, 'dev')).toMatchObject({
    databasePooling: 'transaction',
    databaseDirectUrl: DATABASE_DIRECT_URL,
  });
});
