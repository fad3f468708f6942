// Who has gone before the server got to what they asked for: nothing is carried out for them, and nothing of them stays. A
// module of one's own holds things up.
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createApp,
  openEventStream,
  parseConfig,
  toTopic,
  type App,
  type TidingsModule,
} from '../../src/index.ts';
import { connect, type Person } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';
import { openGreetedSocket } from '../support/raw-socket.ts';

let asked = 0;
let opened = 0;
let done = 0;
/** How often something could not be tidied up, and how often that was logged. */
let untidy = 0;
let logged = 0;
let gate: Promise<void>;
let openGate: () => void;
const wait = async (): Promise<boolean> => {
  asked += 1;
  await gate;
  return true;
};

const gated: TidingsModule = {
  name: 'test.gated',
  define(builder) {
    builder.queryField('wait', (t) => t.boolean({ resolve: wait }));
    builder.mutationField('act', (t) =>
      t.boolean({
        resolve: () => {
          done += 1;
          return true;
        },
      }),
    );
    builder.subscriptionField('waited', (t) =>
      t.string({
        async subscribe(_root, _args, context) {
          await wait();
          const topic = toTopic({ workspace: 'demo', kind: 'waited', key: 'all' });
          return openEventStream(context, {
            topic,
            after: null,
            anewFrom: '`wait`',
            authorize() {
              opened += 1;
              return 'everybody';
            },
          });
        },
        resolve: () => '',
      }),
    );
    builder.subscriptionField('careless', (t) =>
      t.string({
        async subscribe() {
          await wait();
          let given = 0;
          const careless: AsyncIterableIterator<string> = {
            [Symbol.asyncIterator]: () => careless,
            next: () =>
              given++ === 0 ? Promise.resolve({ done: false, value: '' }) : new Promise(() => undefined),
            async return() {
              untidy += 1;
              throw new Error('It can not be tidied up.');
            },
          };
          return careless;
        },
        resolve: () => '',
      }),
    );
    builder.subscriptionField('throwing', (t) =>
      t.string({
        subscribe() {
          let given = 0;
          const throwing: AsyncIterableIterator<string> = {
            [Symbol.asyncIterator]: () => throwing,
            next() {
              if (given++ > 0) throw new Error('It does not keep to its contract.');
              return Promise.resolve({ done: false, value: '' });
            },
          };
          return throwing;
        },
        resolve: () => '',
      }),
    );
  },
  open: () => ({ services: [] }),
};

describe.each(['shared', 'unshared'])('%s', (fanOut) => {
  let app: App;
  let alice: Person;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const database = await openTestDatabase();
    app = await createApp({
      config: parseConfig(
        { HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database.url, FANOUT: fanOut },
        'dev',
      ),
      logger: pino({ level: 'error' }, { write: () => void (logged += 1) }),
      modules: [gated],
    });
    alice = await connect(app, 'alice', { scope: 'sessions:revoke' });
    close = async () => {
      await alice[Symbol.asyncDispose]();
      await app.close();
      await database.drop();
    };
  });
  afterAll(() => close());
  beforeEach(() => {
    asked = 0;
    opened = 0;
    done = 0;
    untidy = 0;
    logged = 0;
    gate = new Promise((resolve) => (openGate = resolve));
  });

  it('who hangs up while their event stream is being opened leaves nothing behind', async () => {
    const { hostname, port } = new URL(app.url);
    const body = JSON.stringify({ query: 'subscription { waited }' });
    const socket = connectTcp(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n` +
        `authorization: Bearer ${alice.token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await vi.waitFor(() => expect(asked).toBe(1));
    socket.destroy();
    await once(socket, 'close');
    // By then the server has noticed.
    for (let round = 0; round < 3; round += 1) await alice.request('{ viewer { id } }');
    const { tails } = app.runtime;
    openGate();
    await vi.waitFor(() => expect(opened).toBe(1));
    for (let round = 0; round < 3; round += 1) await alice.request('{ viewer { id } }');
    await vi.waitFor(() =>
      expect(app.runtime.figures.total).toMatchObject({ connections: 0, subscriptions: 0 }),
    );
    await vi.waitFor(() => expect(tails.size).toBe(0));
  });

  it('what waits its turn is not carried out for somebody whose sessions are revoked meanwhile', async () => {
    await using bob = await connect(app, 'bob');
    await using raw = await openGreetedSocket(app, bob.token);
    const subscribe = (id: string, query: string) => ({ type: 'subscribe', id, payload: { query } });
    raw.sendTogether(
      ...Array.from({ length: 32 }, (_, index) => subscribe(`wait ${index}`, '{ wait }')),
      subscribe('act', 'mutation { act }'),
    );
    await vi.waitFor(() => expect(asked).toBe(32));
    await alice.request('mutation { revokeSessions(userId: "bob") { closedConnections } }');
    expect((await raw.closed()).code).toBe(4401);
    openGate();
    for (let round = 0; round < 3; round += 1) await alice.request('{ viewer { id } }');
    expect(done).toBe(0);
  });

  it('an id that is taken up again twice while it is given up ends the connection, and leaves nothing behind', async () => {
    await using raw = await openGreetedSocket(app, alice.token);
    const subscribe = { type: 'subscribe', id: '1', payload: { query: 'subscription { waited }' } };
    raw.sendTogether(subscribe, { type: 'complete', id: '1' }, subscribe, subscribe);
    expect((await raw.closed()).code).toBe(4409);
    openGate();
    for (let round = 0; round < 3; round += 1) await alice.request('{ viewer { id } }');
    await vi.waitFor(() => expect(app.runtime.figures.total.subscriptions).toBe(0));
    await vi.waitFor(() => expect(app.runtime.tails.size).toBe(0));
  });

  it('who gives up what is still being opened, again and again, is not listened to meanwhile', async () => {
    await using raw = await openGreetedSocket(app, alice.token);
    const times = 3_000;
    for (let n = 0; n < times; n += 1) {
      raw.send({ type: 'subscribe', id: `${n}`, payload: { query: 'subscription { waited }' } });
      raw.send({ type: 'complete', id: `${n}` });
    }
    raw.send({ type: 'ping' });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(100));
    // Others are; by then everything has been read that will be.
    for (let round = 0; round < 20; round += 1) await alice.request('{ viewer { id } }');
    expect(asked).toBeLessThan(times / 2);
    openGate();
    expect(await raw.next()).toEqual({ type: 'pong' });
    await vi.waitFor(() => expect(opened).toBe(times));
    await vi.waitFor(() => expect(app.runtime.tails.size).toBe(0));
  });

  describe('what a module can not tidy up is logged, and takes nobody else along:', () => {
    it('of an event stream that was left', async () => {
      openGate();
      const events = await openEvents(app, alice.token, { query: 'subscription { careless }' });
      await events.next();
      events.leave();
      await vi.waitFor(() => expect(untidy).toBeGreaterThan(0));
      await vi.waitFor(() => expect(logged).toBe(untidy));
      await alice.request('{ viewer { id } }');
    });

    it.each(['while it was being opened', 'while it was live'])(
      'of a subscription that was given up %s',
      async (when) => {
        await using raw = await openGreetedSocket(app, alice.token);
        raw.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { careless }' } });
        await vi.waitFor(() => expect(asked).toBe(1));
        if (when === 'while it was live') {
          openGate();
          expect((await raw.next()).type).toBe('next');
        }
        raw.sendTogether({ type: 'complete', id: '1' }, { type: 'ping' });
        expect((await raw.next()).type).toBe('pong');
        openGate();
        await vi.waitFor(() => expect(untidy).toBe(1));
        await vi.waitFor(() => expect(logged).toBe(1));
        raw.send({ type: 'ping' });
        expect((await raw.next()).type).toBe('pong');
      },
    );
  });

  it('a module’s source that throws instead of rejecting ends its subscription with an error', async () => {
    await using raw = await openGreetedSocket(app, alice.token);
    raw.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { throwing }' } });
    expect((await raw.next()).type).toBe('next');
    expect(await raw.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'INTERNAL' } }],
    });
  });
});
