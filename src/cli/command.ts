// What all commands share: mistakes are told in sentences and end with 2, what could not be done ends with 1.
import { Command, CommanderError, type ErrorOptions, type OptionValues } from 'commander';

/** Of every command, and told in its help. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** Its message is for the person at the terminal. */
export class CommandFailure extends Error {}

/** The command was not written as it has to be. */
export class UsageError extends Error {}

export class TidingsCommand extends Command {
  override createCommand(name?: string): TidingsCommand {
    return new TidingsCommand(name);
  }

  /** What commander finds wrong. */
  override error(message: string, { code }: ErrorOptions = {}): never {
    const [, what = '', suggestion] = /^error: (.*?)\n?(\(Did you mean .*\?\))?$/s.exec(message) ?? [];
    const also = suggestion === undefined ? '' : ` ${suggestion.slice(1, -1)}`;
    if (code === 'commander.unknownCommand')
      throw new UsageError(`There is no command "${this.args[0]}".${also}\n\n${this.helpInformation()}`);
    const invalid = /^command-argument value '(.*)' is invalid for argument '(.*)'\. (.*)$/s.exec(what);
    if (invalid !== null)
      throw new UsageError(
        `<${invalid[2]}> can not be "${invalid[1]}". ${invalid[3]}\n${this.whereToLook()}`,
      );
    const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1).replace(/\.$/, '')}.${also}`;
    throw new UsageError(`${sentence}\n${this.whereToLook()}`);
  }

  /** For a mistake that the command itself finds. */
  refuse(sentence: string): never {
    throw new UsageError(`${sentence}\n${this.whereToLook()}`);
  }

  /** What stands below the options in its help: examples that can be copied, and what its exit codes mean. */
  withNotes(notes: string): this {
    return this.addHelpText('after', `\n${notes.trim()}`);
  }

  private whereToLook(): string {
    const names = [this.name()];
    for (let above = this.parent; above !== null; above = above.parent) names.unshift(above.name());
    return `See \`${names.join(' ')} --help\`.`;
  }
}

/** commander's action, with the names that are used here. */
export type Options = OptionValues;

/** Answers the exit code behind an error, and says on stderr what there is to say. */
export function tellFailure(error: unknown): number {
  // Help and the version were asked for, and are printed.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof UsageError || error instanceof CommandFailure) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? exitCodes.wrongUsage : exitCodes.failed;
  }
  process.stderr.write(`This is a defect of Tidings, please report it:\n${describe(error)}\n`);
  return exitCodes.failed;
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
