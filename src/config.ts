// The configuration: parsed once, by cli/, from environment variables. A bad value stops the start with a sentence that
// names the variable, what it holds and what it may hold; all bad ones are told at once.

import { createReader, maxRate, dayMs, type Environment, type Reader } from './settings.ts';

export type Mode = 'dev' | 'start';

/** How tokens of one issuer are verified. */
export interface TokenIssuer {
  readonly key: { readonly secret: string } | { readonly jwksUrl: string };
  readonly issuer: string;
  readonly audience: string;
}

/** How opaque tokens are verified: by asking whoever issued them (RFC 7662). */
export interface TokenIntrospection {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** null: tokens for any audience, as far as the endpoint calls them active. */
  readonly audience: string | null;
  /** An answer counts for so long; then the tokens of live connections are asked about again. */
  readonly everyMs: number;
}

export interface Config {
  /** Chosen by the command, never by a variable that may be forgotten. `dev` has demo data and development tokens. */
  readonly mode: Mode;
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  /** null: embedded PGlite in `dataDir`. */
  readonly databaseUrl: string | null;
  /** `transaction`: `databaseUrl` leads to a pooler that gives every transaction another session. */
  readonly databasePooling: (typeof poolings)[number];
  /** The same database past its pooler, for what needs a session of its own. null: `databaseUrl` is it. */
  readonly databaseDirectUrl: string | null;
  /** null: nowhere, in memory alone; for tests. */
  readonly dataDir: string | null;
  /** null: memory engine, one process. */
  readonly redisUrl: string | null;
  readonly tokenIssuers: readonly TokenIssuer[];
  /** null: only tokens of `tokenIssuers`. */
  readonly tokenIntrospection: TokenIntrospection | null;
  /** Patterns of rooms that everyone in the workspace may enter: `*` stands for any characters. */
  readonly publicRooms: readonly string[];
  /** Visitors without a token see this workspace's public announcements. null: they see nothing. */
  readonly anonymousWorkspace: string | null;
  /** Browsers' origins beside the server's own, for CORS and for WebSocket upgrades. */
  readonly allowedOrigins: readonly string[];
  /** The heads of followed streams are compared so often. */
  readonly headCheckMs: number;
  /** Events are kept at least so long: at least a day, because idempotency keys refer to them. */
  readonly eventRetentionMs: number;
  /** The largest HTTP body and WebSocket message. */
  readonly maxPayloadBytes: number;
  /** What a WebSocket may send before its connection_init has been taken, that one included. */
  readonly maxInitBytes: number;
  /** A WebSocket has so long to send connection_init. */
  readonly connectionInitMs: number;
  /** A request has so long to arrive, its headers a third of it. */
  readonly requestMs: number;
  readonly connectionLimits: ConnectionLimits;
  readonly queryLimits: QueryLimits;
  /** A file with the only operations that are carried out. null: whatever the schema allows. */
  readonly persistedOperations: string | null;
  /** Whether anybody may ask for the schema. */
  readonly introspection: boolean;
  /** Whether browsers are shown GraphiQL. */
  readonly graphiql: boolean;
  /** Addresses, and ranges of them, whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** What a scraper of metrics shows as its Bearer token. null: metrics are told to private addresses only. */
  readonly metricsToken: string | null;
  /** From the signal to stop, so long until the process has ended. */
  readonly drainMs: number;
  /** What one user or service may do, a second in the long run: over all nodes where there is Redis. */
  readonly ratesPerSecond: RatesPerSecond;
  /** For single mutations, by name, in place of the rate of their kind. */
  readonly mutationRates: ReadonlyMap<string, number>;
  /** Operations, subscriptions among them, that one WebSocket may have at a time. */
  readonly maxOperationsPerConnection: number;
  /**
   * `shared`: one execution of an event for everybody who is shown the same. `unshared`: one for each subscription, by
   * graphql-js and graphql-ws alone; slower, and the reference that `shared` is compared with.
   */
  readonly fanOut: (typeof fanOuts)[number];
  /** Whether WebSocket messages are compressed (permessage-deflate) for clients that can. */
  readonly compress: boolean;
  /** Of the events that one connection has not read yet, so many bytes are kept; beyond them it reads the log. */
  readonly maxBacklogBytes: number;
  /** A WebSocket whose client has stopped reading for so long is closed. */
  readonly stuckMs: number;
  readonly logLevel: (typeof logLevels)[number];
}

/** What is counted together: messages and conversations, typing, presence, and what backend services publish. */
export type RateKind = 'message' | 'typing' | 'presence' | 'publish';
/** So many a second in the long run; twice as many at once. */
export type RatesPerSecond = Readonly<Record<RateKind, number>>;

/** Of one operation. */
export interface QueryLimits {
  /** Fields within fields. */
  readonly depth: number;
  /** Fields that may be answered: those within a list count as often as it may be long. */
  readonly cost: number;
  readonly aliases: number;
  /** Words and signs of its text. */
  readonly tokens: number;
  /** Characters of its text. */
  readonly length: number;
}

/** Of one node: WebSockets, and subscriptions over SSE. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perUser: number;
  /** The client's own: behind a proxy only where `trustedProxies` names it. */
  readonly perAddress: number;
}

export const defaultQueryLimits: QueryLimits = {
  depth: 12,
  cost: 20_000,
  aliases: 50,
  tokens: 4_000,
  length: 16_384,
};

export const defaultConnectionLimits: ConnectionLimits = { total: 100_000, perUser: 200, perAddress: 10_000 };

export const defaultRates: RatesPerSecond = { message: 50, typing: 20, presence: 20, publish: 5_000 };

/** Whoever has spent what they may send can stay connected all the same. */
export const defaultMutationRates: ReadonlyMap<string, number> = new Map([['renewSession', 5]]);

export const defaultPublicRooms: readonly string[] = ['public:*'];

export const defaultBacklogBytes = 256 * 1_024;

const anyCount = { min: 1, max: 10_000_000 };
const anyRate = { min: 1, max: maxRate };

export const poolings = ['session', 'transaction'] as const;
export const fanOuts = ['shared', 'unshared'] as const;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Its message is for the person at the terminal: one sentence per bad variable. */
export class ConfigError extends Error {
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.name = 'ConfigError';
  }
}

export function parseConfig(env: Environment, mode: Mode): Config {
  const { config, problems } = readConfig(env, mode);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** How signed tokens are verified, whatever the other settings hold: for whoever signs them. */
export function parseTokenIssuers(env: Environment): readonly TokenIssuer[] {
  const problems: string[] = [];
  const issuers = readIssuers(createReader(env, problems), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return issuers;
}

/** For whoever looks into what is wrong: a bad setting is as if it were unset. */
export function readConfig(
  env: Environment,
  mode: Mode,
): { readonly config: Config; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const read = createReader(env, problems);
  const config: Config = {
    mode,
    host: read.text('HOST') ?? (mode === 'dev' ? '127.0.0.1' : '0.0.0.0'),
    port: read.number('PORT', { min: 0, max: 65_535 }) ?? 4000,
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    databasePooling: read.oneOf('DATABASE_POOLING', poolings) ?? 'session',
    databaseDirectUrl: read.url('DATABASE_DIRECT_URL', ['postgres:', 'postgresql:']),
    dataDir: read.text('DATA_DIR') ?? './data',
    redisUrl: read.redisUrl('REDIS_URL'),
    tokenIssuers: readIssuers(read, problems),
    tokenIntrospection: readIntrospection(read, problems),
    publicRooms: read.patterns('PUBLIC_ROOMS') ?? defaultPublicRooms,
    anonymousWorkspace: read.id('ANONYMOUS_WORKSPACE'),
    allowedOrigins: read.origins('ALLOWED_ORIGINS'),
    headCheckMs: read.number('HEAD_CHECK_MS', { min: 100, max: 60_000 }) ?? 3_000,
    eventRetentionMs: read.days('EVENT_RETENTION', { min: 1, max: 3_650 }) ?? 7 * dayMs,
    maxPayloadBytes:
      read.number('MAX_PAYLOAD_BYTES', { min: 1_024, max: 64 * 1_024 * 1_024 }) ?? 1_024 * 1_024,
    maxInitBytes: read.number('MAX_INIT_BYTES', { min: 1_024, max: 1_024 * 1_024 }) ?? 16_384,
    connectionInitMs: (read.number('CONNECTION_INIT_SECONDS', { min: 1, max: 60 }) ?? 5) * 1_000,
    requestMs: (read.number('REQUEST_SECONDS', { min: 1, max: 600 }) ?? 30) * 1_000,
    connectionLimits: {
      total: read.number('MAX_CONNECTIONS', anyCount) ?? defaultConnectionLimits.total,
      perUser: read.number('MAX_CONNECTIONS_PER_USER', anyCount) ?? defaultConnectionLimits.perUser,
      perAddress: read.number('MAX_CONNECTIONS_PER_ADDRESS', anyCount) ?? defaultConnectionLimits.perAddress,
    },
    queryLimits: {
      depth: read.number('MAX_QUERY_DEPTH', { min: 1, max: 100 }) ?? defaultQueryLimits.depth,
      cost: read.number('MAX_QUERY_COST', anyCount) ?? defaultQueryLimits.cost,
      aliases: read.number('MAX_QUERY_ALIASES', { min: 0, max: 10_000 }) ?? defaultQueryLimits.aliases,
      tokens: read.number('MAX_QUERY_TOKENS', { min: 100, max: 100_000 }) ?? defaultQueryLimits.tokens,
      length:
        read.number('MAX_QUERY_LENGTH', { min: 1_024, max: 1_024 * 1_024 }) ?? defaultQueryLimits.length,
    },
    persistedOperations: read.text('PERSISTED_OPERATIONS'),
    introspection: read.onOrOff('INTROSPECTION') ?? mode === 'dev',
    graphiql: read.onOrOff('GRAPHIQL') ?? mode === 'dev',
    trustedProxies: read.addresses('TRUSTED_PROXIES') ?? [],
    metricsToken: read.secret('METRICS_TOKEN', { minLength: 16 }),
    drainMs: (read.number('DRAIN_SECONDS', { min: 1, max: 3_600 }) ?? (mode === 'dev' ? 1 : 25)) * 1_000,
    ratesPerSecond: {
      message: read.number('RATE_MESSAGES', anyRate) ?? defaultRates.message,
      typing: read.number('RATE_TYPING', anyRate) ?? defaultRates.typing,
      presence: read.number('RATE_PRESENCE', anyRate) ?? defaultRates.presence,
      publish: read.number('RATE_PUBLISHES', anyRate) ?? defaultRates.publish,
    },
    mutationRates: new Map([...defaultMutationRates, ...(read.rates('MUTATION_RATES') ?? [])]),
    maxOperationsPerConnection:
      read.number('MAX_OPERATIONS_PER_CONNECTION', { min: 1, max: 1_000_000 }) ?? 2_000,
    fanOut: read.oneOf('FANOUT', fanOuts) ?? 'shared',
    compress: read.onOrOff('WEBSOCKET_COMPRESSION') ?? false,
    maxBacklogBytes:
      read.number('MAX_BACKLOG_BYTES', { min: 1_024, max: 64 * 1_024 * 1_024 }) ?? defaultBacklogBytes,
    stuckMs: (read.number('STUCK_SECONDS', { min: 1, max: 3_600 }) ?? 15) * 1_000,
    logLevel: read.oneOf('LOG_LEVEL', logLevels) ?? (mode === 'dev' ? 'warn' : 'info'),
  };
  const isUnset = (name: string): boolean => read.text(name) === null;
  if (mode === 'start' && ['JWT_SECRET', 'JWT_JWKS_URL', 'TOKEN_INTROSPECTION_URL'].every(isUnset)) {
    problems.push(
      'JWT_SECRET, JWT_JWKS_URL and TOKEN_INTROSPECTION_URL are all unset: `tidings start` needs a way to verify tokens. ' +
        'Set one of the first two, with JWT_ISSUER and JWT_AUDIENCE, or the third, or use `tidings dev` to try Tidings ' +
        'with development tokens.',
    );
  }
  if (mode === 'dev' && !isLoopback(config.host)) {
    problems.push(
      `HOST is "${config.host}", but \`tidings dev\` gives development tokens to everybody who can reach it and ` +
        'listens on loopback only: leave it unset, or use `tidings start`.',
    );
  }
  problems.push(...databaseProblems(config, isUnset));
  return { config, problems };
}

function databaseProblems(
  { databasePooling }: Config,
  isUnset: (name: string) => boolean,
): readonly string[] {
  if (isUnset('DATABASE_URL') && (!isUnset('DATABASE_DIRECT_URL') || databasePooling === 'transaction'))
    return [
      'DATABASE_POOLING or DATABASE_DIRECT_URL is set, but DATABASE_URL is not: set it to the address of the pooler.',
    ];
  if (databasePooling === 'transaction' && isUnset('DATABASE_DIRECT_URL'))
    return [
      'DATABASE_DIRECT_URL is unset, but DATABASE_POOLING is "transaction": set it to the address of the same database past ' +
        'the pooler. Migrations, and the claim that keeps a node without Redis alone, each need a session of their own.',
    ];
  return [];
}

/** IPv6 as it stands alone, and in brackets as `URL` tells it. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

function readIssuers(read: Reader, problems: string[]): readonly TokenIssuer[] {
  const secret = read.text('JWT_SECRET');
  const jwksUrl = read.url('JWT_JWKS_URL', ['https:', 'http:']);
  const issuer = read.text('JWT_ISSUER');
  const audience = read.text('JWT_AUDIENCE');
  if (secret === null && read.text('JWT_JWKS_URL') === null) {
    if (issuer !== null || audience !== null) {
      problems.push(
        'JWT_ISSUER or JWT_AUDIENCE is set, but neither JWT_SECRET nor JWT_JWKS_URL: set one of them too.',
      );
    }
    return [];
  }
  if (secret !== null && Buffer.byteLength(secret) < 32) {
    problems.push(
      `JWT_SECRET holds ${Buffer.byteLength(secret)} bytes; HS256 needs at least 32, for example from ` +
        '`openssl rand -base64 48`.',
    );
  }
  if (jwksUrl !== null && (new URL(jwksUrl).username !== '' || new URL(jwksUrl).password !== '')) {
    problems.push(
      'JWT_JWKS_URL holds a user or a password: set it to an address at which anybody may read the public keys.',
    );
  }
  if (issuer === null) problems.push('JWT_ISSUER is unset: set it to the `iss` that your tokens carry.');
  if (audience === null) problems.push('JWT_AUDIENCE is unset: set it to the `aud` that your tokens carry.');
  if (issuer === null || audience === null) return [];
  return [
    ...(secret === null ? [] : [{ key: { secret }, issuer, audience }]),
    ...(jwksUrl === null ? [] : [{ key: { jwksUrl }, issuer, audience }]),
  ];
}

function readIntrospection(read: Reader, problems: string[]): TokenIntrospection | null {
  const url = read.url('TOKEN_INTROSPECTION_URL', ['https:', 'http:']);
  const clientId = read.text('TOKEN_INTROSPECTION_CLIENT_ID');
  const clientSecret = read.text('TOKEN_INTROSPECTION_CLIENT_SECRET');
  const audience = read.text('TOKEN_INTROSPECTION_AUDIENCE');
  const seconds = read.number('TOKEN_INTROSPECTION_SECONDS', { min: 1, max: 3_600 });
  if (read.text('TOKEN_INTROSPECTION_URL') === null) {
    if ([clientId, clientSecret, audience, seconds].some((value) => value !== null)) {
      problems.push(
        'TOKEN_INTROSPECTION_CLIENT_ID, …_CLIENT_SECRET, …_AUDIENCE or …_SECONDS is set, but TOKEN_INTROSPECTION_URL is not: ' +
          'set it to the address of the introspection endpoint.',
      );
    }
    return null;
  }
  if (url !== null && (new URL(url).username !== '' || new URL(url).password !== '')) {
    problems.push(
      'TOKEN_INTROSPECTION_URL holds a user or a password: set TOKEN_INTROSPECTION_CLIENT_ID and …_CLIENT_SECRET instead.',
    );
  }
  const needs = (variable: string) =>
    problems.push(
      `${variable} is unset: set it to what the introspection endpoint knows this server by; it is sent as HTTP Basic.`,
    );
  if (clientId === null) needs('TOKEN_INTROSPECTION_CLIENT_ID');
  if (clientSecret === null) needs('TOKEN_INTROSPECTION_CLIENT_SECRET');
  if (url === null || clientId === null || clientSecret === null) return null;
  return { url, clientId, clientSecret, audience, everyMs: (seconds ?? 60) * 1_000 };
}
