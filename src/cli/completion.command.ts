// `tidings completion`: what a shell needs to complete commands, options and what they may be given.
import { Argument } from 'commander';
import type { Options, TidingsCommand } from './command.ts';
import { shells, writeCompletion } from './completion-scripts.ts';
import { print } from './terminal.ts';

export function addCompletionCommand(program: TidingsCommand): void {
  program
    .command('completion')
    .summary('a completion script for bash, zsh or fish')
    .description('Prints a script that completes commands, options and their values.')
    .addArgument(new Argument('<shell>', `one of ${shells.join(', ')}`).choices(shells))
    .action(async (shell: (typeof shells)[number], _options: Options) => {
      await print(writeCompletion[shell](program).trimEnd());
    }).withNotes(`
Examples:
  source <(tidings completion bash)        # in ~/.bashrc
  source <(tidings completion zsh)         # in ~/.zshrc, behind compinit
  tidings completion fish > ~/.config/fish/completions/tidings.fish

Exit codes: 0 printed, 2 wrong usage.`);
}
