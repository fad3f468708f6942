// Plays what was made up against a server, and says what is wrong with its answers: nothing, whatever it was asked.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { errorKinds } from '../../src/errors.ts';
import { connect } from '../support/client.ts';
import { everyScope } from '../support/every-scope.ts';
import { openSocket, type Frame, type RawSocket } from '../support/raw-socket.ts';
import type { TestServer } from '../support/server.ts';
import { frame, openFrameWire, textFrame } from '../support/wire.ts';
import { conversations, frameSequences, type FrameParts, type Said } from './frames.ts';
import { fuzzedOperations, type FuzzedOperation } from './operations.ts';
import type { Known } from './values.ts';

/** Rates would end most of it before it comes to anything. */
export const fuzzEnvironment: Readonly<Record<string, string>> = {
  LOG_LEVEL: 'warn',
  RATE_MESSAGES: '1000000',
  RATE_TYPING: '1000000',
  RATE_PRESENCE: '1000000',
  RATE_PUBLISHES: '1000000',
  CONNECTION_INIT_SECONDS: '60',
};

export interface Fuzzer {
  /** What was answered so far, by code; `ok` without one. */
  readonly answers: ReadonlyMap<string, number>;
  /** Rejects with the seed, the smallest counterexample and what is wrong with it. */
  playOperations(run: FuzzRun): Promise<void>;
  playConversations(run: FuzzRun): Promise<void>;
  playFrames(run: FuzzRun): Promise<void>;
}

export interface FuzzRun {
  readonly seed: number;
  readonly runs: number;
}

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const workspace = 'fuzz';
/** So many operations at a time. */
const together = 8;

export async function createFuzzer(server: TestServer): Promise<Fuzzer> {
  const scope = everyScope.join(' ');
  const token = await signDevelopmentToken({
    user: 'fuzzer',
    name: 'Fuzzer',
    workspace,
    scope,
    roles: ['staff', 'operator'],
    expiresIn: 86_400,
  });
  const known = await furnish(server, token);
  const answers = new Map<string, number>();
  const note = (code: string): void => void answers.set(code, (answers.get(code) ?? 0) + 1);

  const checkErrors = (errors: unknown): void => {
    assert.ok(Array.isArray(errors) && errors.length > 0, `no errors: ${JSON.stringify(errors)}`);
    for (const { message, extensions } of errors as { message?: unknown; extensions?: { code?: string } }[]) {
      assert.equal(typeof message, 'string');
      const code = extensions?.code ?? 'none';
      assert.ok(code in errorKinds && code !== 'INTERNAL', `${code}: ${String(message)}`);
      note(code);
    }
  };
  const checkResult = (result: unknown): void => {
    assert.ok(result !== null && typeof result === 'object');
    const { data, errors } = result as { data?: unknown; errors?: unknown };
    if (errors === undefined) {
      assert.ok(data !== null && typeof data === 'object', 'neither data nor errors');
      note('ok');
    } else checkErrors(errors);
  };
  const checkFrame = ({ type, id, payload }: Frame): void => {
    if (type === 'next') checkResult(payload);
    else if (type === 'error') checkErrors(payload);
    else assert.ok(['connection_ack', 'complete', 'ping', 'pong'].includes(type), `a frame "${type}"`);
    assert.equal(typeof id, ['next', 'error', 'complete'].includes(type) ? 'string' : 'undefined');
  };
  const checkServer = (): void => {
    assert.equal(server.process.exitCode, null, `the server has ended:\n${server.output()}`);
    const at = server.output().search(/^\{"level":[56]0/m);
    assert.equal(at, -1, server.output().slice(at, at + 2_000));
  };

  const ask = async ({ query, variables }: FuzzedOperation): Promise<void> => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    assert.ok(response.status < 500 || response.status === 503, `${response.status}: ${text}`);
    checkResult(JSON.parse(text));
  };

  /** Everything that was said is followed by a ping, whose answer or the end of the connection is waited for. */
  const listen = async (raw: RawSocket, mark: string): Promise<void> => {
    raw.send({ type: 'ping', payload: { mark } });
    for (;;) {
      const heard = await raw.next().catch(() => null);
      if (heard === null) return checkClose(await raw.closed());
      checkFrame(heard);
      if (heard.type === 'pong' && (heard.payload as { mark?: string } | undefined)?.mark === mark) return;
    }
  };
  const checkClose = ({ code, reason }: { code: number; reason: string }): void => {
    const told = [1000, 1005, 1007, 1008, 1009, 1013, 4400, 4401, 4403, 4409, 4429];
    assert.ok(told.includes(code), `closed with ${code}: ${reason}`);
    note(`close ${code}`);
  };
  const follow = async ({ query, variables }: FuzzedOperation): Promise<void> => {
    await using raw = await openSocket(server);
    raw.send({ type: 'connection_init', payload: { token } });
    raw.send({ type: 'ping' });
    checkFrame(await raw.next());
    raw.send({ type: 'subscribe', id: '1', payload: { query, variables } });
    await listen(raw, 'opened');
    raw.send({ type: 'complete', id: '1' });
    await listen(raw, 'completed');
  };
  const converse = async (said: readonly Said[], isGreeted: boolean): Promise<void> => {
    await using raw = await openSocket(server);
    if (isGreeted) {
      raw.send({ type: 'connection_init', payload: { token } });
      checkFrame(await raw.next());
    }
    for (const one of said) raw.send('text' in one ? one.text : one.bytes);
    await listen(raw, 'the end');
  };
  const sendFrames = async (parts: readonly FrameParts[]): Promise<void> => {
    await using wire = await openFrameWire(server, { token });
    await wire.write(
      Buffer.concat([...parts.map(frame), textFrame({ type: 'ping', payload: { mark: 'end' } })]),
    );
    // A message that was begun is ended by nobody.
    await wire.write(frame({ opcode: 8 }));
    const code = await wire.closeCode();
    assert.ok(code !== undefined && code !== 1011, `closed with ${code}`);
    note(`close ${code}`);
  };

  const assertAll = <Made extends [unknown, ...unknown[]]>(
    property: fc.IAsyncPropertyWithHooks<Made>,
    { seed, runs }: FuzzRun,
  ): Promise<void> => fc.assert(property, { seed, numRuns: runs });

  return {
    answers,
    playOperations: (run) =>
      assertAll(
        fc.asyncProperty(
          fc.array(fuzzedOperations(schema, known), { minLength: 1, maxLength: together }),
          async (operations) => {
            await Promise.all(
              operations.map((one) => (one.kind === 'subscription' ? follow(one) : ask(one))),
            );
            checkServer();
          },
        ),
        run,
      ),
    playConversations: (run) =>
      assertAll(
        fc.asyncProperty(conversations, fc.nat(9), async (said, dice) => {
          await converse(said, dice > 0);
          checkServer();
        }),
        run,
      ),
    playFrames: (run) =>
      assertAll(
        fc.asyncProperty(frameSequences, async (parts) => {
          await sendFrames(parts);
          checkServer();
        }),
        run,
      ),
  };
}

/** One of everything that has an id or a cursor. */
async function furnish(server: TestServer, token: string): Promise<Known> {
  await using fuzzer = await connect(server, 'fuzzer', { token });
  const made = await fuzzer.request(`mutation {
    createConversation(input: { participantIds: ["alice", "bob"] }) { conversation { id cursor } }
    publishOrderUpdate(input: { orderId: "order-1", customerId: "fuzzer", status: PENDING }) { update { cursor } }
    publishBookingUpdate(input: { bookingId: "booking-1", customerId: "fuzzer", status: REQUESTED, serviceName: "S" }) { update { cursor } }
    sendNotification(input: { userIds: ["fuzzer"], type: SYSTEM, title: "T", body: "" }) { recipientCount }
  }`);
  const { createConversation } = made as { createConversation: { conversation: { id: string } } };
  const conversationId = createConversation.conversation.id;
  const more = await fuzzer.request(
    'mutation ($id: ID!) { sendMessage(input: { conversationId: $id, body: "Hi" }) { cursor message { id } } }',
    { id: conversationId },
  );
  const lists = await fuzzer.request(
    '{ notifications { cursor nodes { id } pageInfo { endCursor } } orders { cursor pageInfo { endCursor } } order(id: "order-1") { cursor } conversations { pageInfo { endCursor } } }',
  );
  const all = JSON.stringify([made, more, lists]);
  const found = (key: string): readonly string[] =>
    [...all.matchAll(new RegExp(`"${key}":"([^"]+)"`, 'g'))].map(([, value = '']) => value);
  return {
    ids: [...found('id'), 'order-1', 'booking-1', 'alice'],
    cursors: [...found('cursor'), ...found('endCursor')],
  };
}
