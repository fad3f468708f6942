// One execution for a whole audience, whichever way each of it listens. A resolver of a module of one's own counts.
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import {
  createApp,
  objectRef,
  openEventStream,
  parseConfig,
  StreamEvent,
  toTopic,
  type EntryOf,
  type TidingsModule,
} from '../../src/index.ts';
import { connect } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { openEvents } from '../support/event-source.ts';

type Tick = EntryOf<{ readonly text: string }>;
interface Told {
  readonly ticked: { readonly text: string; readonly cursor: string };
}

const topic = toTopic({ workspace: 'demo', kind: 'ticks', key: 'all' });
const subscription = 'subscription { ticked { text cursor } }';

/** `onExecuted` is told the text of each event as often as it is executed. */
const ticks = (onExecuted: (text: string) => void): TidingsModule => ({
  name: 'test.ticks',
  define(builder) {
    const TickType = objectRef<Tick>('Tick');
    builder.objectType(TickType, {
      interfaces: [StreamEvent],
      fields: (t) => ({
        text: t.string({
          resolve: ({ payload }) => {
            onExecuted(payload.text);
            return payload.text;
          },
        }),
      }),
    });
    builder.subscriptionField('ticked', (t) =>
      t.field({
        type: TickType,
        subscribe: (_root, _args, context) =>
          openEventStream(context, { topic, after: null, anewFrom: '`ticks`', authorize: () => 'everybody' }),
        resolve: (entry) => entry as Tick,
      }),
    );
  },
  open: () => ({ services: [] }),
});

it.each([
  ['shared', 1],
  ['unshared', 4],
])('%s: two over WebSockets and two over server-sent events cost %i', async (fanOut, executions) => {
  const executed: string[] = [];
  const database = await openTestDatabase();
  const env = { HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database.url, FANOUT: fanOut };
  const app = await createApp({
    config: parseConfig(env, 'dev'),
    logger: pino({ level: 'silent' }),
    modules: [ticks((text) => executed.push(text))],
  });
  try {
    await using alice = await connect(app, 'alice');
    await using bob = await connect(app, 'bob');
    const overWebSockets = [alice.subscribe<Told>(subscription), bob.subscribe<Told>(subscription)];
    const overHttp = await Promise.all(
      [alice, bob].map(({ token }) => openEvents(app, token, { query: subscription })),
    );
    const nextOfAll = (): Promise<Told[]> =>
      Promise.all([
        ...overWebSockets.map((subscribed) => subscribed.next()),
        ...overHttp.map(async (events) => {
          const data = (await events.next())?.data as { readonly data: Told } | undefined;
          if (data === undefined) throw new Error('The stream has ended.');
          return data.data;
        }),
      ]);
    const publish = (text: string) =>
      app.runtime.log.write(async (write) => {
        await write.take([topic]);
        write.append({ topic, payload: { text } });
      });
    await vi.waitFor(() => expect(app.runtime.figures.total.subscriptions).toBe(4));

    for (const text of ['the first', 'the second']) {
      const next = nextOfAll();
      await publish(text);
      const told = await next;
      expect(told.map(({ ticked }) => ticked.text)).toEqual([text, text, text, text]);
      expect(new Set(told.map(({ ticked }) => ticked.cursor)).size).toBe(1);
    }
    expect(executed.filter((text) => text === 'the second')).toHaveLength(executions);
    for (const events of overHttp) events.leave();
  } finally {
    await app.close();
    await database.drop();
  }
});
