// Sharing changes nothing that anybody is told: two nodes of one server, one shares executions and one does not, the same
// people on both, and every subscription with every field selected. What arrives is compared byte by byte.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { post } from '../support/client.ts';
import { openTestDatabase } from '../support/database.ts';
import { everyRootField } from '../support/every-field.ts';
import { everyScope } from '../support/every-scope.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openTwinViewer, places, type TwinViewer, type Twins, type Watched } from '../support/twin-viewer.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const subscriptions = everyRootField(sdl, { depth: 5 }).filter(({ kind }) => kind === 'subscription');
const workspace = 'acme';
const rolesOf = { alice: [], bob: [], sue: ['staff'], otto: ['staff', 'operator'] } as const;
/** More than are executed by graphql-js alone, and beside it, see EventOperation. */
const eventsUntilCompiled = 45;
type Name = keyof typeof rolesOf;
const names = Object.keys(rolesOf) as Name[];
const liveState = ['typing', 'readReceipt', 'presenceChanged', 'roomPresence'];

/** With every field, and these arguments. */
function everythingOf(name: string, args: string): string {
  const field = subscriptions.find((known) => known.name === name);
  if (field === undefined) throw new Error(`There is no subscription ${name}.`);
  return field.operation.replace(/^subscription \{ \w+(\([^)]*\))?/, `subscription { ${name}${args}`);
}

let servers: Twins<TestServer>;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openTestDatabase();
  const env = { DATABASE_URL: database.url, REDIS_URL: process.env['TIDINGS_TEST_REDIS_URL'] ?? '' };
  const [shared, unshared] = await Promise.all([
    startServer({ env: { ...env, FANOUT: 'shared' } }),
    startServer({ env: { ...env, FANOUT: 'unshared' } }),
  ]);
  servers = { shared, unshared };
  close = async () => {
    await Promise.all([shared.stop(), unshared.stop()]);
    await database.drop();
  };
}, 120_000);
afterAll(() => close());

const until = (assertion: () => void): Promise<void> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 5 });

/** Speaks for each of the people, over HTTP. */
async function openVoices() {
  const tokens = new Map<Name, string>();
  for (const user of names) {
    const claims = { user, name: user, workspace, scope: everyScope.join(' '), roles: [...rolesOf[user]] };
    tokens.set(user, await signDevelopmentToken(claims));
  }
  return {
    tokenOf: (name: Name): string => tokens.get(name) ?? '',
    /** The value of the operation's only field. */
    async act<T>(name: Name, query: string): Promise<T> {
      const headers = { authorization: `Bearer ${tokens.get(name)}` };
      const { body } = await post(servers.shared.url, { query }, headers);
      expect(body.errors, query).toBeUndefined();
      return Object.values(body.data ?? {})[0] as T;
    },
  };
}

/** What people do; the texts hold what is easily told wrong. */
function createDeeds({ act }: Awaited<ReturnType<typeof openVoices>>) {
  return {
    order: (status: string, note: string) =>
      act(
        'sue',
        `mutation { publishOrderUpdate(input: { orderId: "o", customerId: "alice", status: ${status}, note: "${note}",
           total: { amount: "9.90", currency: "EUR" }, data: { u: ["\\" ü", null, 1.5] } }) { update { cursor } } }`,
      ),
    booking: (status: string) =>
      act(
        'sue',
        `mutation { publishBookingUpdate(input: { bookingId: "b", customerId: "alice", status: ${status},
           serviceName: "Haircut ✂" }) { update { cursor } } }`,
      ),
    notify: (type: string) =>
      act(
        'otto',
        `mutation { sendNotification(input: { userIds: ["alice", "bob", "sue", "otto"], type: ${type}, title: "${type}",
           body: "B", data: { n: 1 } }) { recipientCount } }`,
      ),
    alert: (stockLevel: number) =>
      act(
        'otto',
        `mutation { publishInventoryAlert(input: { kind: LOW_STOCK, productId: "p", productName: "P",
           stockLevel: ${stockLevel} }) { alert { cursor } } }`,
      ),
    announce: (message: string) =>
      act(
        'otto',
        `mutation { publishAnnouncement(input: { message: "${message}", level: WARNING, public: true }) {
           announcement { cursor } } }`,
      ),
    tellRoom: (name: string) =>
      act(
        'sue',
        `mutation { publishRoomEvent(input: { room: "public:r", name: "${name}", data: [1] }) { event { cursor } } }`,
      ),
    say: async (name: Name, conversationId: string, body: string) =>
      (
        await act<{ message: { id: string } }>(
          name,
          `mutation { sendMessage(input: { conversationId: "${conversationId}", body: ${JSON.stringify(body)}, attachments:
             [{ url: "https://example.com/a.png", name: "a", contentType: "image/png", size: 3 }] }) { message { id } } }`,
        )
      ).message.id,
  };
}

test(
  'what is shared is byte for byte what everybody would have been told alone',
  { timeout: 120_000 },
  async () => {
    const voices = await openVoices();
    const { act, tokenOf } = voices;
    const deeds = createDeeds(voices);
    await deeds.order('PENDING', 'first');
    await deeds.booking('REQUESTED');
    const { conversation } = await act<{ conversation: { id: string; cursor: string } }>(
      'alice',
      'mutation { createConversation(input: { participantIds: ["bob", "sue"], title: "Us" }) { conversation { id cursor } } }',
    );
    const inIt = `conversationId: "${conversation.id}"`;
    const first = await deeds.say('alice', conversation.id, 'Before anybody follows');

    // Each with two connections, so that there is something to share for what depends on the viewer as well.
    const viewers: TwinViewer[] = [];
    for (const name of [...names, ...names]) viewers.push(await openTwinViewer(name, servers, tokenOf(name)));
    const follow = (
      id: string,
      field: string,
      args: string,
      who: readonly Name[] = names,
    ): readonly Watched[] =>
      viewers
        .filter(({ name }) => who.includes(name as Name))
        .map((viewer) => viewer.watch(id, field, everythingOf(field, args)));
    /** From where it stands now, on both nodes alike. */
    const followOn = async (id: string, field: string, query: string, args: string, who = names) => {
      const watched: Watched[] = [];
      for (const name of who) {
        const { cursor } = await act<{ cursor: string }>(name, `{ ${query} { cursor } }`);
        watched.push(...follow(id, field, `(${args}after: "${cursor}")`, [name]));
      }
      return watched;
    };

    const talkers: Name[] = ['alice', 'bob', 'sue'];
    const readers: Name[] = ['alice', 'sue', 'otto'];
    await followOn('order', 'orderUpdated', 'order(id: "o")', 'orderId: "o", ', readers);
    await followOn('orders', 'orderUpdated', 'orders', '', ['alice', 'bob']);
    await followOn('booking', 'bookingUpdated', 'booking(id: "b")', 'bookingId: "b", ', readers);
    follow('no booking', 'bookingUpdated', '(bookingId: "b")', ['bob']);
    await followOn('alert', 'inventoryAlert', 'inventoryAlerts', '');
    await followOn('announcement', 'announcement', 'announcements', '');
    await followOn('room event', 'roomEvent', 'roomEvents(room: "public:r")', 'room: "public:r", ');
    await followOn('notification', 'notification', 'notifications', '');
    await followOn('filtered', 'notification', 'notifications', 'types: [ORDER, SYSTEM], ');
    await followOn('message', 'chatMessage', `conversation(id: "${conversation.id}")`, `${inIt}, `, talkers);
    follow('history', 'chatMessage', `(${inIt}, after: "${conversation.cursor}")`, talkers);
    const lists = await followOn('list', 'conversationUpdated', 'conversations', '', talkers);
    const typing = follow('typing', 'typing', `(${inIt})`, talkers);
    follow('receipts', 'readReceipt', `(${inIt})`, talkers);
    const presence = follow('presence', 'presenceChanged', '(userIds: ["bob"])');
    const stats = follow('stats', 'serverStats', '', ['otto']);
    const refused = follow('no stats', 'serverStats', '', ['alice']);
    await until(() => {
      for (const { messages } of [...presence, ...stats, ...refused]) {
        for (const place of places) expect(messages[place]).not.toEqual([]);
      }
    });

    // So many that what is compiled, and was tried for long enough, is what is compared from then on.
    for (let count = 0; count < eventsUntilCompiled; count += 1) {
      await deeds.order('PROCESSING', `${count}`);
      await deeds.booking('CONFIRMED');
      await deeds.notify('ORDER');
      await deeds.alert(count);
      await deeds.announce(`${count}`);
      await deeds.tellRoom(`${count}`);
    }

    // One after the other: those who come in one moment are told together, and moments differ.
    const members: Watched[] = [];
    for (const [index, name] of names.entries()) {
      members.push(...follow('members', 'roomPresence', '(room: "public:r", join: true)', [name]));
      await until(() => {
        for (const { messages } of members) {
          for (const place of places) expect(messages[place].at(-1)).toContain(`"count":${index + 1}`);
        }
      });
    }

    // Each waits until it was told: a conversation is told as it stands when it is delivered.
    let told = 0;
    const step = async <T>(count: number, work: () => Promise<T>): Promise<T> => {
      const result = await work();
      told += count;
      await until(() => {
        for (const place of places) {
          expect(lists.reduce((sum, { messages }) => sum + messages[place].length, 0)).toBe(told);
        }
      });
      return result;
    };
    // Six on each node follow their lists: three people, twice.
    const second = await step(6, () => deeds.say('bob', conversation.id, 'Hello "you" \\ ü 😀'));
    await step(6, () =>
      act('bob', `mutation { editMessage(input: { messageId: "${second}", body: "Hello!" }) { cursor } }`),
    );
    const read = (name: Name, id: string) =>
      act(name, `mutation { markConversationRead(${inIt}, messageId: "${id}") { unreadCount } }`);
    await step(2, () => read('alice', second));
    await step(2, () => read('sue', first));
    await step(6, () => act('bob', `mutation { deleteMessage(messageId: "${second}") { cursor } }`));
    follow('late', 'chatMessage', `(${inIt}, after: "${conversation.cursor}")`, ['alice', 'sue']);
    const type = (isTyping: boolean) =>
      act('bob', `mutation { setTyping(${inIt}, isTyping: ${isTyping}) { isTyping } }`);
    await type(true);
    const heardTyping = ({ messages }: Watched) => places.every((place) => messages[place].length > 0);
    await until(() => expect(typing.filter(heardTyping)).toHaveLength(4));
    await type(false);
    await deeds.alert(99);
    await deeds.announce('Hear ye');
    await deeds.tellRoom('told');
    for (const kind of ['ORDER', 'ALERT', 'SYSTEM']) await deeds.notify(kind);
    for (const name of names) await act(name, 'mutation { markAllNotificationsRead { unreadCount } }');
    await step(6, () =>
      act('alice', `mutation { removeParticipants(${inIt}, userIds: ["bob"]) { conversation { id } } }`),
    );
    await step(4, () => deeds.say('alice', conversation.id, 'Among ourselves'));
    await deeds.booking('CONFIRMED');
    await deeds.order('DELIVERED', 'last');

    const lastOf: Readonly<Record<string, RegExp>> = {
      order: /"note":"last"/,
      booking: /"CONFIRMED"/,
      alert: /99/,
      announcement: /Hear ye/,
      'room event': /"told"/,
      notification: /"READ"/,
      filtered: /"READ"/,
      message: /Among ourselves/,
      history: /Among ourselves/,
      late: /Among ourselves/,
      'no booking': /complete/,
      'no stats': /complete/,
    };
    await until(() => {
      for (const viewer of viewers) {
        for (const [id, watched] of viewer.watched) {
          // Whoever was removed hears that it has ended; so does whoever was refused.
          const hasLeft = viewer.name === 'bob' && ['message', 'history', 'typing', 'receipts'].includes(id);
          const expected = hasLeft
            ? /FORBIDDEN|complete/
            : (lastOf[id] ?? (id === 'orders' && viewer.name === 'alice' ? /last/ : null));
          if (expected === null) continue;
          for (const place of places) expect(watched.messages[place].at(-1), id).toMatch(expected);
        }
      }
    });

    for (const viewer of viewers) {
      for (const [id, { field, messages }] of viewer.watched)
        compare(`${viewer.name}: ${id}`, field, messages);
    }
    // Each field of the schema was among them, and had something to compare.
    const compared = viewers.flatMap((viewer) => [...viewer.watched.values()]);
    for (const { name } of subscriptions) {
      const hadData = ({ field, messages }: Watched) =>
        field === name && messages.shared.some((text) => text.includes('"data"'));
      expect(compared.filter(hadData), name).not.toEqual([]);
    }
    for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
  },
);

function compare(where: string, field: string, { shared, unshared }: Twins<readonly string[]>): void {
  if (field === 'serverStats') {
    // Figures of different moments: the same fields of them.
    const shapeOf = (text = '') => text.replaceAll(/:(?:[\d.]+|null)/g, ':0');
    expect(shapeOf(shared[0]), where).toBe(shapeOf(unshared[0]));
  } else if (liveState.includes(field)) {
    // Not every value in between; and the time that is left is less by the time it took to tell.
    const timeless = (text = '') => text.replaceAll(/"expiresInMs":\d+/g, '"expiresInMs":0');
    expect(timeless(shared.at(-1)), where).toBe(timeless(unshared.at(-1)));
    expect(timeless(shared[0]), where).toBe(timeless(unshared[0]));
  } else {
    expect(shared, where).toEqual(unshared);
  }
}
