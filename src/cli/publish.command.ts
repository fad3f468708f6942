// `tidings publish`: one call of the publisher kit.
import { Argument } from 'commander';
import type { Publisher } from '../publisher/index.ts';
import { CommandFailure, type TidingsCommand } from './command.ts';
import { findPublishable, publishables, type Publishable } from './publishable.ts';
import { parseDuration, readJsonObject, type JsonObject } from './read-argument.ts';
import { addAccessOptions, openAccess, type AccessOptions } from './server-access.ts';
import { onLost, print } from './terminal.ts';

interface PublishOptions extends AccessOptions {
  readonly input: string;
  readonly idempotencyKey?: string;
  readonly timeout: string;
}

export function addPublishCommand(program: TidingsCommand): void {
  const command = program
    .command('publish')
    .summary('tell something to everybody who follows it')
    .description(
      'Calls one of the mutations that backends use, and prints what it answers as JSON. What fails in a way that may pass is ' +
        'sent again with the same key, so that it happens once.',
    )
    .addArgument(
      new Argument('<what>', 'what is told; see below').choices([
        ...publishables.map(({ name }) => name),
        ...publishables.map(({ mutation }) => mutation),
      ]),
    )
    .requiredOption(
      '--input <json>',
      'what the mutation is given, as JSON; @file reads a file, - reads stdin',
    )
    .option('--idempotency-key <key>', 'the same key again publishes nothing and answers the first result')
    .option('--timeout <duration>', 'for all attempts together', '30s');
  addAccessOptions(command).action(publish).withNotes(`
What, the mutation that it is (which may be written as well), and the scope that the token needs:
${publishables.map(toLine).join('\n')}

Examples:
  tidings publish order --input '{"orderId": "1001", "status": "SHIPPED"}'
  jq -c .order event.json | tidings publish order --input - --idempotency-key "$EVENT_ID" --url https://tidings.example

Exit codes: 0 done, 1 refused or not known to be done (stderr says which), 2 wrong usage.`);
}

const toLine = ({ name, mutation, scope }: Publishable): string =>
  `  ${name.padEnd(20)} ${mutation.padEnd(22)} ${scope ?? ''}`.trimEnd();

async function publish(what: string, options: PublishOptions, command: TidingsCommand): Promise<void> {
  const found = findPublishable(what);
  if (found === undefined) throw new Error(`"${what}" is one of the choices, and is not known.`);
  const { mutation, key, scope } = found;
  const seconds = parseDuration(options.timeout);
  if (seconds === null) command.refuse(`--timeout is "${options.timeout}", but it has to be like 10s or 2m.`);
  const { idempotencyKey } = options;
  if (idempotencyKey !== undefined && key === null)
    command.refuse(`${mutation} needs no key: doing it twice is the same as doing it once.`);
  const input = await readJsonObject('--input', options.input);
  if (key !== null && idempotencyKey !== undefined && (input[key] ?? idempotencyKey) !== idempotencyKey)
    command.refuse(`--input holds another ${key} than --idempotency-key: leave one of them out.`);

  const identity = { user: options.user ?? 'terminal', scope: scope ?? undefined };
  const { endpoint, token } = await openAccess(options, identity, command);
  const { createPublisher, PublishError } = await import('../publisher/index.ts');
  const publisher = createPublisher({
    url: endpoint,
    token,
    workspace: options.workspace,
    deadlineMs: seconds * 1_000,
  });
  // The server tells what is wrong with an input, as it does for whoever has no types.
  const call = publisher[mutation] as (input: JsonObject) => ReturnType<Publisher['publishOrderUpdate']>;
  try {
    const result = await call(
      idempotencyKey === undefined || key === null ? input : { ...input, [key]: idempotencyKey },
    );
    onLost(() => `${mutation} was carried out all the same; only its answer is lost.`);
    await print(JSON.stringify(result));
  } catch (error) {
    if (error instanceof PublishError) throw new CommandFailure(error.message);
    throw error;
  }
}
