// `tidings start --workers auto`: a process for each core, all of them on one port. Each is a node of its own, and joined with the
// others by Redis and PostgreSQL, as it would be on another machine. This process serves nobody: it starts them, replaces
// those that die, and hands on the signal to stop.
import cluster, { type Worker } from 'node:cluster';
import { setTimeout } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { ConfigError, parseConfig, type Config } from '../config.ts';
import { remainsOf, type MetricsOfOne } from '../transport/metrics/metrics.ts';
import { stopSignals } from './stop-signals.ts';
import { AnswersOfWorkers } from './worker-answers.ts';
import { isWorkerReady, type DrainRequest, type WorkerReady } from './worker-messages.ts';

/** One that lived so long was a good one: what ended it is taken for the first failure. */
const provenMs = 10_000;
/** One that hangs is ended so long after its time. */
const lateMs = 2_000;
const firstWaitMs = 200;
const longestWaitMs = 30_000;

/** Before one that has failed so often in a row is replaced. */
export const toRestartWaitMs = (failures: number): number =>
  Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 30));

/** Resolves with the exit code when all have ended. */
export async function runWorkers(
  count: number,
  env: NodeJS.ProcessEnv,
  askedToStop: Promise<void>,
): Promise<number> {
  const config = readConfig(count, env);
  if (config === null) return 1;
  const destination = pino.destination({ dest: 2, sync: true });
  const logger = pino({ level: config.logLevel, name: 'tidings' }, destination);
  // Connections are handed to each in turn.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  return new Workers(count, config, logger).run(askedToStop);
}

/** null where it has been told what is wrong: once, and not by each of them. */
function readConfig(count: number, env: NodeJS.ProcessEnv): Config | null {
  try {
    const config = parseConfig(env, 'start');
    const unset = [
      ...(config.redisUrl === null ? ['REDIS_URL'] : []),
      ...(config.databaseUrl === null ? ['DATABASE_URL'] : []),
    ];
    if (unset.length === 0) return config;
    throw new ConfigError([
      `--workers asks for ${count} processes, which hear of each other by Redis and share a PostgreSQL: ` +
        `set ${unset.join(' and ')}, or start one.`,
    ]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Tidings can not start.\n${error.message}\n`);
    return null;
  }
}

class Workers {
  readonly #count: number;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #running = new Set<Worker>();
  readonly #answers = new AnswersOfWorkers(
    (answers) => remainsOf(answers as readonly MetricsOfOne[]),
    (err) => this.#logger.error({ err }, 'what a worker counted is left out of /metrics'),
  );
  /** Those that had to be ended, or did not end as they should when they were asked to. */
  #failed = 0;
  #isStopping = false;
  /** Ends a wait before its time. */
  readonly #stop = new AbortController();

  constructor(count: number, config: Config, logger: Logger) {
    this.#count = count;
    this.#config = config;
    this.#logger = logger;
  }

  async run(askedToStop: Promise<void>): Promise<number> {
    const stopped = this.#stopWhenAsked(askedToStop);
    // The first alone: it migrates the database, and where it can not start none could.
    const first = this.#fork();
    const ready = await untilReady(first);
    if (ready === null && !this.#isStopping) return 1; // it has said why
    const more = this.#isStopping ? 0 : this.#count - 1;
    const others = Array.from({ length: more }, () => this.#fork());
    if (ready !== null) {
      void Promise.all(others.map(untilReady)).then(() => {
        if (this.#isStopping) return;
        process.stdout.write(
          `Tidings listens at ${ready.url}, on ${ready.on}, with ${this.#count} workers.\n`,
        );
      });
    }
    await Promise.all([stopped, ...[first, ...others].map((worker) => this.#keep(worker))]);
    return this.#failed === 0 ? 0 : 1;
  }

  #fork(): Worker {
    const worker = cluster.fork();
    this.#running.add(worker);
    this.#answers.serve(worker);
    worker.once('exit', () => this.#running.delete(worker));
    // A message to one that is just ending.
    worker.on('error', (error) => this.#logger.debug({ err: error }, 'a worker could not be told'));
    if (this.#isStopping) askToDrain(worker);
    return worker;
  }

  /** Resolves when it has ended and no other one takes its place. */
  async #keep(first: Worker): Promise<void> {
    let failures = 0;
    for (let worker = first; ; worker = this.#fork()) {
      const startedAt = performance.now();
      const { code, signal } = await ended(worker);
      if (this.#isStopping) {
        if (code !== 0) this.#failed += 1;
        return;
      }
      failures = performance.now() - startedAt > provenMs ? 1 : failures + 1;
      const againInMs = toRestartWaitMs(failures);
      const { pid } = worker.process;
      this.#logger.warn(
        { worker: pid, code, signal, againInMs },
        'a worker has ended; another one takes its place',
      );
      await this.#wait(againInMs);
      if (this.#isStopping) return;
    }
  }

  async #wait(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined); // it is stopping
  }

  /** SIGINT or SIGTERM; a second one ends all of them at once. */
  async #stopWhenAsked(askedToStop: Promise<void>): Promise<void> {
    await askedToStop;
    this.#isStopping = true;
    for (const signal of stopSignals) {
      process.on(signal, () => {
        void Promise.all([...this.#running].map(ended)).then(() => process.exit(130));
        this.#endAll();
      });
    }
    this.#stop.abort();
    for (const worker of this.#running) askToDrain(worker);
    // Each ends in time by itself, unless it is frozen: its time began with its signal, or when it had started.
    void setTimeout(this.#config.drainMs + lateMs, undefined, { ref: false }).then(() => {
      if (this.#running.size > 0)
        this.#logger.error({ workers: this.#running.size }, 'workers that hang are ended');
      this.#endAll();
    });
  }

  #endAll(): void {
    for (const worker of this.#running) worker.process.kill('SIGKILL');
  }
}

const askToDrain = (worker: Worker): void => {
  const request: DrainRequest = { tidings: 'drain' };
  if (worker.isConnected()) worker.send(request);
};

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

async function ended(worker: Worker): Promise<Ended> {
  // Not by `once` of node:events: that rejects where a message to it fails.
  if (!worker.isDead()) await new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
  const { exitCode, signalCode } = worker.process;
  return { code: exitCode, signal: signalCode };
}

/** null where it ends before it is. */
function untilReady(worker: Worker): Promise<WorkerReady | null> {
  return new Promise((resolve) => {
    worker.on('message', (message: unknown) => isWorkerReady(message) && resolve(message));
    worker.once('exit', () => resolve(null));
  });
}
