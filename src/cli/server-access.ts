// Where the server is and who speaks to it: what `tidings publish` and `tidings subscribe` are told alike.
import { Option } from 'commander';
import { isLoopback } from '../config.ts';
import { CommandFailure, type TidingsCommand } from './command.ts';

export interface AccessOptions {
  readonly url: string;
  readonly token?: string;
  readonly user?: string;
  readonly workspace?: string;
}

/** Who speaks where no token is given, to `tidings dev` on this machine. */
export interface DevelopmentIdentity {
  readonly user: string;
  readonly scope?: string | undefined;
  readonly roles?: string | undefined;
}

export interface Access {
  /** The GraphQL endpoint. */
  readonly endpoint: string;
  /** Asked for at once, and again whenever the one before expires. */
  readonly token: () => Promise<string>;
}

export function addAccessOptions(command: TidingsCommand): TidingsCommand {
  return command
    .addOption(new Option('--url <url>', 'the server').env('TIDINGS_URL').default('http://localhost:4000'))
    .addOption(
      new Option('--token <token>', 'a token; none is needed for `tidings dev` on this machine').env(
        'TIDINGS_TOKEN',
      ),
    )
    .option('--user <id>', 'without a token, for `tidings dev`: who speaks')
    .option(
      '--workspace <name>',
      'the one that is meant, for a token of every workspace, and for `tidings dev`',
    );
}

export async function openAccess(
  options: AccessOptions,
  identity: DevelopmentIdentity,
  command: TidingsCommand,
): Promise<Access> {
  const base = parseServerUrl(options.url);
  if (base === null)
    command.refuse(`--url is "${options.url}", but it has to be like https://tidings.example.`);
  const endpoint = `${base}/graphql`;
  const { token } = options;
  if (token !== undefined && token.trim() !== '') {
    if (options.user !== undefined)
      command.refuse('--user is for `tidings dev` without a token: the token says who speaks.');
    return { endpoint, token: async () => token.trim() };
  }
  if (!isLoopback(new URL(base).hostname)) {
    command.refuse(
      'A token is needed: set TIDINGS_TOKEN, or give --token. `tidings token` signs one where JWT_SECRET is.',
    );
  }
  const query = new URLSearchParams({ user: identity.user });
  for (const [name, value] of Object.entries({ ...identity, workspace: options.workspace }))
    if (value !== undefined) query.set(name, value);
  const ask = () => askForToken(base, query);
  let first: Promise<string> | null = Promise.resolve(await ask());
  return {
    endpoint,
    token() {
      const answer = first ?? ask();
      first = null;
      return answer;
    },
  };
}

/** Without a slash at its end, and without `/graphql`, which may be given or not; null where it is no http address. */
export function parseServerUrl(url: string): string | null {
  const base = url.replace(/\/+$/, '').replace(/\/graphql$/, '');
  return URL.canParse(base) && /^https?:$/.test(new URL(base).protocol) ? base : null;
}

async function askForToken(base: string, query: URLSearchParams): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${base}/dev/token?${query}`, { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    throw new CommandFailure(
      `Nobody answers at ${base}. Start \`tidings dev\` there, or let --url or TIDINGS_URL name the server.`,
      { cause: error },
    );
  }
  const answer = (await response.json().catch(() => null)) as { readonly token?: unknown } | null;
  if (response.ok && typeof answer?.token === 'string') return answer.token;
  throw new CommandFailure(
    `The server at ${base} gives out no development tokens: set TIDINGS_TOKEN, or give --token. ` +
      '`tidings token` signs one where JWT_SECRET is.',
  );
}
