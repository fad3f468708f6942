// Workspaces never meet: whoever names what exists in another workspace is answered, byte for byte, as if it existed
// nowhere; and there nothing has changed. Generated from the schema: every field that takes an id is asked.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Runtime } from '../../src/schema/context.ts';
import { dump } from '../support/dump.ts';
import { everyScope } from '../support/every-scope.ts';
import { everyRootField } from '../support/every-field.ts';
import { answerTo, ask, onBothDatabases } from '../support/in-process.ts';
import { recordStatements } from '../support/record-statements.ts';
import { testViewer } from '../support/runtime.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const operationsWith = (id: string) =>
  everyRootField(sdl, { id, depth: 4 }).filter(({ operation }) => operation.includes(JSON.stringify(id)));

const roles = ['staff', 'operator'];
const powerful = (workspace: string, id = 'alice') =>
  testViewer(id, { workspace, roles, scopes: everyScope, rooms: ['public:*'] });

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
      let statementsSeen = 0;
      for (const id of Object.values(ids)) {
        const nothing = unlike(id);
        const unknown = operationsWith(nothing);
        for (const [index, { name, operation }] of operationsWith(id).entries()) {
          const askFor = async (of: string, source: string) => {
            const here = `here-${randomUUID()}`;
            const statements = recordStatements();
            const answer = await answerTo(runtime, powerful(here), source);
            return { answer: comparable(answer, of, here), statements: statements.stop() };
          };
          const foreign = await askFor(id, operation);
          const absent = await askFor(nothing, unknown[index]?.operation ?? '');
          // The same statements for both: it takes as long, too.
          expect(foreign, `${name}: ${operation}`).toEqual(absent);
          expect(foreign.answer, name).not.toMatch(/secret/i);
          statementsSeen += foreign.statements.length;
          asked += 1;
        }
      }
      expect(asked).toBeGreaterThan(8 * 30);
      expect(statementsSeen).toBeGreaterThan(asked);
      expect(await dump(runtime, there)).toEqual(before);
    },
  );
});
