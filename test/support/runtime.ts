// What the services of the built-in modules stand on, for tests without a transport: a fresh database, the log, the
// memory engine, and every module opened as the server would.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Revocations } from '../../src/auth/revocations.ts';
import { Session } from '../../src/auth/session.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { openMemoryEngine } from '../../src/engines/memory/memory-engine.ts';
import { builtInModules } from '../../src/modules/schema.ts';
import { createContext, type Context, type Runtime } from '../../src/schema/context.ts';
import { DeliveryFigures } from '../../src/schema/delivery-figures.ts';
import { openModules, type Modules } from '../../src/schema/open-modules.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openLog } from '../../src/streams/log.ts';
import { Tails } from '../../src/streams/tails.ts';
import { openTestDatabase } from './database.ts';

export type TestDatabaseKind = Store['kind'];
export const testDatabaseKinds = ['pglite', 'postgresql'] as const satisfies readonly TestDatabaseKind[];

export interface TestRuntime extends AsyncDisposable {
  readonly runtime: Runtime;
  close(): Promise<void>;
}

const logger = pino({ level: 'silent' });
const migrations = {
  name: 'tidings',
  folder: fileURLToPath(new URL('../../src/store/migrations', import.meta.url)),
};

export async function openTestRuntime(database: TestDatabaseKind): Promise<TestRuntime> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const place = await makePlace(database);
    closers.push(place.remove);
    const store = await openStore({ ...place, migrations: [migrations], logger, detectMisuse: true });
    closers.push(() => store.close());

    const engine = openMemoryEngine({
      logger,
      events: { onUserGone: (user, setting) => open.onUserGone(user, setting) },
    });
    closers.push(() => engine.close());
    const log = await openLog({ store, onCommitted: (entries) => entries.forEach((e) => tails.announce(e)) });
    const tails = new Tails({
      log,
      broker: engine.broker,
      logger,
      checkMs: 60_000,
      checkWhileAwayMs: 60_000,
    });
    closers.push(() => tails.close());

    const revocations = await Revocations.open({
      store,
      engine,
      logger,
      checkMs: 60_000,
      onRevoked: () => 0,
    });
    closers.push(() => revocations.close());
    const figures = { total: { connections: 0, subscriptions: 0 }, byWorkspace: new Map() };
    const open: Modules = await openModules(builtInModules, {
      store,
      log,
      tails,
      engine,
      logger,
      revocations,
      figures,
      deliveries: new DeliveryFigures(),
      limits: { take: () => null },
    });
    closers.push(() => open.close());
    const { runtime } = open;
    return { runtime, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makePlace(database: TestDatabaseKind) {
  if (database === 'postgresql') {
    const { url, drop } = await openTestDatabase();
    return { databaseUrl: url, dataDir: 'unused', remove: drop };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-data-'));
  return { databaseUrl: null, dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

/** A viewer of whom only the id and the workspace are told, with whatever else the test gives. */
export function testViewer(
  id: string,
  {
    workspace,
    roles = [],
    scopes = [],
    ...rest
  }: Partial<Omit<Viewer, 'roles' | 'scopes'>> & {
    readonly workspace: string;
    readonly roles?: readonly string[];
    readonly scopes?: readonly string[];
  },
): Viewer {
  return {
    id,
    workspace,
    name: null,
    avatarUrl: null,
    rooms: [],
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 3_600_000),
    verifiedUntil: null,
    ...rest,
    roles: new Set(roles),
    scopes: new Set(scopes),
  };
}

/** The context of one operation of this viewer, or of somebody without a token, over HTTP. For graphql-js itself. */
export function contextOf(runtime: Runtime, viewer: Viewer | null): Context {
  const verifier = { verify: () => Promise.reject(new Error('Tests of services have no tokens.')) };
  return createContext(runtime, new Session({ transport: 'http', viewer, verifier }), null);
}
