// Sharing changes nothing that anybody is told: two nodes of one server, one shares executions and one does not, the same
// people on both, and every subscription with every field selected. What arrives is compared byte by byte.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { post } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { everyRootField } from '../support/every-field.ts';
import { everyScope } from '../support/every-scope.ts';
import { openGreetedSocket, type RawSocket } from '../support/raw-socket.ts';
import { startServer, type TestServer } from '../support/server.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const subscriptions = everyRootField(sdl, { depth: 5 }).filter(({ kind }) => kind === 'subscription');
const workspace = 'acme';
/** Each with two connections, so that there is something to share for whatever depends on the viewer as well. */
const people = {
  alice: {},
  bob: {},
  sue: { roles: ['staff'] },
  otto: { roles: ['staff', 'operator'] },
} as const;
type Name = keyof typeof people;
const names = Object.keys(people) as Name[];
const places = ['shared', 'unshared'] as const;
type Place = (typeof places)[number];

/** With every field, and these arguments. */
function everythingOf(name: string, args: string): string {
  const field = subscriptions.find((known) => known.name === name);
  if (field === undefined) throw new Error(`There is no subscription ${name}.`);
  return field.operation.replace(/^subscription \{ \w+(\([^)]*\))?/, `subscription { ${name}${args}`);
}

/** The texts of all messages that one subscription has brought, on each of the nodes. */
class Watched {
  readonly field: string;
  readonly messages: Readonly<Record<Place, string[]>> = { shared: [], unshared: [] };
  constructor(field: string) {
    this.field = field;
  }
  get counts(): readonly number[] {
    return places.map((place) => this.messages[place].length);
  }
}

class Viewer {
  readonly sockets: Readonly<Record<Place, RawSocket>>;
  readonly watched = new Map<string, Watched>();

  constructor(sockets: Readonly<Record<Place, RawSocket>>) {
    this.sockets = sockets;
    for (const place of places) {
      sockets[place].socket.on('message', (bytes: Buffer) => {
        const text = bytes.toString('utf8');
        const { id } = JSON.parse(text) as { id: string };
        this.watched.get(id)?.messages[place].push(text);
      });
    }
  }

  /** As `id`, on both nodes. */
  watch(id: string, field: string, query: string): Watched {
    const watched = new Watched(field);
    this.watched.set(id, watched);
    for (const place of places) this.sockets[place].send({ type: 'subscribe', id, payload: { query } });
    return watched;
  }
}

let servers: Readonly<Record<Place, TestServer>>;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openTestDatabase();
  const env = { DATABASE_URL: database.url, REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '' };
  const [shared, unshared] = await Promise.all(
    places.map((place) => startServer({ env: { ...env, FANOUT: place } })),
  );
  servers = { shared: shared!, unshared: unshared! };
  close = async () => {
    await Promise.all(places.map((place) => servers[place].stop()));
    await database.drop();
  };
}, 120_000);
afterAll(() => close());

const until = (assertion: () => void): Promise<void> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 5 });

describe('what is shared', () => {
  test('is byte for byte what everybody would have been told alone', { timeout: 120_000 }, async () => {
    const tokens = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const claims = { user: name, name, workspace, scope: everyScope.join(' '), ...people[name] };
          return [
            name,
            await signDevelopmentToken({
              ...claims,
              roles: [...((people[name] as { roles?: readonly string[] }).roles ?? [])],
            }),
          ] as const;
        }),
      ),
    ) as Record<Name, string>;
    const act = async (name: Name, operation: string): Promise<any> => {
      const { body } = await post(
        servers.shared.url,
        { query: operation },
        { authorization: `Bearer ${tokens[name]}` },
      );
      expect(body.errors, operation).toBeUndefined();
      return Object.values(body.data ?? {})[0];
    };
    const viewers: { name: Name; viewer: Viewer }[] = [];
    for (const name of [...names, ...names]) {
      const [shared, unshared] = await Promise.all(
        places.map((place) => openGreetedSocket(servers[place], tokens[name])),
      );
      viewers.push({ name, viewer: new Viewer({ shared: shared!, unshared: unshared! }) });
    }
    const everybody = (id: string, field: string, args: string, who: readonly Name[] = names): Watched[] =>
      viewers
        .filter(({ name }) => who.includes(name))
        .map(({ viewer }) => viewer.watch(id, field, everythingOf(field, args)));

    // Something to follow.
    const order = (status: string, note: string) =>
      act(
        'sue',
        `mutation { publishOrderUpdate(input: { orderId: "o", customerId: "alice", status: ${status}, note: "${note}", total: { amount: "9.90", currency: "EUR" }, data: { u: ["\\" ü", null, 1.5] } }) { update { cursor } } }`,
      );
    const booking = (status: string) =>
      act(
        'sue',
        `mutation { publishBookingUpdate(input: { bookingId: "b", customerId: "alice", status: ${status}, serviceName: "Haircut ✂" }) { update { cursor } } }`,
      );
    await order('PENDING', 'first');
    await booking('REQUESTED');
    const { conversation } = (await act(
      'alice',
      'mutation { createConversation(input: { participantIds: ["bob", "sue"], title: "Us" }) { conversation { id cursor } } }',
    )) as { conversation: { id: string; cursor: string } };
    const inIt = `conversationId: "${conversation.id}"`;
    const send = (name: Name, body: string) =>
      act(
        name,
        `mutation { sendMessage(input: { ${inIt}, body: "${body}", attachments: [{ url: "https://example.com/a.png", name: "a", contentType: "image/png", size: 3 }] }) { message { id } } }`,
      ) as Promise<{ message: { id: string } }>;
    const first = await send('alice', 'Before anybody follows');

    const talkers: readonly Name[] = ['alice', 'bob', 'sue'];
    everybody('order', 'orderUpdated', '(orderId: "o")', ['alice', 'sue', 'otto']);
    everybody('orders', 'orderUpdated', '', ['alice', 'bob']);
    everybody('booking', 'bookingUpdated', '(bookingId: "b")');
    everybody('alert', 'inventoryAlert', '');
    everybody('announcement', 'announcement', '');
    everybody('roomEvent', 'roomEvent', '(room: "public:r")');
    everybody('notification', 'notification', '');
    everybody('filtered', 'notification', '(types: [ORDER, SYSTEM])');
    const messages = everybody('message', 'chatMessage', `(${inIt})`, talkers);
    everybody('history', 'chatMessage', `(${inIt}, after: "${conversation.cursor}")`, talkers);
    const lists = everybody('list', 'conversationUpdated', '', talkers);
    const typing = everybody('typing', 'typing', `(${inIt})`, talkers);
    const receipts = everybody('receipts', 'readReceipt', `(${inIt})`, talkers);
    const presence = everybody('presence', 'presenceChanged', '(userIds: ["bob"])');
    const members = everybody('room', 'roomPresence', '(room: "public:r", join: true)');
    const stats = everybody('stats', 'serverStats', '', ['otto']);
    const refused = everybody('refused', 'serverStats', '', ['alice']);
    // All of them are there once each has brought something, or can bring what follows.
    await until(() => {
      for (const watched of [...presence, ...stats, ...refused, ...members])
        expect(Math.min(...watched.counts)).toBeGreaterThan(0);
      expect(
        members.every((one) => places.every((place) => one.messages[place].at(-1)?.includes('"count":4'))),
      ).toBe(true);
    });
    let orders = 0;
    await vi.waitFor(
      async () => {
        orders += 1;
        await order('CONFIRMED', `round ${orders}`);
        await act(
          'sue',
          `mutation { publishRoomEvent(input: { room: "public:r", name: "round" }) { event { cursor } } }`,
        );
        for (const { viewer } of viewers) {
          const late = [...viewer.watched].filter(([id]) => ['order', 'roomEvent'].includes(id));
          for (const [, watched] of late) expect(Math.min(...watched.counts)).toBeGreaterThan(0);
        }
      },
      { timeout: 20_000, interval: 50 },
    );

    // Each waits until it was told: a conversation is told as it stands when it is delivered.
    let told = 0;
    const step = async (work: () => Promise<unknown>, count: number): Promise<void> => {
      await work();
      told += count;
      await until(() => {
        const totals = places.map((place) => lists.reduce((sum, one) => sum + one.messages[place].length, 0));
        expect(totals).toEqual([told, told]);
      });
    };
    // Six of each node follow their lists: three people, twice.
    let second = { message: { id: '' } };
    await step(async () => (second = await send('bob', String.raw`Hello \"you\" \\ ü 😀`)), 6);
    await step(
      () =>
        act(
          'bob',
          `mutation { editMessage(input: { messageId: "${second.message.id}", body: "Hello!" }) { cursor } }`,
        ),
      6,
    );
    await step(
      () =>
        act(
          'alice',
          `mutation { markConversationRead(${inIt}, messageId: "${second.message.id}") { unreadCount } }`,
        ),
      2,
    );
    await step(
      () =>
        act(
          'sue',
          `mutation { markConversationRead(${inIt}, messageId: "${first.message.id}") { unreadCount } }`,
        ),
      2,
    );
    await step(
      () => act('bob', `mutation { deleteMessage(messageId: "${second.message.id}") { cursor } }`),
      6,
    );
    everybody('late', 'chatMessage', `(${inIt}, after: "${conversation.cursor}")`, ['alice', 'sue']);
    await act('bob', `mutation { setTyping(${inIt}, isTyping: true) { isTyping } }`);
    await until(() => {
      for (const one of typing.slice(0, 1)) expect(Math.min(...one.counts)).toBeGreaterThan(0);
    });
    await act('bob', `mutation { setTyping(${inIt}, isTyping: false) { isTyping } }`);
    await act(
      'otto',
      'mutation { publishInventoryAlert(input: { kind: LOW_STOCK, productId: "p", productName: "P", stockLevel: 1 }) { alert { cursor } } }',
    );
    await act(
      'otto',
      'mutation { publishAnnouncement(input: { message: "Hear ye", level: WARNING, public: true }) { announcement { cursor } } }',
    );
    for (const type of ['ORDER', 'ALERT', 'SYSTEM']) {
      await act(
        'otto',
        `mutation { sendNotification(input: { userIds: ["alice", "bob", "sue", "otto"], type: ${type}, title: "${type}", body: "B", data: { n: 1 } }) { recipientCount } }`,
      );
    }
    for (const name of names) await act(name, 'mutation { markAllNotificationsRead { unreadCount } }');
    await step(
      () =>
        act('alice', `mutation { removeParticipants(${inIt}, userIds: ["bob"]) { conversation { id } } }`),
      6,
    );
    await step(() => send('alice', 'Among ourselves'), 4);
    await booking('CONFIRMED');
    await order('DELIVERED', 'last');

    const isComplete = (watched: Watched, place: Place) =>
      watched.messages[place].at(-1)?.includes('"type":"complete"');
    await until(() => {
      for (const { name, viewer } of viewers) {
        const last = (id: string, place: Place) => viewer.watched.get(id)?.messages[place].at(-1) ?? '';
        for (const place of places) {
          if (viewer.watched.has('order')) expect(last('order', place)).toContain('"note":"last"');
          if (name === 'alice') expect(last('orders', place)).toContain('"note":"last"');
          if (name !== 'bob') expect(last('booking', place)).toContain('"CONFIRMED"');
          expect(last('announcement', place)).toContain('Hear ye');
          expect(last('alert', place)).toContain('LOW_STOCK');
          for (const id of ['notification', 'filtered']) expect(last(id, place)).toContain('"READ"');
          if (name === 'bob') {
            // What they had been shown ends; graphql-ws says `complete` behind an error only where it was not told of one.
            for (const id of ['message', 'history', 'typing', 'receipts'])
              expect(last(id, place)).toMatch(/FORBIDDEN|complete/);
          } else if (talkers.includes(name)) {
            for (const id of name === 'alice' || name === 'sue' ? ['message', 'history', 'late'] : []) {
              expect(last(id, place)).toContain('Among ourselves');
            }
          }
        }
      }
    });
    void isComplete;
    void messages;

    for (const { name, viewer } of viewers) {
      for (const [
        id,
        {
          field,
          messages: { shared, unshared },
        },
      ] of viewer.watched) {
        const where = `${name}: ${id}`;
        if (field === 'serverStats' && name === 'otto') {
          // Figures of different moments: the same fields of them.
          const keysOf = (text = '{}') => text.replaceAll(/:(?:[\d.]+|null)/g, ':0');
          expect(keysOf(shared[0]), where).toBe(keysOf(unshared[0]));
        } else if (['typing', 'readReceipt', 'presenceChanged', 'roomPresence'].includes(field)) {
          // Live state: not every value in between, and the time that is left is less by the time it took.
          const timeless = (text = '') => text.replaceAll(/"expiresInMs":\d+/g, '"expiresInMs":0');
          expect(timeless(shared.at(-1)), where).toBe(timeless(unshared.at(-1)));
          const all = new Set(unshared.map(timeless));
          if (field === 'typing' || field === 'readReceipt')
            for (const text of shared) expect(all, where).toContain(timeless(text));
        } else {
          expect(shared, where).toEqual(unshared);
        }
      }
    }
    // Each field of the schema was among them, and had something to compare.
    const compared = viewers.flatMap(({ viewer }) => [...viewer.watched.values()]);
    for (const { name } of subscriptions) {
      const found = compared.filter(
        ({ field, messages: { shared } }) => field === name && shared.some((text) => text.includes('"data"')),
      );
      expect(found.length, name).toBeGreaterThan(0);
    }
    expect(receipts.length).toBe(6);
    for (const { viewer } of viewers)
      for (const place of places) await viewer.sockets[place][Symbol.asyncDispose]();
  });
});
