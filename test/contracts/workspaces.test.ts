// Workspaces never meet: whoever names what exists in another workspace is answered, byte for byte, as if it existed
// nowhere; and there nothing has changed. Generated from the schema: every field that takes an id is asked.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Runtime } from '../../src/schema/context.ts';
import { dump } from '../support/dump.ts';
import { everyRootField } from '../support/every-field.ts';
import { answerTo, ask, onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const operationsWith = (id: string) =>
  everyRootField(sdl, { id, depth: 4 }).filter(({ operation }) => operation.includes(JSON.stringify(id)));

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
  'chat:write',
];
const roles = ['staff', 'operator'];
const powerful = (workspace: string, id = 'alice') =>
  testViewer(id, { workspace, roles, scopes, rooms: ['public:*'] });

/** One of everything that has an id, all of it of people whom the others don't know. */
async function furnish(runtime: Runtime, workspace: string): Promise<Readonly<Record<string, string>>> {
  const owner = powerful(workspace, `owner-${randomUUID()}`);
  const id = (kind: string) => `${kind}-${randomUUID()}`;
  const ids = { order: id('order'), booking: id('booking'), product: id('product'), user: owner.id };
  const room = `public:${randomUUID()}`;
  const users = [{ id: owner.id, name: 'Secret Name', avatarUrl: 'https://example.com/secret.png' }];
  await ask(
    runtime,
    owner,
    `mutation ($users: [UserInput!]!) {
      upsertUsers(users: $users) { users { id } }
      publishOrderUpdate(input: { orderId: "${ids.order}", customerId: "${owner.id}", status: PENDING }) { deduplicated }
      publishBookingUpdate(input: { bookingId: "${ids.booking}", customerId: "${owner.id}", status: REQUESTED, serviceName: "Secret" }) { deduplicated }
      publishInventoryAlert(input: { kind: LOW_STOCK, productId: "${ids.product}", productName: "Secret", stockLevel: 1 }) { deduplicated }
      publishRoomEvent(input: { room: "${room}", name: "secret" }) { deduplicated }
      sendNotification(input: { userIds: ["${owner.id}"], type: SYSTEM, title: "Secret", body: "" }) { recipientCount }
    }`,
    { users },
  );
  const { createConversation: created } = await ask<{ createConversation: { conversation: { id: string } } }>(
    runtime,
    owner,
    'mutation { createConversation(input: { participantIds: [] }) { conversation { id } } }',
  );
  const conversation = created.conversation.id;
  const { sendMessage } = await ask<{ sendMessage: { message: { id: string } } }>(
    runtime,
    owner,
    `mutation { sendMessage(input: { conversationId: "${conversation}", body: "Secret" }) { message { id } } }`,
  );
  const { notifications } = await ask<{ notifications: { nodes: readonly { id: string }[] } }>(
    runtime,
    owner,
    '{ notifications { nodes { id } } }',
  );
  const notification = notifications.nodes[0]?.id ?? '';
  return { ...ids, room, conversation, message: sendMessage.message.id, notification };
}

/** Of the same kind, and of nothing. */
const unlike = (id: string) =>
  id.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, () => randomUUID());

/** What differs between any two answers: ids that are made, cursors and moments. */
const comparable = (answer: string, id: string, workspace: string) =>
  answer
    .replaceAll(id, '(the id)')
    .replaceAll(workspace, '(the workspace)')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '(an id)')
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '(a moment)')
    .replace(/[\w-]{60,}/g, '(a cursor)');

onBothDatabases('workspaces', (database) => {
  it(
    'what exists in another one is answered like what exists nowhere, by every field',
    { timeout: 120_000 },
    async () => {
      const { runtime } = database;
      const there = `there-${randomUUID()}`;
      const ids = await furnish(runtime, there);
      const before = await dump(runtime, there);
      expect(before.join('\n')).toMatch(/Secret/);

      let asked = 0;
      for (const id of Object.values(ids)) {
        const nothing = unlike(id);
        const unknown = operationsWith(nothing);
        for (const [index, { name, operation }] of operationsWith(id).entries()) {
          const answers = [
            [id, operation],
            [nothing, unknown[index]?.operation ?? ''],
          ].map(async ([of = '', source = '']) => {
            const here = `here-${randomUUID()}`;
            return comparable(await answerTo(runtime, powerful(here), source), of, here);
          });
          const [foreign, absent] = await Promise.all(answers);
          expect(foreign, `${name}: ${operation}`).toBe(absent);
          expect(foreign, name).not.toMatch(/secret/i);
          asked += 1;
        }
      }
      expect(asked).toBeGreaterThan(8 * 30);
      expect(await dump(runtime, there)).toEqual(before);
    },
  );
});
