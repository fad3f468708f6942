// The nodes under audit: real server processes, each with a gate before Redis and a cutter before PostgreSQL of its own.
import { startCommitCutter, type CommitCutter } from '../../test/support/commit-cutter.ts';
import { startServer, type TestServer } from '../../test/support/server.ts';
import { startRedisGate, type RedisGate } from '../../test/support/redis-gate.ts';

export interface AuditNode extends AsyncDisposable {
  /** null while it is not there. */
  readonly url: string | null;
  readonly gate: RedisGate;
  readonly cutter: CommitCutter;
  /** Everything that this node and those before it in its place have logged. */
  output(): string;
  start(): Promise<void>;
  /** SIGTERM. Resolves when it has drained and ended; rejects where it has not ended as it should. */
  stop(): Promise<void>;
  /** SIGKILL, at once. Resolves when it is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface NodeOptions {
  readonly redisPort: number;
  readonly databaseUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

const startRetryMs = 500;
/** Long enough for every grace, short enough for an audit. */
const drainSeconds = 10;

export async function createNode({ redisPort, databaseUrl, env }: NodeOptions): Promise<AuditNode> {
  const [gate, cutter] = await Promise.all([startRedisGate(redisPort), startCommitCutter(databaseUrl)]);
  let server: TestServer | null = null;
  let logged = '';
  let closed = false;

  return {
    gate,
    cutter,
    get url() {
      return server?.url ?? null;
    },
    output: () => logged + (server?.output() ?? ''),
    /** Insists: what it needs may be away as well. */
    async start() {
      while (server === null && !closed) {
        try {
          server = await startServer({
            command: 'start',
            env: {
              ...env,
              DATABASE_URL: cutter.url,
              REDIS_URL: gate.url,
              LOG_LEVEL: 'error',
              DRAIN_SECONDS: `${drainSeconds}`,
            },
          });
        } catch {
          await new Promise((resolve) => setTimeout(resolve, startRetryMs));
        }
      }
    },
    async stop() {
      const stopped = server;
      const code = await stopped?.stop();
      logged += stopped?.output() ?? '';
      server = null;
      if (stopped !== null && code !== 0) throw new Error(`A node ended with ${code} when it was to drain.`);
    },
    async kill() {
      const killed = server;
      server = null;
      await killed?.kill();
      logged += killed?.output() ?? '';
    },
    freeze: () => void server?.process.kill('SIGSTOP'),
    thaw: () => void server?.process.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      closed = true;
      await server?.kill();
      await Promise.all([gate[Symbol.asyncDispose](), cutter[Symbol.asyncDispose]()]);
    },
  };
}

export const isUp = (node: AuditNode): node is AuditNode & { readonly url: string } => node.url !== null;
