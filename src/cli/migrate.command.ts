// `tidings migrate`: the migrations of a start without the start, for deploys that want them to be a step of their own.
import { readConfig } from '../config.ts';
import { CommandFailure, exitCodes, type TidingsCommand } from './command.ts';
import { print, say } from './terminal.ts';

interface MigrateOptions {
  readonly check?: true;
  readonly json?: true;
}

export function addMigrateCommand(program: TidingsCommand): void {
  program
    .command('migrate')
    .summary('bring the database up to date')
    .description(
      'Brings the database of DATABASE_URL, or the embedded one in DATA_DIR, to what this version expects, and ends. Every start ' +
        'does the same; nodes that start at once take turns. Domains of your own are migrated by your own server’s start.',
    )
    .option('--check', 'change nothing, and say what is pending')
    .option('--json', 'what was done, or is pending, as { "applied": [] } or { "pending": [] }')
    .action(migrate).withNotes(`
Examples:
  DATABASE_URL=postgres://… tidings migrate
  DATABASE_URL=postgres://… tidings migrate --check || echo "not yet"

Exit codes: 0 up to date, 1 it could not be done, or with --check something is pending, 2 wrong usage.`);
}

async function migrate(options: MigrateOptions): Promise<void> {
  const { config, problems } = readConfig(process.env, 'start');
  // What the others hold does not matter here.
  const mine = problems.filter((problem) => problem.startsWith('DATA'));
  if (mine.length > 0) throw new CommandFailure(mine.join('\n'));
  const { createPlainLogger } = await import('./plain-logger.ts');
  const { examineDatabase, migrateDatabase } = await import('../maintenance.ts');
  const logger = createPlainLogger(say);
  const tell = (what: 'applied' | 'pending', names: readonly string[]) =>
    options.json === true ? print(JSON.stringify({ [what]: names })) : printLines(names);
  try {
    if (options.check !== true) {
      const { applied, description } = await migrateDatabase({ config, logger });
      await tell('applied', applied);
      return say(`${description} is up to date${applied.length === 0 ? ', and was before' : ''}.`);
    }
    const examination = await examineDatabase({ config, logger });
    if (examination === 'in use') {
      await tell('pending', []);
      return say(`${config.dataDir} is in use by a server, which has migrated it when it started.`);
    }
    const { pending } = examination.migrations;
    await tell('pending', pending);
    if (pending.length === 0) return say(`${examination.place} is up to date.`);
    say(
      `${examination.place}: ${pending.length} pending. \`tidings migrate\` applies them, and so does the next start.`,
    );
    process.exitCode = exitCodes.failed;
  } catch (error) {
    const { explain } = await import('./run-server.ts');
    throw new CommandFailure(explain(error, process.env));
  }
}

async function printLines(lines: readonly string[]): Promise<void> {
  for (const line of lines) await print(line);
}
