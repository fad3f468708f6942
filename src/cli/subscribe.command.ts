// `tidings subscribe`: one subscription over the client kit, a line of JSON for each event.
import { Argument, Option } from 'commander';
import type { ClientOptions } from 'ws';
import type { ConnectionState, TidingsClient } from '../client/index.ts';
import { CommandFailure, type TidingsCommand } from './command.ts';
import { followables } from './followable.ts';
import { HeldBack } from './held-back.ts';
import { readJsonObject, readText } from './read-argument.ts';
import { addAccessOptions, openAccess, type AccessOptions } from './server-access.ts';
import type { Subscription } from './subscription.ts';
import { onLost, print, say } from './terminal.ts';

interface SubscribeOptions extends AccessOptions {
  readonly id?: string;
  readonly var: readonly string[];
  readonly query?: string;
  readonly variables?: string;
  readonly after?: string;
  readonly count?: string;
  readonly quiet?: true;
}

/** Who speaks to `tidings dev` unless --user says otherwise: somebody who sees everything. */
const staff = { user: 'terminal', roles: 'staff,operator' };

export function addSubscribeCommand(program: TidingsCommand): void {
  const command = program
    .command('subscribe')
    .summary('follow what happens, one line of JSON for each event')
    .description(
      'Follows a subscription of the schema and prints each event as a line of JSON. Over lost connections and restarts it goes ' +
        'on where it was: nothing is lost or told twice. What the connection does is told on stderr.',
    )
    .addArgument(
      new Argument('[what]', 'what is followed; see below').choices([
        ...new Set(followables.flatMap(({ name, field }) => [name, field])),
      ]),
    )
    .option('--id <id>', 'the one that is followed: an order, a conversation, a room')
    .addOption(
      new Option('--var <name=value>', 'a variable of the subscription; may be repeated')
        .default([], 'none')
        .argParser((value, before: readonly string[]) => [...before, value]),
    )
    .option('--after <cursor>', 'go on behind this cursor: what happened since comes first')
    .option('--count <n>', 'end after so many events')
    .option('--query <document>', 'a subscription of your own; @file reads a file, - reads stdin')
    .option('--variables <json>', 'its variables, as JSON; @file reads a file')
    .option('--quiet', 'say nothing of the connection');
  addAccessOptions(command).action(subscribe).withNotes(`
What, and the field of the schema that it is (which may be written as well):
${followables.map(({ name, field }) => `  ${name.padEnd(20)} ${field}`).join('\n')}

Examples:
  tidings subscribe order --id 1001
  tidings subscribe orderUpdated --var orderId=1001 --after "$CURSOR" --count 10
  tidings subscribe --user alice --query 'subscription { notification { cursor unreadCount } }'

Without a token, \`tidings dev\` lets it speak for a member of the staff, or for --user.
Exit codes: 0 Ctrl-C, --count reached, or nobody reads on; 1 the server has ended it or lets nobody in; 2 wrong usage.`);
}

async function subscribe(
  what: string | undefined,
  options: SubscribeOptions,
  command: TidingsCommand,
): Promise<void> {
  const count = parseCount(options.count, command);
  if (options.after === '')
    command.refuse('--after is empty: give it the cursor of an event, or leave it out.');
  const asked = await toAsked(what, options, command);
  const identity = options.user === undefined ? staff : { user: options.user };
  const access = await openAccess(options, identity, command);
  const tell = options.quiet === true ? () => {} : say;
  const followed = new HeldBack(tell);
  const { createTidingsClient } = await import('../client/index.ts');
  /** Behind what was printed last, and before that behind where it was begun. */
  let place = options.after ?? null;
  const howToGoOn = (): string | null => (place === null ? null : `To go on: --after ${place}`);
  onLost(howToGoOn);
  const client = createTidingsClient({
    url: access.endpoint,
    token: access.token,
    exchanges: [],
    webSocketImpl: await toWebSocket(options.workspace),
    debug: (sentence, cursor) => {
      if (!/ is followed/.test(sentence)) return;
      place = toPlace(cursor) ?? place;
      followed.hold(sentence + (place === null ? '' : `, after ${place}`));
    },
  });
  let last = '';
  const hearNoMore = client.onConnectionState((state) => {
    if (state.status !== 'connected') followed.drop();
    const sentence = describe(state);
    // A wait, and the try behind it, are told alike.
    if (sentence !== last) tell(sentence);
    last = sentence;
  });
  const failure = await follow(client, asked, count, async (event) => {
    followed.confirm();
    await print(JSON.stringify(event));
    place = cursorOf(event) ?? place;
  });
  followed.drop();
  const word = howToGoOn();
  if (word !== null) say(word);
  hearNoMore();
  client.disconnect();
  if (failure !== null) throw new CommandFailure(failure);
}

async function toAsked(
  what: string | undefined,
  options: SubscribeOptions,
  command: TidingsCommand,
): Promise<Subscription> {
  const { query, variables, id, after } = options;
  if ((what === undefined) === (query === undefined))
    command.refuse('Say what to follow: one of the fields, or --query with a subscription of your own.');
  const { findDocument, parseDocument, toSubscription } = await import('./subscription.ts');
  const document =
    query === undefined ? findDocument(what ?? '') : parseDocument(await readText('--query', query));
  if (document === undefined) throw new Error(`"${what}" is one of the choices, and is not known.`);
  const given = variables === undefined ? {} : await readJsonObject('--variables', variables);
  return toSubscription(document, { id, after, assignments: options.var, variables: given });
}

/** Answers why it has ended: null where whoever asked for it has ended it. Every event is printed by then. */
function follow(
  client: TidingsClient,
  { document, variables, key, field }: Subscription,
  count: number,
  onEvent: (event: unknown) => Promise<void>,
): Promise<string | null> {
  return new Promise((resolve) => {
    let left = count;
    let printed = Promise.resolve();
    const end = (failure: string | null): void => {
      left = 0;
      stop();
      void printed.then(() => resolve(failure));
    };
    const stop = client.follow<Readonly<Record<string, unknown>>, object>(document, variables, {
      event(data) {
        if (left === 0) return;
        left -= 1;
        const printing = onEvent(data[key]);
        printed = printed.then(() => printing);
        if (left === 0) end(null);
      },
      ended({ graphQLErrors: [error], networkError }, code) {
        const advice =
          code === 'CURSOR_EXPIRED'
            ? ' Read what there is anew, and go on from the cursor that you get.'
            : '';
        end(
          `${field} has ended${code === undefined ? '' : ` with ${code}`}: ${error?.message ?? networkError?.message}${advice}`,
        );
      },
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(null));
  });
}

/** Also where the document did not ask for it and the kit did. */
function cursorOf(event: unknown): string | null {
  const { cursor, tidingsCursor } = (event ?? {}) as Readonly<Record<string, unknown>>;
  const found = cursor ?? tidingsCursor;
  return typeof found === 'string' ? found : null;
}

/** Browsers could not, but here the handshake may carry the header that names the workspace. */
async function toWebSocket(workspace: string | undefined): Promise<unknown> {
  const { WebSocket } = await import('ws');
  if (workspace === undefined) return WebSocket;
  const header = { 'tidings-workspace': encodeURIComponent(workspace) };
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[], options: ClientOptions = {}) {
      super(url, protocols, { ...options, headers: { ...options.headers, ...header } });
    }
  };
}

function parseCount(text: string | undefined, command: TidingsCommand): number {
  if (text === undefined) return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text))
    command.refuse(`--count is "${text}", but it has to be a whole number from 1.`);
  return Number(text);
}

/** The kit says in words that there is no cursor. */
const toPlace = (cursor: unknown): string | null =>
  typeof cursor === 'string' && !cursor.includes(' ') ? cursor : null;

function describe(state: ConnectionState): string {
  if (state.status === 'reconnecting') return `reconnecting: ${state.reason}`;
  return state.status === 'closed' ? `closed: ${state.message}` : state.status;
}
