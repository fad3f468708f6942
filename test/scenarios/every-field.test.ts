// Every field of the contract, called with valid input, answers data: queries and mutations, and each subscription an event.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { everyRootField } from '../support/every-field.ts';
import { everyScope } from '../support/every-scope.ts';
import type { Person } from '../support/client.ts';
import { onBothSetups } from '../support/setups.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const fieldsOf = (kind: 'query' | 'mutation' | 'subscription') =>
  everyRootField(sdl)
    .filter((field) => field.kind === kind)
    .map(({ name }) => name)
    .sort();

const claims = { roles: ['staff', 'operator'], rooms: ['team'], scope: everyScope.join(' ') };

/** Asks, and remembers for which fields there was data. */
function createAsker(person: Person) {
  const answered = new Set<string>();
  return {
    answered,
    async ask<T = { id: string; cursor: string }>(kind: string, name: string, rest: string): Promise<T> {
      const data = await person.requestOverWebSocket<Record<string, T>>(`${kind} { ${name}${rest} }`);
      const value = data[name];
      expect(value, name).not.toBeNull();
      expect(value, name).toBeDefined();
      answered.add(name);
      return value as T;
    },
  };
}

onBothSetups('every field', (stage) => {
  it('answers data', { timeout: 60_000 }, async () => {
    const workspace = stage.newWorkspace();
    await using alice = await stage.writer('alice', { ...claims, workspace });
    await using bob = await stage.listener('bob', { workspace });
    await Promise.all([alice.connected(), bob.connected()]);
    const asker = createAsker(alice);
    const query = <T>(name: string, rest = '') => asker.ask<T>('query', name, rest);
    const mutate = <T>(name: string, rest: string) => asker.ask<T>('mutation', name, rest);
    type WithCursor = { cursor: string };

    // Where every stream stands before anything happens.
    const cursorOf = async (name: string, args = '') =>
      (await query<WithCursor>(name, `${args} { cursor }`)).cursor;
    const before = {
      orders: await cursorOf('orders'),
      bookings: await cursorOf('bookings'),
      alerts: await cursorOf('inventoryAlerts'),
      conversations: await cursorOf('conversations'),
      notifications: await cursorOf('notifications'),
      announcements: await cursorOf('announcements'),
      room: await cursorOf('roomEvents', '(room: "team")'),
    };

    await mutate('upsertUsers', '(users: [{ id: "bob", name: "Bob" }]) { users { id } }');
    await mutate(
      'publishOrderUpdate',
      '(input: { orderId: "o", customerId: "alice", status: PENDING }) { deduplicated }',
    );
    await mutate(
      'publishBookingUpdate',
      '(input: { bookingId: "b", customerId: "alice", status: REQUESTED, serviceName: "S" }) { deduplicated }',
    );
    await mutate(
      'publishInventoryAlert',
      '(input: { kind: LOW_STOCK, productId: "p", productName: "P", stockLevel: 1 }) { deduplicated }',
    );
    await mutate('publishAnnouncement', '(input: { message: "Hello" }) { deduplicated }');
    await mutate('publishRoomEvent', '(input: { room: "team", name: "hello" }) { deduplicated }');
    await mutate('grantRoomAccess', '(input: { room: "team", userIds: ["bob"] }) { room }');
    await mutate('revokeRoomAccess', '(input: { room: "team", userIds: ["bob"] }) { room }');
    const { conversation } = await mutate<{ conversation: { id: string; cursor: string } }>(
      'createConversation',
      '(input: { participantIds: ["bob"] }) { conversation { id cursor } }',
    );
    const inIt = `conversationId: "${conversation.id}"`;
    const send = async (person: Person, body: string) => {
      const { sendMessage } = await person.request<{ sendMessage: { message: { id: string } } }>(
        `mutation { sendMessage(input: { ${inIt}, body: "${body}" }) { message { id } } }`,
      );
      return sendMessage.message.id;
    };
    const ofBob = await send(bob, 'Hello');
    const { message } = await mutate<{ message: { id: string } }>(
      'sendMessage',
      `(input: { ${inIt}, body: "Hi" }) { message { id } }`,
    );
    await mutate('editMessage', `(input: { messageId: "${message.id}", body: "Hi!" }) { cursor }`);
    await mutate('deleteMessage', `(messageId: "${message.id}") { cursor }`);
    await mutate('markConversationRead', `(${inIt}, messageId: "${ofBob}") { unreadCount }`);
    await mutate('addParticipants', `(${inIt}, userIds: ["carol"]) { conversation { id } }`);
    await mutate('removeParticipants', `(${inIt}, userIds: ["carol"]) { conversation { id } }`);
    await mutate('setTyping', `(${inIt}, isTyping: true) { isTyping }`);
    await mutate(
      'setPresence',
      '(input: { status: BUSY, activity: { kind: EDITING, resource: "r" } }) { status }',
    );
    for (let count = 0; count < 3; count += 1) {
      await mutate(
        'sendNotification',
        '(input: { userIds: ["alice"], type: SYSTEM, title: "T", body: "" }) { recipientCount }',
      );
    }
    const { nodes } = await query<{ nodes: readonly { id: string }[] }>('notifications', ' { nodes { id } }');
    await mutate('markNotificationRead', `(id: "${nodes[0]?.id}") { unreadCount }`);
    await mutate('markNotificationsRead', `(ids: ["${nodes[1]?.id}"]) { unreadCount }`);
    await mutate('markAllNotificationsRead', ' { unreadCount }');
    const token = await signDevelopmentToken({ ...claims, workspace, user: 'alice' });
    await mutate('renewSession', `(token: "${token}") { expiresAt }`);

    await query('viewer', ' { id }');
    await query('order', '(id: "o") { id }');
    await query('booking', '(id: "b") { id }');
    await query('conversation', `(id: "${conversation.id}") { id }`);
    await query('presence', '(userIds: ["alice"]) { status }');
    await query('onlineUsers', ' { totalCount }');
    await query('roomPresence', '(room: "team") { count }');
    await query('workspaceStats', ' { connections }');
    await query('serverStats', ' { nodes }');

    const heard = new Set<string>();
    const hear = async (name: string, rest: string, happen: () => Promise<unknown> = async () => null) => {
      await using events = alice.subscribe<Record<string, object>>(`subscription { ${name}${rest} }`);
      const next = events.next();
      await happen();
      expect((await next)[name], name).toMatchObject({});
      heard.add(name);
    };
    await hear('orderUpdated', `(after: "${before.orders}") { cursor }`);
    await hear('bookingUpdated', `(after: "${before.bookings}") { cursor }`);
    await hear('inventoryAlert', `(after: "${before.alerts}") { cursor }`);
    await hear('chatMessage', `(${inIt}, after: "${conversation.cursor}") { cursor }`);
    await hear('conversationUpdated', `(after: "${before.conversations}") { cursor }`);
    await hear('notification', `(after: "${before.notifications}") { cursor }`);
    await hear('announcement', `(after: "${before.announcements}") { cursor }`);
    await hear('roomEvent', `(room: "team", after: "${before.room}") { cursor }`);
    await hear('presenceChanged', '(userIds: ["alice"]) { status }');
    await hear('readReceipt', `(${inIt}) { readAt }`);
    await hear('roomPresence', '(room: "team") { count }');
    await hear('serverStats', ' { nodes }');
    await hear('typing', `(${inIt}) { isTyping }`, () =>
      bob.request(`mutation { setTyping(${inIt}, isTyping: true) { isTyping } }`),
    );

    // Last: nobody is left to ask.
    await mutate('revokeSessions', '(userId: "carol") { closedConnections }');
    await mutate('eraseUser', '(userId: "carol") { userId }');

    expect([...heard].sort()).toEqual(fieldsOf('subscription'));
    const called = [...asker.answered].sort();
    expect(called).toEqual([...new Set([...fieldsOf('query'), ...fieldsOf('mutation')])].sort());
  });
});
