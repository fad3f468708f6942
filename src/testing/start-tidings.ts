// A real server inside of a team's own test, and people who use it.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createApp, type App, type Config, type TidingsModule } from '../index.ts';
import { createPublisher, type Publisher } from '../publisher/index.ts';
import { connectPerson, type Person } from './person.ts';
import { signToken, type Claims } from './sign-token.ts';
import { toConfig } from './to-config.ts';

export interface StartOptions {
  /** One's own, as `createApp` takes them. */
  readonly modules?: readonly TidingsModule[] | undefined;
  /** `postgres://…`; an embedded database in memory unless given. */
  readonly databaseUrl?: string | undefined;
  /** `redis://…`; one process alone unless given. */
  readonly redisUrl?: string | undefined;
  /** Patterns of rooms that everyone may enter. */
  readonly publicRooms?: readonly string[] | undefined;
  /** Any others, by their names in .env.example: `{ RATE_MESSAGES: '2' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** What is logged, to standard error: `silent` unless given. */
  readonly logLevel?: Config['logLevel'] | undefined;
}

export interface PublisherClaims extends Claims {
  /** The service's id: `backend` unless given. */
  readonly user?: string | undefined;
}

export interface TestTidings extends AsyncDisposable {
  /** The GraphQL endpoint, over HTTP; with `ws:` it is that of WebSockets. */
  readonly url: string;
  readonly app: App;
  /** A token of this user, which only this server takes. */
  token(user: string, claims?: Claims): Promise<string>;
  /** Resolves when they are connected over WebSocket. They are disconnected with the server, where not before. */
  connect(user: string, claims?: Claims): Promise<Person>;
  /** A backend service, with all scopes of the built-in mutations unless `scope` is given. */
  publisher(claims?: PublisherClaims): Publisher;
  /** Ends everything. May be called again. */
  close(): Promise<void>;
}

/** Of the built-in mutations. */
const allScopes =
  'orders:publish bookings:publish inventory:publish announcements:publish notifications:send rooms:publish rooms:manage ' +
  'users:write users:erase sessions:revoke chat:write';

/** Resolves when it listens, on a free port of the loopback interface. As many as one likes may run in one process. */
export async function startTidings(options: StartOptions = {}): Promise<TestTidings> {
  const { modules = [], databaseUrl, redisUrl, publicRooms, settings = {}, logLevel = 'silent' } = options;
  // Of this server alone: no token of another one is good here.
  const issuer = {
    secret: randomBytes(32).toString('base64url'),
    issuer: 'tidings-testing',
    audience: 'tidings-testing',
  };
  const config = toConfig(
    {
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: logLevel,
      JWT_SECRET: issuer.secret,
      JWT_ISSUER: issuer.issuer,
      JWT_AUDIENCE: issuer.audience,
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      ...(publicRooms === undefined ? {} : { PUBLIC_ROOMS: publicRooms.join(',') }),
    },
    settings,
  );
  const app = await createApp({
    config: { ...config, dataDir: null },
    logger: pino({ level: logLevel }, pino.destination({ dest: 2, sync: true })),
    modules,
  });
  const url = `${app.url}/graphql`;
  const people = new Set<Person>();
  const token = (user: string, claims?: Claims) => signToken(issuer, user, claims);
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    await Promise.all([...people].map((person) => person.close()));
    await app.close();
  };
  const close = (): Promise<void> => (closing ??= closeAll());

  return {
    url,
    app,
    token,
    async connect(user, claims) {
      const signed = await token(user, claims);
      const person = await connectPerson({ id: user, token: signed, url, settled: () => app.settled() });
      people.add(person);
      void person.closed.then(() => people.delete(person));
      return person;
    },
    publisher({ user = 'backend', scope = allScopes, ...claims } = {}) {
      return createPublisher({ url, token: () => token(user, { scope, ...claims }) });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
