// The two set-ups that everything must work on: one process with nothing installed, and two processes on Redis and
// PostgreSQL, where whoever publishes and whoever listens are connected to different ones.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { connect, type Identity, type Person } from './client.ts';
import { openTestDatabase } from './database.ts';
import { startServer, type TestServer } from './server.ts';

export interface Servers {
  /** Where publishers and writers are connected. */
  readonly near: TestServer;
  /** Where listeners are connected: another process, where there are two. */
  readonly far: TestServer;
}

export interface SetupOptions {
  /** What node runs instead of the built command: a server of one's own. */
  readonly main?: readonly string[];
}

export interface Setup {
  readonly name: string;
  open(options?: SetupOptions): Promise<Servers & AsyncDisposable>;
}

const embedded: Setup = {
  name: 'embedded, one process',
  async open(options = {}) {
    const server = await startServer(options);
    return { near: server, far: server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
};

/** For stories that only several processes have, opened by the test itself. */
export const distributed: Setup = {
  name: 'Redis and PostgreSQL, two processes',
  async open(options = {}) {
    const database = await openTestDatabase();
    const env = { DATABASE_URL: database.url, REDIS_URL: requireRedisUrl() };
    // At once: a new database is migrated by whoever comes first.
    const [near, far] = await Promise.all([
      startServer({ ...options, env }),
      startServer({ ...options, env }),
    ]);
    return {
      near,
      far,
      async [Symbol.asyncDispose]() {
        await Promise.all([near.stop(), far.stop()]);
        await database.drop();
      },
    };
  },
};

function requireRedisUrl(): string {
  const url = process.env['TIDINGS_TEST_REDIS_URL'];
  if (url === undefined)
    throw new Error('The tests have no Redis: run them with vitest, whose global setup starts one.');
  return url;
}

export interface Stage {
  readonly servers: Servers;
  /** A workspace of this test alone. */
  newWorkspace(): string;
  /** Somebody connected to the far process. */
  listener(user: string, identity: Identity & { workspace: string }): Promise<Person>;
  /** Somebody connected to the near process. */
  writer(user: string, identity: Identity & { workspace: string }): Promise<Person>;
}

/** Runs the story on both set-ups, whose servers are started once for the file. */
export function onBothSetups(title: string, story: (stage: Stage) => void, options: SetupOptions = {}): void {
  describe.each([embedded, distributed])(`${title} ($name)`, (setup) => {
    let servers: (Servers & AsyncDisposable) | undefined;
    const requireServers = () => {
      if (servers === undefined) throw new Error('The servers are not started yet.');
      return servers;
    };
    beforeAll(async () => {
      servers = await setup.open(options);
    }, 120_000);
    afterAll(async () => {
      await servers?.[Symbol.asyncDispose]();
    });
    story({
      get servers() {
        return requireServers();
      },
      newWorkspace: () => `w-${randomUUID()}`,
      listener: (user, identity) => connect(requireServers().far, user, identity),
      writer: (user, identity) => connect(requireServers().near, user, identity),
    });
  });
}
