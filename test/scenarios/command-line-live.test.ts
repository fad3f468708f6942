// Two terminals: in one somebody publishes, in the other somebody follows.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main, openTerminal, tidings, type Ended } from '../support/command-line.ts';
import { openTestDatabase } from '../support/database.ts';
import { openNetwork } from '../support/network.ts';
import { startServer, type TestServer } from '../support/server.ts';

interface OrderEvent {
  readonly cursor: string;
  readonly note: string | null;
  readonly order: { readonly id: string; readonly status: string };
}

const notesOf = (events: readonly OrderEvent[]) => events.map(({ note }) => note);
const linesOf = ({ stdout }: Ended) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as OrderEvent);

let server: TestServer;
let env: { readonly TIDINGS_URL: string };
let folder: string;
beforeAll(async () => {
  server = await startServer();
  env = { TIDINGS_URL: server.url };
  folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const publish = (input: object, ...more: string[]) =>
  tidings(['publish', 'order', '--input', JSON.stringify(input), ...more], { env });

describe('tidings publish', () => {
  it('prints what the mutation answers, and without a token gets one with the scope that it needs', async () => {
    const { code, stdout, stderr } = await publish({ orderId: 'p1', customerId: 'alice', status: 'PENDING' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ deduplicated: false, update: { order: { id: 'p1' } } });
  });

  it('reads its input from stdin or a file, and knows the mutation by its own name too', async () => {
    const input = JSON.stringify({ users: [{ id: 'erin', name: 'Erin' }] });
    const file = join(folder, 'users.json');
    await writeFile(file, input);
    for (const words of [
      ['users', '--input', '-'],
      ['upsertUsers', '--input', `@${file}`],
    ]) {
      const { code, stdout } = await tidings(['publish', ...words], { env, stdin: input });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ users: [{ id: 'erin', name: 'Erin' }] });
    }
  });

  it('the same key again publishes nothing', async () => {
    const input = { orderId: 'p2', customerId: 'alice', status: 'PENDING' };
    const first = await publish(input, '--idempotency-key', 'key');
    const second = await publish(input, '--idempotency-key', 'key');
    expect(JSON.parse(second.stdout)).toEqual({
      ...(JSON.parse(first.stdout) as object),
      deduplicated: true,
    });
    const other = await publish({ ...input, status: 'SHIPPED' }, '--idempotency-key', 'key');
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).toContain('CONFLICT');
  });

  it.each([
    ['what the schema does not know', { orderId: 'p3', status: 'SHIPED' }, [], 'BAD_USER_INPUT'],
    ['a token without the scope', { orderId: 'p3', status: 'SHIPPED' }, ['order'], 'FORBIDDEN'],
    ['a token that is none', { orderId: 'p3', status: 'SHIPPED' }, ['nonsense'], 'UNAUTHENTICATED'],
  ])('%s is refused with a code, and ends with 1', async (_what, input, [kind], error) => {
    const token = kind === 'order' ? (await tidings(['token', '--user', 'alice'])).stdout.trim() : kind;
    const { code, stdout, stderr } = await publish(input, ...(token === undefined ? [] : ['--token', token]));
    expect(stderr).toContain(`PublishOrderUpdate failed with ${error}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('a server that is away: told at once where a token is asked for, tried until the time is over otherwise', async () => {
    const nobody = { TIDINGS_URL: 'http://127.0.0.1:2' };
    const words = ['publish', 'order', '--input', '{}', '--timeout', '1s'];
    const asking = await tidings(words, { env: nobody });
    expect(asking.code).toBe(1);
    expect(asking.stderr).toContain('Nobody answers at http://127.0.0.1:2. Start `tidings dev`');
    const trying = await tidings([...words, '--token', 'a.b.c'], { env: nobody });
    expect(trying.code).toBe(1);
    expect(trying.stderr).toMatch(/PublishOrderUpdate failed with \w+ after \d attempts/);
  });
});

describe('tidings subscribe', () => {
  it('prints a line for each event as it happens, and ends after as many as it was told', async () => {
    await publish({ orderId: 's1', customerId: 'alice', status: 'PENDING' });
    await using following = openTerminal(['subscribe', 'order', '--id', 's1', '--count', '2'], { env });
    await following.said('orderUpdated is followed');
    await publish({ orderId: 's1', status: 'CONFIRMED', note: 'one' });
    expect(notesOf(await following.events<OrderEvent>(1))).toEqual(['one']);
    await publish({ orderId: 's1', status: 'SHIPPED', note: 'two' });
    const ended = await following.ended;
    expect(ended.code).toBe(0);
    expect(notesOf(linesOf(ended))).toEqual(['one', 'two']);
    expect(ended.stderr).toMatch(
      /^connecting\nconnected\norderUpdated is followed, after \S+\nTo go on: --after \S+\n$/,
    );
    expect(ended.stderr).toContain(`To go on: --after ${linesOf(ended)[1]?.cursor}`);
  });

  it('Ctrl-C ends it with 0', async () => {
    await using following = openTerminal(['subscribe', 'notification', '--user', 'alice'], { env });
    await following.said('notification is followed');
    expect(await following.interrupt()).toMatchObject({ code: 0, stdout: '' });
  });

  it('says where to go on before there was any event, and however quiet it is', async () => {
    await publish({ orderId: 's5', customerId: 'alice', status: 'PENDING' });
    await using following = openTerminal(['subscribe', 'order', '--id', 's5'], { env });
    await following.said('orderUpdated is followed');
    const [, cursor = ''] = /To go on: --after (\S+)\n$/.exec((await following.interrupt()).stderr) ?? [];
    await publish({ orderId: 's5', status: 'SHIPPED', note: 'meanwhile' });
    const words = ['subscribe', 'order', '--id', 's5', '--after', cursor, '--count', '1', '--quiet'];
    const ended = await tidings(words, { env });
    expect(notesOf(linesOf(ended))).toEqual(['meanwhile']);
    expect(ended.stderr).toBe(`To go on: --after ${linesOf(ended)[0]?.cursor}\n`);
  });

  it('a disk that is full is an error, and what was lost with it is told', async () => {
    const run = async (words: string) => {
      const line = `"$0" "$1" ${words} > /dev/full`;
      const options = { env: { ...process.env, ...env } };
      return promisify(execFile)('bash', ['-c', line, process.execPath, main], options).catch(
        (error: unknown) => error as { readonly code: number; readonly stderr: string },
      );
    };
    const first = await publish({ orderId: 's6', customerId: 'alice', status: 'PENDING' });
    const { cursor } = (JSON.parse(first.stdout) as { update: { cursor: string } }).update;
    expect(await run(`publish order --input '{"orderId": "s6", "status": "SHIPPED"}'`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: stdout can not be written to: ENOSPC.*\npublishOrderUpdate was carried out all the same; only its answer is lost\.\n$/,
      ) as string,
    });
    expect(await run(`subscribe order --id s6 --after '${cursor}' --count 1 --quiet`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`\nTo go on: --after ${cursor}\n`) as string,
    });
  });

  it('follows for the user that is named, live state too, with variables of any kind', async () => {
    const words = [
      'subscribe',
      'presenceChanged',
      '--var',
      'userIds=gil,hana',
      '--user',
      'gil',
      '--count',
      '2',
    ];
    const ended = await tidings([...words, '--quiet'], { env });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const statuses = linesOf(ended) as unknown as { userId: string; status: string }[];
    expect(statuses).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ userId: 'gil', status: 'ONLINE' }),
        expect.objectContaining({ userId: 'hana', status: 'OFFLINE' }),
      ]),
    );
  });

  it('a document of one’s own, from a file, goes on after a cursor like any other', async () => {
    const first = await publish({ orderId: 's2', customerId: 'alice', status: 'PENDING' });
    const { cursor } = (JSON.parse(first.stdout) as { update: { cursor: string } }).update;
    await publish({ orderId: 's2', status: 'SHIPPED', note: 'later' });
    const file = join(folder, 'own.graphql');
    await writeFile(
      file,
      'subscription ($id: ID!, $from: Cursor) { mine: orderUpdated(orderId: $id, after: $from) { cursor note } }',
    );
    const words = ['--query', `@${file}`, '--variables', '{"id": "s2"}', '--after', cursor, '--count', '1'];
    const ended = await tidings(['subscribe', ...words], { env });
    expect(ended.code).toBe(0);
    expect(linesOf(ended)).toEqual([{ cursor: expect.any(String) as string, note: 'later' }]);
  });

  it('a reader that has seen enough ends it, and is no failure', async () => {
    await publish({ orderId: 's3', customerId: 'alice', status: 'PENDING' });
    const line = `"$0" "$1" subscribe order --id s3 --quiet | head -1; echo "\${PIPESTATUS[0]}"`;
    let ended = false;
    const reading = promisify(execFile)('bash', ['-c', line, process.execPath, main], {
      env: { ...process.env, ...env },
    }).finally(() => (ended = true));
    // It learns that nobody reads when it has something more to say.
    const publishOnce = async () => {
      await publish({ orderId: 's3', status: 'SHIPPED' });
      return ended;
    };
    await expect.poll(publishOnce, { timeout: 25_000 }).toBe(true);
    const { stdout, stderr } = await reading;
    expect(stdout).toMatch(/^\{"cursor":.*\}\n0\n$/);
    expect(stderr).toBe('');
  });

  it.each([
    ['what is not there', ['order', '--id', 'nowhere'], 'orderUpdated has ended with NOT_FOUND'],
    ['a field that there is not', ['--query', 'subscription { x }'], 'x has ended with BAD_USER_INPUT'],
    ['what is no cursor', ['order', '--after', 'nonsense'], 'orderUpdated has ended with BAD_USER_INPUT'],
    ['what is somebody else’s', ['stats', '--user', 'alice'], 'serverStats has ended with FORBIDDEN'],
    ['a token that is none', ['order', '--token', 'nonsense'], 'orderUpdated has ended'],
  ])('%s ends it with 1 and the reason', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await tidings(['subscribe', ...words], { env });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/\.\.$|^(.*)\n\1$/m);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

async function openPlace(kind: 'a data directory' | 'PostgreSQL') {
  if (kind === 'PostgreSQL') {
    const database = await openTestDatabase();
    return { env: { DATABASE_URL: database.url }, [Symbol.asyncDispose]: () => database.drop() };
  }
  const path = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  return {
    env: { DATA_DIR: join(path, 'data') },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

describe('nothing is lost and nothing is told twice when the server restarts', () => {
  it.each(['a data directory', 'PostgreSQL'] as const)('on %s', { timeout: 120_000 }, async (kind) => {
    await using place = await openPlace(kind);
    const before = await startServer({ env: place.env });
    await using network = await openNetwork(before.url);
    const env = { TIDINGS_URL: network.url };
    const tell = async (note: string) => {
      const input = JSON.stringify({ orderId: 'r1', customerId: 'alice', status: 'PENDING', note });
      expect(await tidings(['publish', 'order', '--input', input], { env })).toMatchObject({ code: 0 });
    };
    await tell('0');
    // One stays, one comes back later with the cursor that it was told.
    await using staying = openTerminal(['subscribe', 'order', '--id', 'r1'], { env });
    await using leaving = openTerminal(['subscribe', 'order', '--id', 'r1', '--count', '1'], { env });
    await Promise.all([staying.said('is followed'), leaving.said('is followed')]);
    await tell('1');
    const left = await leaving.ended;
    const [, cursor = ''] = /--after (\S+)/.exec(left.stderr) ?? [];
    expect(notesOf(linesOf(left))).toEqual(['1']);

    await tell('2');
    await staying.events(2);
    await before.stop();
    await staying.said('reconnecting');
    await using after = await startServer({ env: place.env });
    network.target = after.url;
    await tell('3');
    await tell('4');
    expect(notesOf(await staying.events<OrderEvent>(4))).toEqual(['1', '2', '3', '4']);

    const back = await tidings(
      ['subscribe', 'orderUpdated', '--var', 'orderId=r1', '--after', cursor, '--count', '3'],
      { env },
    );
    expect(notesOf(linesOf(back))).toEqual(['2', '3', '4']);
    // Behind whatever it may have been told twice.
    await tell('5');
    expect(notesOf(await staying.events<OrderEvent>(5))).toEqual(['1', '2', '3', '4', '5']);
    expect((await staying.interrupt()).code).toBe(0);
  });
});
