// `tidings token`: a token for a user or a service, signed with the secret that the server verifies with.
import { Option } from 'commander';
import type { TidingsCommand } from './command.ts';
import { parseDuration } from './read-argument.ts';
import { print, say } from './terminal.ts';

interface TokenOptions {
  readonly user?: string;
  readonly service?: string;
  readonly name?: string;
  readonly picture?: string;
  readonly workspace?: string;
  readonly roles?: string;
  readonly rooms?: string;
  readonly scope?: string;
  readonly expiresIn: string;
  readonly dev?: true;
  readonly json?: true;
}

/** A token with another one would be taken, and may do no more than one without. */
const knownRoles: readonly string[] = ['staff', 'operator'];

export function addTokenCommand(program: TidingsCommand): void {
  program
    .command('token')
    .summary('a token for a user or a service')
    .description(
      'Signs a token with JWT_SECRET, for JWT_ISSUER and JWT_AUDIENCE, or with the development key where JWT_SECRET is unset: ' +
        'that one only `tidings dev` takes. The token is all that is printed.',
    )
    .option('--user <id>', 'whose it is: a user')
    .addOption(
      new Option('--service <name>', 'whose it is: a backend service; needs --scope').conflicts('user'),
    )
    .option('--name <name>', 'what others are shown')
    .option('--picture <url>', 'an https address')
    .option(
      '--workspace <name>',
      'the workspace: demo with the development key, default otherwise; * for services',
    )
    .option('--roles <roles>', 'separated by commas: staff, operator')
    .option('--rooms <patterns>', 'rooms that the user may enter, separated by commas: product:*')
    .option('--scope <scopes>', 'separated by spaces: "orders:publish notifications:send"')
    .option('--expires-in <duration>', '90s, 15m, 1h, 7d', '1h')
    .option('--dev', 'the development key, whatever the environment holds')
    .option('--json', 'with what it says: { "token": …, "claims": … }')
    .action(printToken).withNotes(`
Examples:
  tidings token --user alice --name Alice --roles staff
  tidings token --service shop --workspace '*' --scope "orders:publish notifications:send" --expires-in 30d

Exit codes: 0 printed, 1 it can not be signed here, 2 wrong usage.`);
}

async function printToken(options: TokenOptions, command: TidingsCommand): Promise<void> {
  const { user, service, scope, workspace } = options;
  const owner = user ?? service;
  if (owner === undefined) command.refuse('Say whose it is: --user or --service.');
  if (owner === '' || owner.length > 256)
    command.refuse(`${user === undefined ? '--service' : '--user'} has to be 1 to 256 characters.`);
  if (service !== undefined && scope === undefined)
    command.refuse('A service may do what its scopes say: give it --scope, like "orders:publish".');
  if (scope?.includes(',') === true)
    command.refuse(`--scope is "${scope}", but scopes are separated by spaces: "orders:publish chat:write".`);
  const roles = options.roles === undefined ? undefined : toList(options.roles);
  const unknown = roles?.find((role) => !knownRoles.includes(role));
  if (unknown !== undefined) command.refuse(`There is no role "${unknown}": there are staff and operator.`);
  if (user !== undefined && workspace === '*')
    command.refuse('A user belongs to one workspace: "*" is for --service.');
  const seconds = parseDuration(options.expiresIn);
  if (seconds === null)
    command.refuse(`--expires-in is "${options.expiresIn}", but it has to be like 90s, 15m, 1h or 7d.`);

  const { findSigningKey, signClaims } = await import('./sign-token.ts');
  const key = findSigningKey(process.env, options.dev === true);
  const issuedAt = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: owner,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.picture !== undefined && { picture: options.picture }),
    workspace: workspace ?? (key.isDevelopment ? 'demo' : 'default'),
    ...(roles !== undefined && { roles }),
    ...(options.rooms !== undefined && { rooms: toList(options.rooms) }),
    ...(scope !== undefined && { scope }),
    iss: key.issuer,
    aud: key.audience,
    iat: issuedAt,
    exp: issuedAt + seconds,
  };
  const token = await signClaims(claims, key);
  if (key.isDevelopment) say('Signed with the development key: only `tidings dev` takes it.');
  await print(options.json === true ? JSON.stringify({ token, claims }) : token);
}

const toList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
