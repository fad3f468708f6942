// `tidings dev` and `tidings start`: the server, until it is asked to stop.
import { availableParallelism } from 'node:os';
import type { Mode } from '../config.ts';
import { UsageError, type Options, type TidingsCommand } from './command.ts';
import { hearStopSignal } from './stop-signals.ts';
import { goOnWhereNobodyReads } from './terminal.ts';
import { parseWorkerCount } from './worker-count.ts';

export function addServerCommands(program: TidingsCommand): void {
  program
    .command('dev')
    .summary('try it and develop: embedded database, demo data, GraphiQL, development tokens, loopback only')
    .description(
      'A server to try and to develop with: an embedded database in ./data unless DATABASE_URL names one, the workspace demo, ' +
        'GraphiQL, and development tokens for everybody on this machine. Listens on loopback only.',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options: Options, command: TidingsCommand) => serve('dev', command))
    .withNotes(notes('tidings dev'));
  program
    .command('start')
    .summary('production: needs JWT_SECRET, JWT_JWKS_URL or TOKEN_INTROSPECTION_URL; see .env.example')
    .description(
      'The server for production. It needs a way to verify tokens: JWT_SECRET, JWT_JWKS_URL or TOKEN_INTROSPECTION_URL. ' +
        '`tidings doctor` says what else is missing.',
    )
    .option(
      '--workers <count>',
      'processes that share the port, with Redis and PostgreSQL: auto is one for each core',
      '1',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action(({ workers }: Options, command: TidingsCommand) => serve('start', command, String(workers)))
    .withNotes(notes('DATABASE_URL=postgres://… REDIS_URL=redis://… tidings start'));
}

async function serve(mode: Mode, { args }: TidingsCommand, workers = '1'): Promise<void> {
  if (args.length > 0) {
    throw new UsageError(
      `\`tidings ${mode}\` takes no argument "${args.join(' ')}". Settings are environment variables.`,
    );
  }
  const count = requireWorkerCount(workers);
  goOnWhereNobodyReads();
  // Before anything is loaded: that takes its time too.
  const askedToStop = hearStopSignal();
  if (mode === 'dev') {
    const { createTerminalHost, runServer } = await import('./run-server.ts');
    process.exitCode = await runServer('dev', process.env, createTerminalHost('dev', askedToStop));
    return;
  }
  const { startServers } = await import('./start-servers.ts');
  process.exitCode = await startServers(count, process.env, askedToStop);
}

function requireWorkerCount(text: string): number {
  const count = parseWorkerCount(text, availableParallelism());
  if (typeof count === 'string') throw new UsageError(count);
  return count;
}

const notes = (example: string): string => `
Settings are environment variables, all of them in .env.example.

Example:
  ${example}

Exit codes: 0 stopped by SIGINT or SIGTERM, 1 it could not start, 2 wrong usage, 130 a second signal ended it at once.`;
