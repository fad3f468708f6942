// Members of audiences on a small schema: what is executed how often, in which order it is told, and how it ends.
import { parse, type ExecutionResult } from 'graphql';
import { pino } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Session } from '../auth/session.ts';
import type { Viewer } from '../auth/viewer.ts';
import { createBuilder } from '../schema/builder.ts';
import { createContext, type Context, type Runtime } from '../schema/context.ts';
import { ConflatingQueue } from '../streams/conflating-queue.ts';
import type { Failure } from '../streams/push-iterator.ts';
import type { EventResult } from './event-result.ts';
import { createFanOut, type FanOut } from './fan-out.ts';
import { Member, type Receiver } from './member.ts';

interface Event {
  readonly text: string;
}

/** A source of its own for each subscriber, as streams have them; told apart by topic and class where they have them. */
class Source extends ConflatingQueue<object, Event> {
  topic = 't';
  authorizationClass = 'everybody';
  released = false;
  constructor() {
    super(() => (this.released = true));
  }
  /** Past whatever it would wait in, as streams do while nothing waits. */
  hand(event: Event): void {
    if (!this.handOver(event)) this.push(event, event);
  }
}

let sources: Source[];
let executed: string[];
let gates: Map<string, Promise<void>>;
let confirming: Promise<void> | null;
let confirm: () => Promise<void> | null;
let fanOut: FanOut;

const schema = (() => {
  const builder = createBuilder();
  const EventRef = builder.objectRef<Event>('Event').implement({
    fields: (t) => ({
      text: t.string({
        resolve: async ({ text }) => {
          executed.push(text);
          return text;
        },
      }),
      quick: t.string({
        resolve({ text }) {
          executed.push(text);
          return text;
        },
      }),
      gated: t.string({
        resolve: async ({ text }) => {
          executed.push(text);
          await gates.get(text);
          return text;
        },
      }),
      mine: t.string({
        perViewer: true,
        resolve({ text }, _args, { viewer }) {
          executed.push(`${viewer.id} ${text}`);
          return `${text} for ${viewer.id}`;
        },
      }),
      loaded: t.string({
        atDelivery: true,
        resolve: async ({ text }, _args, { viewer }) => {
          executed.push(`${viewer.id} ${text}`);
          return `${text} for ${viewer.id}, now`;
        },
      }),
      forgotten: t.string({ nullable: true, resolve: (_event, _args, { viewer }) => viewer.id }),
      huge: t.field({ type: 'JSON', resolve: () => 1n }),
    }),
  });
  const WordRef = builder.objectRef<string>('Word').implement({
    fields: (t) => ({ quick: t.string({ resolve: (word) => word }) }),
  });
  builder.scalarType('JSON', { serialize: (value) => value });
  builder.scalarType('Cursor', { serialize: (value) => value, parseValue: String });
  builder.queryType({ fields: (t) => ({ none: t.string({ resolve: () => '' }) }) });
  builder.subscriptionType({
    fields: (t) => ({
      event: t.field({
        type: EventRef,
        args: { of: t.arg.string(), after: t.arg({ type: 'Cursor' }) },
        subscribe() {
          const source = new Source();
          sources.push(source);
          return source;
        },
        // A cursor says where a subscription begins: no event is told otherwise for it.
        resolve: (event, { after }) => (after == null ? event : { text: `${event.text} after ${after}` }),
      }),
      words: t.field({
        type: WordRef,
        async *subscribe() {
          yield* ['one', 'two'];
        },
        resolve: (word) => word,
      }),
      changing: t.field({
        type: EventRef,
        async *subscribe() {
          const event = { text: 'one' };
          yield event;
          event.text = 'two';
          yield event;
        },
        resolve: (event) => event,
      }),
      counted: t.field({
        type: EventRef,
        async *subscribe() {
          yield { text: 'one' };
          yield { text: 'two' };
        },
        resolve: (event) => event,
      }),
    }),
  });
  return builder.toSchema();
})();

/** The same document for the same text, as the transports give it. */
const documents = new Map<string, ReturnType<typeof parse>>();
function documentOf(text: string) {
  const document = documents.get(text) ?? parse(text);
  documents.set(text, document);
  return document;
}

const viewerOf = (id: string, roles: readonly string[] = []): Viewer => ({
  id,
  workspace: 'acme',
  name: id,
  avatarUrl: null,
  roles: new Set(roles),
  scopes: new Set(),
  rooms: [],
  issuedAt: new Date(0),
  expiresAt: new Date(0),
  verifiedUntil: null,
});

class TestReceiver implements Receiver {
  readonly told: string[] = [];
  failure: Failure | null | undefined;
  isReady = true;
  #resume: (() => void) | null = null;
  /** Whether somebody waits for room. */
  get isAwaited(): boolean {
    return this.#resume !== null;
  }
  onceReady(resume: () => void): void {
    this.#resume = resume;
  }
  forget(resume: () => void): void {
    if (this.#resume === resume) this.#resume = null;
  }
  receive({ payload }: EventResult): void {
    this.told.push(payload.toString('utf8'));
  }
  end(failure: Failure | null): void {
    this.failure = failure;
  }
  makeReady(): void {
    this.isReady = true;
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }
}

interface Subscribed {
  readonly member: Member;
  readonly receiver: TestReceiver;
  readonly session: { viewer: Viewer };
}

async function subscribe(
  selection: string,
  {
    as = viewerOf('alice'),
    variables = {},
    field = 'event',
  }: { as?: Viewer; variables?: Record<string, unknown>; field?: string } = {},
): Promise<Subscribed> {
  const session = { viewer: as, workspace: 'acme', requireViewer: () => session.viewer };
  const context: Context = createContext({} as Runtime, session as unknown as Session, null);
  const query = `subscription S($of: String, $after: Cursor) { ${field}${field === 'event' ? '(of: $of, after: $after)' : ''} { ${selection} } }`;
  const opened = await fanOut.open({
    schema,
    document: documentOf(query),
    operationName: 'S',
    variableValues: variables,
    contextValue: context,
  });
  if (!(opened instanceof Member)) throw new Error(JSON.stringify(opened));
  const receiver = new TestReceiver();
  opened.deliverTo(receiver);
  return { member: opened, receiver, session };
}

/** To all sources, as a tail does. */
function tell(text: string): void {
  const event = { text };
  for (const source of sources) source.push(event, event);
}
/** What is `gated` waits behind it, until the function that it answers is called. */
function closeGate(text: string): () => void {
  let open = (): void => undefined;
  gates.set(text, new Promise((resolve) => (open = resolve)));
  return () => open();
}
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));
const data = (fields: object) => JSON.stringify({ data: { event: fields } });

beforeEach(() => {
  sources = [];
  executed = [];
  gates = new Map();
  confirming = null;
  confirm = () => confirming;
  fanOut = createFanOut({
    schema,
    logger: pino({ level: 'silent' }),
    confirm: () => confirm(),
    toClientResult: (result: ExecutionResult) => result,
  });
});

describe('one event is executed', () => {
  test('once for all who are shown the same', async () => {
    const all = await Promise.all(
      ['alice', 'bob', 'carol'].map((id) => subscribe('quick', { as: viewerOf(id) })),
    );
    tell('a');
    tell('b');
    expect(executed).toEqual(['a', 'b']);
    for (const { receiver } of all)
      expect(receiver.told).toEqual([data({ quick: 'a' }), data({ quick: 'b' })]);
    expect(fanOut.size).toBe(1);
  });

  test('and turned into bytes once', async () => {
    const stringify = vi.spyOn(JSON, 'stringify');
    const all = await Promise.all(
      ['alice', 'bob', 'carol'].map((id) => subscribe('quick', { as: viewerOf(id) })),
    );
    stringify.mockClear();
    tell('a');
    expect(stringify).toHaveBeenCalledTimes(1);
    expect(all).toHaveLength(3);
  });

  test('once where a resolver waits, and told in order', async () => {
    const [one, two] = [await subscribe('gated'), await subscribe('gated', { as: viewerOf('bob') })];
    const open = closeGate('a');
    tell('a');
    tell('b');
    await settled();
    expect(executed).toEqual(['a']);
    open();
    await settled();
    expect(executed).toEqual(['a', 'b']);
    for (const { receiver } of [one, two])
      expect(receiver.told).toEqual([data({ gated: 'a' }), data({ gated: 'b' })]);
  });

  test('for each viewer where a field depends on them, and once for all of their connections', async () => {
    const [one, two, other] = [
      await subscribe('mine'),
      await subscribe('mine'),
      await subscribe('mine', { as: viewerOf('bob') }),
    ];
    tell('a');
    expect(executed).toEqual(['alice a', 'bob a']);
    expect(one.receiver.told).toEqual([data({ mine: 'a for alice' })]);
    expect(two.receiver.told).toEqual(one.receiver.told);
    expect(other.receiver.told).toEqual([data({ mine: 'a for bob' })]);
  });

  test('anew where it is loaded at delivery and delivered later', async () => {
    const [one, two, slow] = [
      await subscribe('loaded'),
      await subscribe('loaded'),
      await subscribe('loaded'),
    ];
    slow.receiver.isReady = false;
    tell('a');
    await settled();
    expect(executed).toEqual(['alice a']);
    expect([one, two].map(({ receiver }) => receiver.told.length)).toEqual([1, 1]);
    slow.receiver.makeReady();
    await settled();
    expect(executed).toEqual(['alice a', 'alice a']);
    expect(slow.receiver.told).toEqual(one.receiver.told);
  });

  test.each([
    ['another selection', { selection: 'quick text' }, {}],
    ['other variables', {}, { variables: { of: 'x' } }],
  ])(
    'for itself where somebody asks for %s',
    async (_title, { selection = 'quick' }: { selection?: string }, options) => {
      await subscribe('quick');
      await subscribe(selection, options);
      tell('a');
      await settled();
      expect(executed.length).toBeGreaterThan(1);
      expect(fanOut.size).toBe(2);
    },
  );

  test('together where only the cursor to go on from differs', async () => {
    const all = [
      await subscribe('quick', { variables: { after: '1' } }),
      await subscribe('quick', { variables: { after: '2' } }),
    ];
    tell('a');
    expect(executed).toEqual(['a']);
    for (const { receiver } of all) expect(receiver.told).toEqual([data({ quick: 'a' })]);
  });
});

test('a shared execution knows no viewer: a field that reads one says how to mark it', async () => {
  const { receiver } = await subscribe('forgotten');
  tell('a');
  expect(receiver.told[0]).toContain('mark the field `perViewer: true`');
});

describe('who is shown something else by now', () => {
  test('joins the audience of their new class', async () => {
    const [moved, other] = [await subscribe('quick'), await subscribe('quick')];
    tell('a');
    sources[0]!.authorizationClass = 'staff';
    tell('b');
    expect(executed).toEqual(['a', 'b', 'b']);
    expect(fanOut.size).toBe(2);
    expect(moved.receiver.told).toEqual(other.receiver.told);
  });

  test('is the viewer of their renewed token', async () => {
    const [renewed, other] = [await subscribe('mine'), await subscribe('mine')];
    tell('a');
    renewed.session.viewer = viewerOf('alice', ['staff']);
    tell('b');
    expect(executed).toEqual(['alice a', 'alice b', 'alice b']);
    expect(renewed.receiver.told).toEqual(other.receiver.told);
  });
});

describe('a receiver without room', () => {
  test('is handed nothing, and the newest when there is room', async () => {
    const { receiver } = await subscribe('quick');
    receiver.isReady = false;
    const source = sources[0]!;
    const key = {};
    source.push(key, { text: 'old' });
    source.push(key, { text: 'new' });
    expect(executed).toEqual([]);
    receiver.makeReady();
    expect(receiver.told).toEqual([data({ quick: 'new' })]);
  });

  test('keeps nobody waiting', async () => {
    const [slow, quick] = [await subscribe('quick'), await subscribe('quick')];
    slow.receiver.isReady = false;
    tell('a');
    expect(quick.receiver.told).toEqual([data({ quick: 'a' })]);
    slow.receiver.makeReady();
    expect(slow.receiver.told).toEqual(quick.receiver.told);
    expect(executed).toEqual(['a']);
  });
});

describe('before anything is told', () => {
  test('it is confirmed', async () => {
    let sure = (): void => undefined;
    const { receiver } = await subscribe('quick');
    confirming = new Promise((resolve) => (sure = resolve));
    tell('a');
    await settled();
    expect(receiver.told).toEqual([]);
    confirming = null;
    sure();
    await settled();
    expect(receiver.told).toEqual([data({ quick: 'a' })]);
  });

  test('nor is anything handed over past it', async () => {
    let sure = (): void => undefined;
    const { receiver } = await subscribe('quick');
    confirming = new Promise((resolve) => (sure = resolve));
    sources[0]?.hand({ text: 'a' });
    expect(receiver.told).toEqual([]);
    confirming = null;
    sure();
    await settled();
    sources[0]?.hand({ text: 'b' });
    expect(receiver.told).toEqual([data({ quick: 'a' }), data({ quick: 'b' })]);
  });

  test('it is confirmed once, also where nobody can be sure for long', async () => {
    let asked = 0;
    confirm = () => {
      asked += 1;
      return Promise.resolve();
    };
    const all = [await subscribe('quick'), await subscribe('quick')];
    tell('a');
    tell('b');
    sources.forEach((source) => source.hand({ text: 'c' }));
    await settled();
    for (const { receiver } of all)
      expect(receiver.told).toEqual(['a', 'b', 'c'].map((quick) => data({ quick })));
    expect(asked).toBe(6);
  });

  test('it waits for room once it is confirmed: others have waited for the same', async () => {
    let sure = (): void => undefined;
    const { receiver } = await subscribe('quick');
    confirming = new Promise((resolve) => (sure = resolve));
    tell('a');
    confirming = null;
    receiver.isReady = false;
    sure();
    await settled();
    expect(receiver.told).toEqual([]);
    tell('b');
    receiver.makeReady();
    await settled();
    expect(receiver.told).toEqual(['a', 'b'].map((quick) => data({ quick })));
  });

  test.each(['before', 'behind'])('who has gone %s it is confirmed waits for no room', async (when) => {
    let sure = (): void => undefined;
    const { member, receiver } = await subscribe('quick');
    confirming = new Promise((resolve) => (sure = resolve));
    if (when === 'behind') tell('a');
    receiver.isReady = false;
    if (when === 'before') tell('a');
    sure();
    await settled();
    expect(receiver.isAwaited).toBe(true);
    member.stop();
    expect(receiver.isAwaited).toBe(false);
    receiver.makeReady();
    await settled();
    expect(receiver.told).toEqual([]);
  });

  test('what was to be confirmed is not told where access ends at once', async () => {
    let sure = (): void => undefined;
    const { receiver } = await subscribe('quick');
    confirming = new Promise((resolve) => (sure = resolve));
    tell('a');
    const error = new Error('no access any more');
    sources[0]!.fail(error, 'at-once');
    sure();
    await settled();
    expect(receiver.told).toEqual([]);
    expect(receiver.failure).toEqual({ error });
  });

  test('what took its time is confirmed when it is there', async () => {
    const { receiver } = await subscribe('gated');
    const open = closeGate('a');
    tell('a');
    const refused = new Error('not sure');
    confirming = Promise.reject(refused);
    confirming.catch(() => undefined);
    open();
    await settled();
    expect(receiver.told).toEqual([]);
    expect(receiver.failure).toEqual({ error: refused });
    expect(sources[0]!.released).toBe(true);
  });
});

describe('the end', () => {
  test('comes behind a result that is on its way', async () => {
    const { receiver } = await subscribe('gated');
    const open = closeGate('a');
    tell('a');
    const error = new Error('over');
    sources[0]!.fail(error, 'after-queue');
    expect(receiver.failure).toBeUndefined();
    open();
    await settled();
    expect(receiver.told).toHaveLength(1);
    expect(receiver.failure).toEqual({ error });
    expect(fanOut.size).toBe(0);
  });

  test('of somebody who leaves while a result is on its way tells them nothing more', async () => {
    const [leaving, staying] = [await subscribe('gated'), await subscribe('gated')];
    const open = closeGate('a');
    tell('a');
    leaving.member.stop();
    open();
    await settled();
    expect(leaving.receiver.told).toEqual([]);
    expect(staying.receiver.told).toHaveLength(1);
    expect(sources.map(({ released }) => released)).toEqual([true, false]);
  });

  test('is what JSON can not hold, for whoever asked for it', async () => {
    const [broken, other] = [await subscribe('huge'), await subscribe('quick')];
    tell('a');
    expect(broken.receiver.failure?.error).toBeInstanceOf(TypeError);
    expect(sources[0]!.released).toBe(true);
    expect(other.receiver.told).toHaveLength(1);
  });

  test('of the last member is the end of the audience', async () => {
    const all = [await subscribe('quick'), await subscribe('quick')];
    for (const { member } of all) member.stop();
    expect(fanOut.size).toBe(0);
  });

  test('of an asynchronous generator is told behind its values', async () => {
    const { receiver } = await subscribe('quick', { field: 'counted' });
    await settled();
    expect(receiver.told.map((text) => text.replace('counted', 'event'))).toEqual([
      data({ quick: 'one' }),
      data({ quick: 'two' }),
    ]);
    expect(receiver.failure).toBeNull();
  });

  test('of generators that bring one object again and again is told as it is each time', async () => {
    const all = [
      await subscribe('quick', { field: 'changing' }),
      await subscribe('quick', { field: 'changing' }),
    ];
    await settled();
    for (const { receiver } of all) {
      expect(receiver.told.map((text) => text.replace('changing', 'event'))).toEqual([
        data({ quick: 'one' }),
        data({ quick: 'two' }),
      ]);
    }
  });

  test('of generators whose values are no objects is the same, also where several follow', async () => {
    const all = [await subscribe('quick', { field: 'words' }), await subscribe('quick', { field: 'words' })];
    await settled();
    for (const { receiver } of all) {
      expect(receiver.told.map((text) => text.replace('words', 'event'))).toEqual([
        data({ quick: 'one' }),
        data({ quick: 'two' }),
      ]);
      expect(receiver.failure).toBeNull();
    }
  });
});
