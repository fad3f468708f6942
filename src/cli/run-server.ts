// Runs the server until it is asked to stop, and says in plain words what it runs on or why it could not start.
import { pino } from 'pino';
import { createApp, type App, type AppOptions } from '../app.ts';
import { ConfigError, parseConfig, type Mode } from '../config.ts';
import { isQueryError, toLoggable } from '../store/store-errors.ts';
import { prepareDemo } from './demo-data.ts';
import { greeting } from './greeting.ts';
import { stopSignals } from './stop-signals.ts';

/** Who has started the server, and who stops it. */
export interface Host {
  /** Where several processes are one server. */
  readonly together?: Pick<AppOptions, 'joinMetrics'>;
  onListening(app: App, startedInMs: number): void;
  /** One that is asked while it starts stops as soon as it has. */
  readonly askedToStop: Promise<void>;
}

/** Resolves with the exit code when the server has stopped. */
export async function runServer(mode: Mode, env: NodeJS.ProcessEnv, host: Host): Promise<number> {
  const started = performance.now();
  const opened = await open(mode, env, host.together);
  if (opened === null) return 1;
  const { app } = opened;
  host.onListening(app, performance.now() - started);
  await host.askedToStop;
  if (mode === 'dev') process.stdout.write('\nStopping.\n');
  const unfinished = await app.drain();
  // It has been logged; its timers and sockets would keep the process.
  if (unfinished.length > 0) process.exit(0);
  return 0;
}

/** @param askedToStop at the first signal; a second one ends the process at once, also while it starts. */
export function createTerminalHost(mode: Mode, askedToStop: Promise<void>): Host {
  void askedToStop.then(() => {
    for (const signal of stopSignals) process.on(signal, () => process.exit(130));
  });
  return {
    onListening(app, startedInMs) {
      const text =
        mode === 'dev' ? greeting(app, startedInMs) : `Tidings listens at ${app.url}, on ${describe(app)}.\n`;
      process.stdout.write(text);
    },
    askedToStop,
  };
}

/** What it runs on. */
export const describe = ({ engine, store }: Pick<App, 'engine' | 'store'>): string =>
  `${engine.description} and ${store.description}`;

async function open(
  mode: Mode,
  env: NodeJS.ProcessEnv,
  together: Host['together'],
): Promise<{ app: App } | null> {
  try {
    const config = parseConfig(env, mode);
    const logger = pino(
      { level: config.logLevel, name: 'tidings', serializers: { err: toLoggedError } },
      pino.destination({ dest: 2, sync: false }),
    );
    process.on('unhandledRejection', (error) =>
      logger.error({ err: error }, 'an unhandled rejection: please report it'),
    );
    const app = await createApp({ config, logger, prepareDevelopment: prepareDemo, ...together });
    return { app };
  } catch (error) {
    process.stderr.write(`Tidings can not start.\n${explain(error, env)}\n`);
    return null;
  }
}

/** Whatever is logged as `err`, anywhere: never what people wrote. */
const toLoggedError = (error: unknown): unknown => {
  const loggable = toLoggable(error);
  return loggable instanceof Error ? pino.stdSerializers.err(loggable) : loggable;
};

export function explain(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Something else already listens on port ${env['PORT'] ?? '4000'}. Stop it, or set PORT to another one.`;
  }
  if (code === 'EADDRNOTAVAIL' || syscall === 'getaddrinfo') {
    return `HOST "${env['HOST'] ?? ''}" is no address of this machine.`;
  }
  // `bind` where workers share the port.
  if (code === 'EACCES' && (syscall === 'listen' || syscall === 'bind')) {
    return `PORT ${env['PORT'] ?? '4000'} needs more rights than this process has. Set PORT to 1024 or above.`;
  }
  if (syscall === 'mkdir') {
    return `DATA_DIR "${env['DATA_DIR'] ?? './data'}" is no directory and can not be made one: ${error.message}.`;
  }
  if (!isQueryError(error)) return error.message;
  // Of a failed query only what says nothing of its values.
  const { message } = toLoggable(error) as { readonly message: string };
  return message;
}
