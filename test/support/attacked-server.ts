// A server that is attacked, and somebody innocent who follows an order meanwhile. After each attack the server must answer, the
// innocent hear what is published, and the log hold nothing but whole lines, none of them an error.
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { connect, post, type Identity, type Person, type Subscribed } from './client.ts';
import { measureMemory, startProbedServer, type Memory } from './memory.ts';
import type { TestServer } from './server.ts';

export interface AttackedServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** `dev` unless given. */
  readonly command?: 'dev' | 'start';
  /** A token of the server's issuer; a development token unless given. */
  signToken?(user: string, scope: string): Promise<string>;
}

export interface AttackedServer {
  readonly url: string;
  /** Everything it has printed so far. */
  output(): string;
  memory(): Promise<Memory>;
}

const publish =
  'mutation ($note: String!) { publishOrderUpdate(input: { orderId: "innocent", customerId: "innocent", status: PENDING, note: $note }) { deduplicated } }';

interface Updated {
  readonly orderUpdated: { readonly note: string };
}

/** Started before the first test of the file. Attacks take their time, on a busy machine above all. */
export function useAttackedServer(options: AttackedServerOptions = {}): AttackedServer {
  const { command = 'dev', env = {}, signToken } = options;
  let started:
    { server: TestServer; innocent: Person; heard: Subscribed<Updated>; greeted: number } | undefined;
  const here = () => {
    if (started === undefined) throw new Error('The server is not started yet.');
    return started;
  };
  let published = 0;
  vi.setConfig({ testTimeout: 120_000 });

  beforeAll(async () => {
    const server = await startProbedServer({ command, env: { LOG_LEVEL: 'info', ...env } });
    const scope = 'orders:publish';
    const identity: Identity =
      signToken === undefined ? { scope } : { token: await signToken('innocent', scope) };
    const innocent = await connect(server, 'innocent', identity);
    await innocent.requestOverWebSocket(publish, { note: '0' });
    const { order } = await innocent.requestOverWebSocket<{ order: { cursor: string } }>(
      '{ order(id: "innocent") { cursor } }',
    );
    const heard = innocent.subscribe<Updated>(
      'subscription ($after: Cursor) { orderUpdated(orderId: "innocent", after: $after) { note } }',
      { after: order.cursor },
    );
    started = { server, innocent, heard, greeted: server.output().length };
  }, 120_000);

  afterAll(async () => {
    if (started === undefined) return;
    await started.innocent[Symbol.asyncDispose]();
    await started.server.stop();
  });

  afterEach(async () => {
    const { server, innocent, heard, greeted } = here();
    const note = String(++published);
    // Over a connection that is there: an attack may have taken all that its address may have.
    await innocent.requestOverWebSocket(publish, { note });
    expect(await heard.next()).toEqual({ orderUpdated: { note } });
    await expect.poll(() => statusOf(server), { timeout: 30_000 }).toBe(200);
    for (const line of server.output().slice(greeted).split('\n').slice(0, -1)) {
      expect(line).toMatch(/^\{.*\}$/);
      expect((JSON.parse(line) as { level: number }).level, line).toBeLessThan(50);
    }
  });

  return {
    get url() {
      return here().server.url;
    },
    output: () => here().server.output().slice(here().greeted),
    memory: () => measureMemory(here().server),
  };
}

const statusOf = (server: TestServer): Promise<number> =>
  post(server.url, { query: '{ __typename }' }).then(
    ({ status }) => status,
    () => 0,
  );
