// The commands beside the server: what they print, what they say to somebody who mistypes, and with what they end.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { openTerminal, tidings } from '../support/command-line.ts';
import { openTestDatabase } from '../support/database.ts';
import { failureOf } from '../support/failure.ts';
import { runSql } from '../support/postgres.ts';
import { startServer, type TestServer } from '../support/server.ts';

const commands = ['dev', 'start', 'token', 'publish', 'subscribe', 'migrate', 'doctor', 'completion'];
const production = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tidings-tests',
};

describe('help', () => {
  it('names every command', async () => {
    const { code, stdout } = await tidings(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toContain(`tidings ${command} `);
  });

  it.each(commands)('of %s says what its exit codes are, with an example, either way', async (command) => {
    const [long, short] = await Promise.all([tidings([command, '--help']), tidings(['help', command])]);
    expect(long.code).toBe(0);
    expect(long.stdout).toBe(short.stdout);
    expect(long.stdout).toContain(`Usage: tidings ${command}`);
    expect(long.stdout).toMatch(/^Exit codes: 0 /m);
    expect(long.stdout).toMatch(/^Examples?:$/m);
  });

  it('the version is that of the package', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await tidings(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

it.each([['publish', '--help'], ['--version'], ['help']])(
  '`tidings %s` is no failure where nobody reads',
  async (...words) => {
    await using terminal = openTerminal(words, { isRead: false });
    expect(await terminal.ended).toEqual({ code: 0, stdout: '', stderr: '' });
  },
);

describe('what is written wrongly ends with 2, and is told on stderr alone', () => {
  it.each([
    ['a command with letters exchanged', ['tokne'], 'There is no command "tokne". Did you mean token?'],
    [
      'an option with a letter left out',
      ['token', '--usr', 'alice'],
      "Unknown option '--usr'. Did you mean --user?",
    ],
    ['an option without its value', ['token', '--user'], "Option '--user <id>' argument missing."],
    ['a token of nobody', ['token'], 'Say whose it is: --user or --service.'],
    ['a token of two', ['token', '--user', 'a', '--service', 'b'], "'--service <name>' cannot be used with"],
    ['a service that may do nothing', ['token', '--service', 'shop'], 'give it --scope'],
    ['a user of every workspace', ['token', '--user', 'a', '--workspace', '*'], '"*" is for --service'],
    [
      'a duration without a unit',
      ['token', '--user', 'a', '--expires-in', '60'],
      '--expires-in is "60", but it has to be like 90s',
    ],
    [
      'a picture that nobody is shown',
      ['token', '--user', 'a', '--picture', 'http://a'],
      '--picture has to be an https address',
    ],
    ['a name that is too long', ['token', '--user', 'a'.repeat(257)], '--user has to be 1 to 256 characters'],
    ['a name that is none', ['token', '--user', ''], '--user has to be 1 to 256 characters'],
    [
      'scopes that are separated by commas',
      ['token', '--service', 'shop', '--scope', 'orders:publish,chat:write'],
      'scopes are separated by spaces',
    ],
    [
      'a role that there is not',
      ['token', '--user', 'a', '--roles', 'staff, admin'],
      'There is no role "admin": there are staff and operator.',
    ],
    [
      'another key within the input',
      ['publish', 'order', '--input', '{"idempotencyKey": "k1"}', '--idempotency-key', 'k2'],
      '--input holds another idempotencyKey than --idempotency-key',
    ],
    [
      'two subscriptions',
      ['subscribe', '--query', 'subscription a { typing } subscription b { typing }'],
      '--query has to hold one subscription',
    ],
    ['an empty cursor', ['subscribe', 'order', '--after', ''], '--after is empty'],
    ['help with what is not there', ['help', 'tokne'], 'There is no command "tokne". Did you mean token?'],
    ['nothing to publish', ['publish', '--input', '{}'], "Missing required argument 'what'."],
    [
      'something else to publish',
      ['publish', 'odrer', '--input', '{}'],
      '<what> can not be "odrer". Allowed choices are order, booking',
    ],
    ['no input', ['publish', 'order'], "Required option '--input <json>' not specified."],
    ['an input that is no JSON', ['publish', 'order', '--input', '{"a"'], '--input is no JSON'],
    ['an input that is no object', ['publish', 'order', '--input', '[]'], '--input has to be a JSON object'],
    [
      'an input in no file',
      ['publish', 'order', '--input', '@/nowhere'],
      'the file /nowhere, which can not be read: there is no such file',
    ],
    [
      'a key for what needs none',
      ['publish', 'users', '--input', '{}', '--idempotency-key', 'k'],
      'upsertUsers needs no key',
    ],
    [
      'an address that is none',
      ['publish', 'order', '--input', '{}', '--url', 'example'],
      '--url is "example", but it has to be like',
    ],
    ['nothing to follow', ['subscribe'], 'Say what to follow'],
    ['two things to follow', ['subscribe', 'order', '--query', 'subscription { a }'], 'Say what to follow'],
    [
      'something else to follow',
      ['subscribe', 'odrer'],
      '<what> can not be "odrer". Allowed choices are order, orderUpdated',
    ],
    [
      'a conversation that is not named',
      ['subscribe', 'message'],
      'chatMessage needs --id, or --var conversationId=…',
    ],
    [
      'a variable that there is not',
      ['subscribe', 'order', '--var', 'id=1'],
      'it has to be one of orderId=…, after=…',
    ],
    [
      'one thing of what has none',
      ['subscribe', 'notification', '--id', '1'],
      'notification follows no single thing',
    ],
    ['live state after a cursor', ['subscribe', 'presence', '--after', 'x'], 'presenceChanged is live state'],
    [
      'no event',
      ['subscribe', 'order', '--count', '0'],
      '--count is "0", but it has to be a whole number from 1',
    ],
    ['a query that is none', ['subscribe', '--query', 'subscription {'], '--query is no GraphQL document'],
    [
      'a query that is no subscription',
      ['subscribe', '--query', '{ viewer { id } }'],
      '--query has to hold one subscription',
    ],
    [
      'a cursor that the query does not take',
      ['subscribe', '--query', 'subscription { a }', '--after', 'x'],
      '--after needs a document that passes it on: a(after: $after)',
    ],
    [
      'no token, and a server elsewhere',
      ['subscribe', 'order', '--url', 'https://tidings.example'],
      'A token is needed: set TIDINGS_TOKEN',
    ],
    [
      'a user beside a token',
      ['subscribe', 'order', '--user', 'a', '--token', 't'],
      '--user is for `tidings dev`',
    ],
    ['an argument of migrate', ['migrate', 'now'], "Too many arguments for 'migrate'"],
    ['an address for doctor that is none', ['doctor', '--url', 'ftp://a'], '--url has to be like'],
    [
      'a shell that is not known',
      ['completion', 'tcsh'],
      '<shell> can not be "tcsh". Allowed choices are bash, zsh, fish.',
    ],
  ])('%s', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await tidings(words);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('tidings completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s names every command and every option', async (shell) => {
    const { code, stdout } = await tidings(['completion', shell]);
    expect(code).toBe(0);
    const options = new Set<string>();
    for (const command of commands) {
      expect(stdout).toMatch(new RegExp(`\\b${command}\\b`));
      const help = await tidings([command, '--help']);
      for (const [, option = ''] of help.stdout.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)) options.add(option);
    }
    expect(options.size).toBeGreaterThan(20);
    for (const option of options)
      expect(stdout).toContain(shell === 'fish' ? `-l ${option} ` : `--${option}`);
  });

  it.each([
    ['tidings pub', 'publish'],
    ['tidings publish boo', 'booking'],
    ['tidings subscribe orderU', 'orderUpdated'],
    ['tidings token --expires', '--expires-in'],
    ['tidings help mig', 'migrate'],
  ])('bash takes it, and completes %s to %s', async (line, completed) => {
    const { stdout: script } = await tidings(['completion', 'bash']);
    const words = line.split(' ');
    const ask = `${script}\nCOMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _tidings; echo "\${COMPREPLY[@]}"`;
    const bash = promisify(execFile);
    expect((await bash('bash', ['-n', '-c', script])).stderr).toBe('');
    expect((await bash('bash', ['-c', ask])).stdout).toBe(`${completed}\n`);
  });
});

describe('tidings token', () => {
  it('signs with the secret of the environment, and the server takes what it is handed', async () => {
    await using server = await startServer({ command: 'start', env: production });
    const { code, stdout, stderr } = await tidings(
      ['token', '--user', 'alice', '--name', 'Alice', '--workspace', 'acme', '--roles', 'staff'],
      { env: production },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    await using alice = await connect(server, 'alice', { token: stdout.trim() });
    expect(await alice.request('{ viewer { id name } workspaceStats { connections } }')).toMatchObject({
      viewer: { id: 'alice', name: 'Alice' },
    });

    const service = ['token', '--service', 'shop', '--workspace', '*', '--scope', 'orders:publish'];
    const { stdout: token } = await tidings(service, { env: production });
    const input = '{"orderId": "1", "customerId": "alice", "status": "PENDING"}';
    const env = { TIDINGS_URL: server.url, TIDINGS_TOKEN: token.trim() };
    const published = await tidings(['publish', 'order', '--input', input, '--workspace', 'acme'], { env });
    expect(published).toMatchObject({ code: 0, stderr: '' });
    expect(await alice.request('{ order(id: "1") { status } }')).toEqual({ order: { status: 'PENDING' } });
    const nowhere = await tidings(['publish', 'order', '--input', input], { env });
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('name the one that is meant in the header tidings-workspace');

    const development = await tidings(['token', '--user', 'alice', '--dev'], { env: production });
    expect(development.stderr).toContain('only `tidings dev` takes it');
    await using stranger = await connect(server, 'alice', { token: development.stdout.trim() });
    expect((await failureOf(stranger.request('{ viewer { id } }'))).code).toBe('UNAUTHENTICATED');
  });

  it('without a secret it is the development key, which is told, and the claims are those that were asked for', async () => {
    const { code, stdout, stderr } = await tidings([
      ...['token', '--user', 'alice', '--rooms', 'team:*, desk', '--expires-in', '2d', '--json'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toBe('Signed with the development key: only `tidings dev` takes it.\n');
    const { token, claims } = JSON.parse(stdout) as { token: string; claims: { iat: number; exp: number } };
    expect(claims).toMatchObject({ sub: 'alice', workspace: 'demo', rooms: ['team:*', 'desk'] });
    expect(claims.exp - claims.iat).toBe(2 * 86_400);
    const [, payload = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual(claims);
  });

  it.each([
    ['JWT_JWKS_URL', { JWT_JWKS_URL: 'https://id.example/jwks', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }],
    ['TOKEN_INTROSPECTION_URL', { TOKEN_INTROSPECTION_URL: 'https://id.example/introspect' }],
  ])('with %s alone nobody here can sign', async (variable, env) => {
    const { code, stdout, stderr } = await tidings(['token', '--user', 'alice'], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`Tokens are verified by ${variable}, and only your identity provider can`);
  });

  it('a secret that is too short is told, and not repeated', async () => {
    const { code, stderr } = await tidings(['token', '--user', 'alice'], { env: { JWT_SECRET: 'hunter2' } });
    expect(code).toBe(1);
    expect(stderr).toContain('JWT_SECRET holds 7 bytes');
    expect(stderr).not.toContain('hunter2');
  });
});

describe('tidings migrate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function migrateAndCheck(env: Readonly<Record<string, string>>): Promise<void> {
    const before = await tidings(['migrate', '--check'], { env });
    expect(before.code).toBe(1);
    expect(before.stdout).toMatch(/^tidings\/0000_initial\n(tidings\/\d{4}_\w+\n)+$/);
    expect(before.stderr).toMatch(/\d pending\. `tidings migrate` applies them/);

    const done = await tidings(['migrate'], { env });
    expect(done).toMatchObject({ code: 0, stdout: before.stdout });
    expect(done.stderr).toContain('is up to date.');

    expect(await tidings(['migrate', '--check'], { env })).toMatchObject({ code: 0, stdout: '' });
    const again = await tidings(['migrate', '--json'], { env });
    expect(again).toMatchObject({ code: 0, stdout: '{"applied":[]}\n' });
    expect(again.stderr).toContain('is up to date, and was before.');
  }

  it('brings a PostgreSQL up to date once, whatever the other settings hold', async () => {
    const database = await openTestDatabase();
    try {
      const env = { DATABASE_URL: database.url, PORT: 'nonsense' };
      await migrateAndCheck(env);
      // As a database that a newer version has migrated, and one that lacks the latest.
      const newest = `(select max(created_at) from drizzle.migrations_tidings)`;
      await runSql(database.url, `delete from drizzle.migrations_tidings where created_at = ${newest}`);
      const { code, stdout } = await tidings(['migrate', '--check', '--json'], { env });
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toEqual({ pending: [expect.stringMatching(/^tidings\/\d{4}_/)] });
    } finally {
      await database.drop();
    }
  });

  it('makes the embedded one, and leaves one alone that a server uses', { timeout: 120_000 }, async () => {
    const env = { DATA_DIR: join(folder, 'data') };
    await migrateAndCheck(env);
    await using _server: TestServer = await startServer({ env });
    expect(await tidings(['migrate', '--check'], { env })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('is in use by a server') as string,
    });
    const refused = await tidings(['migrate'], { env });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is in use by another Tidings');
  });

  it('says what is in the way, and never the password', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const attempts = [
      [
        { DATABASE_URL: 'postgres://tidings:hunter2@127.0.0.1:1/tidings' },
        '127.0.0.1:1/tidings cannot be used',
      ],
      [{ DATABASE_URL: 'mysql://root:hunter2@db/app' }, 'DATABASE_URL is set, but it must be a URL'],
      [{ DATA_DIR: join(file, 'below') }, `DATA_DIR "${join(file, 'below')}"`],
    ] as const;
    for (const [env, sentence] of attempts) {
      const { code, stdout, stderr } = await tidings(['migrate'], { env });
      expect(stderr).toContain(sentence);
      expect(stderr).not.toMatch(/hunter2|^\s+at /m);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }
  });
});
