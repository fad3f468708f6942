// Within one workspace: what is somebody else's is answered like what does not exist, byte for byte and with the same statements to the
// database, so that neither the answer nor the time that it takes tells them apart. Between workspaces:
// test/contracts/workspaces.test.ts.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { everyRootField } from '../support/every-field.ts';
import { answerTo, onBothDatabases } from '../support/in-process.ts';
import { recordStatements } from '../support/record-statements.ts';
import { furnish } from '../support/right-values.ts';
import { testViewer } from '../support/runtime.ts';

const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const unlike = (id: string): string => (id.length === 36 ? randomUUID() : `${id}x`);
const comparable = (answer: string, id: string): string =>
  answer.replaceAll(id, '(the id)').replace(/[\w-]{60,}/g, '(a cursor)');

onBothDatabases('a stranger of the same workspace', (database) => {
  it('can not tell what is not theirs from what is nowhere', { timeout: 120_000 }, async () => {
    const { runtime, workspace, alice, right } = await furnish(database.runtime);
    await answerTo(
      runtime,
      alice,
      'mutation { publishOrderUpdate(input: { orderId: "hers", customerId: "alice", status: PENDING }) { deduplicated } publishBookingUpdate(input: { bookingId: "her-booking", customerId: "alice", status: REQUESTED, serviceName: "S" }) { deduplicated } }',
    );
    const conversation = String(right['markConversationRead']?.['conversationId']);
    const message = String(right['deleteMessage']?.['messageId']);
    const notification = String(right['markNotificationRead']?.['id']);
    // Known to everybody of the workspace; what is theirs is not.
    const open = /^(query|subscription) \{ (presence|presenceChanged|roomPresence|inventoryAlert)/;
    let compared = 0;
    for (const id of ['hers', 'her-booking', conversation, message, notification]) {
      const nowhere = unlike(id);
      const absent = everyRootField(sdl, { id: nowhere, depth: 3 });
      for (const [index, { name, operation }] of everyRootField(sdl, { id, depth: 3 }).entries()) {
        if (!operation.includes(JSON.stringify(id)) || open.test(operation)) continue;
        const ask = async (source: string, of: string) => {
          const stranger = testViewer(`mallory-${randomUUID()}`, { workspace });
          const statements = recordStatements();
          const answer = comparable(await answerTo(runtime, stranger, source), of);
          return { answer: answer.replaceAll(stranger.id, '(who)'), statements: statements.stop() };
        };
        const foreign = await ask(operation, id);
        expect(foreign, `${name}: ${operation}`).toEqual(await ask(absent[index]?.operation ?? '', nowhere));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(60);
  });
});
