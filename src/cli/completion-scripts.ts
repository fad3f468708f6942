// Completion scripts, written from what the program itself knows of its commands: whatever is added there is completed here.
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;

export const writeCompletion: Readonly<Record<(typeof shells)[number], (program: Command) => string>> = {
  bash: (program) => `# Completion of tidings for bash: source <(tidings completion bash)
_tidings() {
  local word=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commandsOf(program)
      .map(({ name }) => name)
      .join(' ')}"
  else
    case "\${COMP_WORDS[1]}" in
${commandsOf(program)
  .map(({ name, words }) => `      ${name}) words="${words.map(({ word }) => word).join(' ')}" ;;`)
  .join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _tidings tidings
`,

  zsh: (program) => `#compdef tidings
# Completion of tidings for zsh: tidings completion zsh > "\${fpath[1]}/_tidings", or source <(tidings completion zsh)
_tidings() {
  local -a found
  if (( CURRENT == 2 )); then
    found=(${commandsOf(program)
      .map(({ name, told }) => `\n      ${described(name, told)}`)
      .join('')}
    )
  else
    case "$words[2]" in
${commandsOf(program)
  .map(
    ({ name, words }) =>
      `      ${name}) found=(${words.map(({ word, told }) => `\n        ${described(word, told)}`).join('')}\n      ) ;;`,
  )
  .join('\n')}
    esac
  fi
  _describe 'tidings' found || _files
}
# Read from fpath it is called at once; sourced it is only made known.
if [ "$funcstack[1]" = _tidings ]; then _tidings; else compdef _tidings tidings; fi
`,

  fish: (
    program,
  ) => `# Completion of tidings for fish: tidings completion fish > ~/.config/fish/completions/tidings.fish
${commandsOf(program)
  .flatMap(({ name, told, words }) => [
    `complete -c tidings -f -n __fish_use_subcommand -a ${name} -d ${quoted(told)}`,
    ...words.map(({ word, told: meaning, takesValue }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${takesValue ? ' -r' : ''}` : `-a ${word}`;
      return `complete -c tidings -n '__fish_seen_subcommand_from ${name}' ${what} -d ${quoted(meaning)}`;
    }),
  ])
  .join('\n')}
`,
};

interface Completed {
  readonly name: string;
  /** What it does. */
  readonly told: string;
  /** What may follow it: options by their long names, and what its arguments may be. */
  readonly words: readonly Word[];
}

interface Word {
  readonly word: string;
  readonly told: string;
  readonly takesValue: boolean;
}

function commandsOf(program: Command): readonly Completed[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    told: command.summary() || command.description(),
    words: [
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((word) => ({ word, told: description, takesValue: false })),
      ),
      ...(command.name() === 'help'
        ? program.commands.map((other) => ({ word: other.name(), told: other.summary(), takesValue: false }))
        : []),
      ...help
        .visibleOptions(command)
        .flatMap(({ long, description, required }) =>
          long == null ? [] : [{ word: long, told: description, takesValue: required }],
        ),
    ],
  }));
}

const quoted = (text: string): string => `'${text.replaceAll("'", '’')}'`;
/** zsh's _describe parts words from meanings at a colon. */
const described = (word: string, told: string): string => quoted(`${word.replaceAll(':', '\\:')}:${told}`);
