#!/usr/bin/env node
// The commands: `tidings dev` to try and to develop, `tidings start` for production, and those that help with either.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tellFailure, TidingsCommand } from './command.ts';
import { addCompletionCommand } from './completion.command.ts';
import { addDoctorCommand } from './doctor.command.ts';
import { addMigrateCommand } from './migrate.command.ts';
import { addPublishCommand } from './publish.command.ts';
import { addServerCommands } from './serve.command.ts';
import { addSubscribeCommand } from './subscribe.command.ts';
import { endWhereNobodyReads } from './terminal.ts';
import { addTokenCommand } from './token.command.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  readonly version: string;
};

const program = new TidingsCommand('tidings')
  .description('Tidings: a real-time GraphQL API server.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this')
  .helpCommand('help [command]', 'print what a command does')
  .configureHelp({
    helpWidth: 120,
    subcommandTerm: (command) => `tidings ${command.name()}`,
    // Its choices stand below, with what they mean.
    argumentDescription: ({ description }) => description,
  })
  .exitOverride();
addServerCommands(program);
addTokenCommand(program);
addPublishCommand(program);
addSubscribeCommand(program);
addMigrateCommand(program);
addDoctorCommand(program);
addCompletionCommand(program);

endWhereNobodyReads();
const words = toWords(process.argv.slice(2));
try {
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  process.exitCode = tellFailure(error);
}

/** No words are `help`, and `help tokne` is refused as `tokne` is. */
function toWords([first = 'help', ...others]: readonly string[]): readonly string[] {
  const isKnown = program.commands.some((command) => command.name() === others[0]);
  return first === 'help' && others.length > 0 && !isKnown ? others : [first, ...others];
}
