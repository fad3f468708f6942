// Whatever is wrong with whichever argument of a mutation is refused with a code and a sentence that names it, and nothing is
// stored. Generated from the schema; what only a domain can know to be wrong is in test/scenarios/bad-input-*.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buildSchema, GraphQLError } from 'graphql';
import { expect, it } from 'vitest';
import { TidingsError } from '../../src/errors.ts';
import type { Runtime } from '../../src/schema/context.ts';
import { dump } from '../support/dump.ts';
import { ask, askInVain, onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';
import { mistakesIn } from '../support/wrong-values.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

const scopes = [
  'orders:publish',
  'bookings:publish',
  'inventory:publish',
  'announcements:publish',
  'notifications:send',
  'rooms:manage',
  'rooms:publish',
  'users:write',
  'users:erase',
  'sessions:revoke',
];

/** What there has to be, and what is right: every argument and every field, unless it rules another out. */
async function furnish(runtime: Runtime) {
  const workspace = `bad-${randomUUID()}`;
  const alice = testViewer('alice', { workspace, roles: ['staff'], scopes });
  const conversation = await ask<{ createConversation: { conversation: { id: string } } }>(
    runtime,
    alice,
    'mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id } } }',
  );
  const conversationId = conversation.createConversation.conversation.id;
  const { sendMessage } = await ask<{ sendMessage: { message: { id: string } } }>(
    runtime,
    alice,
    `mutation { sendMessage(input: { conversationId: "${conversationId}", body: "Hi" }) { message { id } } }`,
  );
  const messageId = sendMessage.message.id;
  await ask(
    runtime,
    alice,
    'mutation { sendNotification(input: { userIds: ["alice"], type: SYSTEM, title: "T", body: "" }) { recipientCount } }',
  );
  const { notifications } = await ask<{ notifications: { nodes: readonly { id: string }[] } }>(
    runtime,
    alice,
    '{ notifications { nodes { id } } }',
  );
  const id = notifications.nodes[0]?.id;
  const texts = { note: 'A note.', data: { any: 'thing' }, idempotencyKey: 'a key' };
  const right: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    addParticipants: { conversationId, userIds: ['carol'] },
    createConversation: {
      // Only a service acts as somebody else.
      input: { participantIds: ['bob'], title: 'T', clientConversationId: 'c', asUserId: undefined },
    },
    deleteMessage: { messageId },
    editMessage: { input: { messageId, body: 'Hi!' } },
    eraseUser: { userId: 'zoe' },
    grantRoomAccess: { input: { room: 'team', userIds: ['bob'] } },
    markAllNotificationsRead: {},
    markConversationRead: { conversationId, messageId },
    markNotificationRead: { id },
    markNotificationsRead: { ids: [id] },
    publishAnnouncement: { input: { message: 'M', level: 'INFO', public: true, idempotencyKey: 'k' } },
    publishBookingUpdate: {
      input: {
        ...texts,
        bookingId: 'b',
        customerId: 'alice',
        status: 'REQUESTED',
        serviceName: 'S',
        scheduledFor: '2026-12-01T10:00:00Z',
        notifyCustomer: true,
      },
    },
    publishInventoryAlert: {
      input: { kind: 'LOW_STOCK', productId: 'p', productName: 'P', stockLevel: 1, idempotencyKey: 'k' },
    },
    publishOrderUpdate: {
      input: {
        ...texts,
        orderId: 'o',
        customerId: 'alice',
        status: 'PENDING',
        paymentStatus: 'UNPAID',
        itemCount: 1,
        total: { amount: '9.50', currency: 'EUR' },
        trackingNumber: 'T1',
        notifyCustomer: true,
      },
    },
    publishRoomEvent: { input: { room: 'team', name: 'happened', data: 1, idempotencyKey: 'k' } },
    removeParticipants: { conversationId, userIds: ['carol'] },
    revokeRoomAccess: { input: { room: 'team', userIds: ['bob'] } },
    revokeSessions: { userId: 'zoe' },
    sendMessage: {
      input: {
        conversationId,
        body: 'Hi',
        attachments: [{ url: 'https://example.com/f', name: 'f', contentType: 'text/plain', size: 1 }],
        clientMessageId: 'm',
        asUserId: undefined,
      },
    },
    sendNotification: {
      input: {
        userIds: ['alice'],
        workspace: undefined,
        type: 'SYSTEM',
        priority: 'NORMAL',
        title: 'T',
        body: 'B',
        url: 'https://example.com/',
        data: 1,
        idempotencyKey: 'k',
      },
    },
    setTyping: { conversationId, isTyping: true },
    upsertUsers: { users: [{ id: 'bob', name: 'Bob', avatarUrl: 'https://example.com/bob.png' }] },
  };
  return { runtime, workspace, alice, right };
}

/** They need a connection: test/scenarios/authentication.test.ts, test/scenarios/bad-input-chat.test.ts. */
const elsewhere = ['renewSession', 'setPresence'];
/** What is no mistake after all. */
const fine = [
  'sendNotification input.body empty',
  // Beside an attachment.
  'sendMessage input.body empty',
  'publishBookingUpdate input.note empty',
  'publishOrderUpdate input.note empty',
  // What an earlier update has told is taken back so.
  'publishOrderUpdate input.trackingNumber empty',
];

onBothDatabases('a mutation with a mistake', (database) => {
  it.each(mutations.filter(({ name }) => !elsewhere.includes(name)))(
    '$name is refused, whatever the mistake, and changes nothing',
    { timeout: 60_000 },
    async ({ name, args }) => {
      const { runtime, workspace, alice, right } = await furnish(database.runtime);
      const values = right[name];
      if (values === undefined) throw new Error(`Nobody has said what is right for ${name}.`);
      expect(Object.keys(values).sort()).toEqual(args.map((argument) => argument.name).sort());
      const declared = args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ');
      const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
      const call = args.length === 0 ? name : `${name}(${passed})`;
      const document = `mutation ${declared === '' ? '' : `(${declared})`} { ${call} { __typename } }`;

      const before = await dump(runtime, workspace);
      for (const argument of args) {
        for (const { path, title, value } of mistakesIn(
          argument.type,
          values[argument.name],
          argument.name,
        )) {
          const which = `${name} ${path} ${title}`;
          if (fine.includes(which)) continue;
          const refused = await askInVain(runtime, alice, document, { ...values, [argument.name]: value });
          expect(refused, which).toBeInstanceOf(Error);
          if (refused instanceof TidingsError) {
            expect(['BAD_USER_INPUT', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE'], which).toContain(refused.code);
          } else {
            expect(refused, which).toBeInstanceOf(GraphQLError);
          }
          const place = path.split('.').findLast((step) => step !== '0') ?? path;
          const isTold = refused instanceof Error && refused.message.includes(place);
          const isUnknown = refused instanceof TidingsError && refused.code === 'NOT_FOUND';
          expect(isTold || isUnknown, `${which}: ${String(refused)}`).toBe(true);
        }
      }
      expect(await dump(runtime, workspace)).toEqual(before);

      // What was right is.
      await ask(runtime, alice, document, values);
    },
  );
});
