// Erasing a user: afterwards nothing that they wrote or were called stands anywhere in the database, and what others have
// is whole.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { conversationTopic } from '../../src/modules/chat/chat.topics.ts';
import { usersService } from '../../src/modules/users/users.service.ts';
import { dump } from '../support/dump.ts';
import { ask, askInVain, errorWith, follow, onBothDatabases } from '../support/in-process.ts';
import { openTestRuntime, testViewer } from '../support/runtime.ts';

const send = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } cursor } }';
const messagesOf =
  '{ conversations { nodes { unreadCount messages { nodes { body deletedAt sender { id name avatarUrl } attachments { url } } } } } }';

onBothDatabases('erasing a user', (database) => {
  const begin = async () => {
    const { runtime } = database;
    const workspace = `erase-${randomUUID()}`;
    const name = 'Alice Liddell';
    const picture = 'https://example.com/liddell.png';
    const alice = testViewer('alice', { workspace, name, avatarUrl: picture });
    const bob = testViewer('bob', { workspace, name: 'Bob Builder' });
    const scopes = ['users:erase', 'users:write', 'orders:publish', 'notifications:send', 'rooms:publish'];
    const admin = testViewer('admin', { workspace, scopes });
    const user = (id: string, told: string) => ({ id, name: told, avatarUrl: picture });
    await ask(
      runtime,
      admin,
      'mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id } } }',
      {
        users: [user('alice', name), { id: 'bob', name: 'Bob Builder' }],
      },
    );
    const { createConversation } = await ask<{ createConversation: { conversation: Conversation } }>(
      runtime,
      bob,
      'mutation { createConversation(input: { participantIds: ["alice"] }) { conversation { id cursor } } }',
    );
    const erase = () => ask(runtime, admin, 'mutation { eraseUser(userId: "alice") { userId } }');
    return { runtime, workspace, alice, bob, admin, conversation: createConversation.conversation, erase };
  };

  it('leaves nothing of their texts, names and pictures, and everything of others', async () => {
    const { runtime, workspace, alice, bob, admin, conversation, erase } = await begin();
    const conversationId = conversation.id;
    const attachments = [
      { url: 'https://example.com/secret.pdf', name: 'secret.pdf', contentType: 'application/pdf' },
    ];
    const sent = await ask<{ sendMessage: { message: { id: string } } }>(runtime, alice, send, {
      input: { conversationId, body: 'secret before the edit', attachments, clientMessageId: 'c-1' },
    });
    await ask(runtime, bob, send, { input: { conversationId, body: 'an answer that stays' } });
    await ask(
      runtime,
      alice,
      'mutation ($input: EditMessageInput!) { editMessage(input: $input) { cursor } }',
      { input: { messageId: sent.sendMessage.message.id, body: 'secret after the edit' } },
    );
    await ask(runtime, alice, send, { input: { conversationId, body: 'secret too' } });
    for (const userIds of [['alice'], ['bob']]) {
      await ask(
        runtime,
        admin,
        'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { recipientCount } }',
        { input: { userIds, type: 'SYSTEM', title: `secret of ${userIds[0]}`, body: '' } },
      );
    }
    await ask(
      runtime,
      admin,
      'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
      { input: { orderId: '1', customerId: 'alice', status: 'PENDING' } },
    );
    await ask(
      runtime,
      alice,
      'mutation { publishRoomEvent(input: { room: "public:lobby", name: "waved" }) { deduplicated } }',
    );
    expect((await dump(runtime, workspace)).join('\n')).toMatch(
      /secret before[\s\S]*Liddell|Liddell[\s\S]*secret before/,
    );

    expect(await erase()).toEqual({ eraseUser: { userId: 'alice' } });
    const after = (await dump(runtime, workspace)).join('\n');
    expect(after).not.toMatch(/liddell/i);
    const secrets = after.split('\n').filter((line) => line.includes('secret'));
    expect(secrets.filter((line) => !line.includes('secret of bob'))).toEqual([]);
    expect(after).toContain('an answer that stays');
    expect(after).toContain('Bob Builder');
    expect(after).toContain('secret of bob');

    const { conversations } = await ask<{ conversations: object }>(runtime, bob, messagesOf);
    const gone = { body: '', deletedAt: expect.any(String) as string, attachments: [] };
    const nobody = { id: 'alice', name: 'alice', avatarUrl: null };
    expect(conversations).toEqual({
      nodes: [
        {
          unreadCount: 0,
          messages: {
            nodes: [
              { ...gone, sender: nobody },
              expect.objectContaining({ body: 'an answer that stays', deletedAt: null }),
              { ...gone, sender: nobody },
            ],
          },
        },
      ],
    });
    const { notifications } = await ask<{ notifications: object }>(
      runtime,
      alice,
      '{ notifications { nodes { id } unreadCount } }',
    );
    expect(notifications).toEqual({ nodes: [], unreadCount: 0 });
  });

  it('who follows is told, and whoever reads from the log finds no hole and no text', async () => {
    const { runtime, alice, bob, conversation, erase } = await begin();
    const conversationId = conversation.id;
    await ask(runtime, alice, send, { input: { conversationId, body: 'secret' } });
    const following = (after: string) =>
      follow(
        runtime,
        bob,
        'subscription ($id: ID!, $after: Cursor) { chatMessage(conversationId: $id, after: $after) { kind message { body sender { name } } } }',
        { id: conversationId, after },
      );
    const live = await following(conversation.cursor);
    expect(await live.next()).toMatchObject({ kind: 'SENT', message: { body: 'secret' } });
    await erase();
    const deleted = { kind: 'DELETED', message: { body: '' } };
    expect(await live.next()).toMatchObject(deleted);
    const replayed = await following(conversation.cursor);
    expect(await replayed.next()).toMatchObject({
      kind: 'SENT',
      message: { body: '', sender: { name: 'alice' } },
    });
    expect(await replayed.next()).toMatchObject(deleted);
    await Promise.all([live.end(), replayed.end()]);
  });

  it('again is harmless, also of somebody who was never there; another workspace keeps its own', async () => {
    const [here, there] = [await begin(), await begin()];
    await ask(there.runtime, there.alice, send, {
      input: { conversationId: there.conversation.id, body: 'kept elsewhere' },
    });
    await here.erase();
    const everything = () => dump(here.runtime, here.workspace, there.workspace);
    const first = await everything();
    await here.erase();
    const rows = (lines: readonly string[]) =>
      lines.filter((line) => !line.startsWith('session_revocations'));
    expect(rows(await everything())).toEqual(rows(first));
    await ask(here.runtime, here.admin, 'mutation { eraseUser(userId: "nobody") { userId } }');
    expect(rows(await everything())).toEqual(rows(first));
    expect(first.join('\n')).toContain('kept elsewhere');
    expect(first.join('\n')).toContain('Liddell');
  });

  it('finds them in a log longer than what is read at a time', { timeout: 30_000 }, async () => {
    const { runtime, workspace, erase } = await begin();
    const topic = `${encodeURIComponent(workspace)}/padding/1`;
    const entries = 4_100;
    const hers = [1, 1_999, 2_000, 2_001, 4_000, entries];
    const payloadOf = (id: string, name: string) => JSON.stringify({ user: { id, name, avatarUrl: null } });
    const [ofAlice, ofBob] = [payloadOf('alice', 'Alice Liddell'), payloadOf('bob', 'Bob Builder')];
    await runtime.store.queries.execute(sql`
      insert into stream_entries (topic, number, event_id, previous_event_id, kind, payload, occurred_at)
      select ${topic}, number, 'e' || number, 'e' || (number - 1), 'event',
        case when number = any(${sql.param(hers)}::bigint[]) then ${ofAlice}::json else ${ofBob}::json end, now()
      from generate_series(1, ${entries}::bigint) as number`);
    await erase();
    const padding = (await dump(runtime, workspace)).filter((line) => line.includes('/padding/1'));
    expect(padding).toHaveLength(entries);
    expect(padding.filter((line) => line.includes('Liddell'))).toEqual([]);
    expect(padding.filter((line) => line.includes('Bob Builder'))).toHaveLength(entries - hers.length);
  });

  it('whoever was let in before writes nothing any more', async () => {
    const { runtime, workspace, alice, conversation, erase } = await begin();
    await erase();
    const writes = [
      ask(runtime, alice, send, { input: { conversationId: conversation.id, body: 'secret' } }),
      ask(
        runtime,
        alice,
        'mutation { publishRoomEvent(input: { room: "public:lobby", name: "waved" }) { deduplicated } }',
      ),
    ];
    await Promise.all(writes.map((write) => expect(write).rejects.toThrow()));
    expect((await dump(runtime, workspace)).join('\n')).not.toMatch(/secret|waved|Liddell/);
  });

  it('what an order said of its customer does not come back with what is published meanwhile', async () => {
    const { runtime, workspace, admin, erase } = await begin();
    const publish = (input: object) =>
      ask(
        runtime,
        admin,
        'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
        { input: { customerId: 'alice', status: 'PENDING', ...input } },
      );
    const orders = Array.from({ length: 8 }, (_, index) => `order ${index}`);
    await Promise.all(
      orders.map((orderId) =>
        publish({
          orderId,
          data: { to: 'secret address' },
          note: 'secret note',
          trackingNumber: 'secret number',
        }),
      ),
    );
    let erased = false;
    const erasing = erase().finally(() => (erased = true));
    // Each update repeats what it leaves out.
    const publishing = orders.map(async (orderId) => {
      for (let count = 0; !erased && count < 100; count += 1)
        await publish({ orderId, status: count % 2 === 0 ? 'SHIPPED' : 'PROCESSING' });
    });
    await Promise.all([erasing, ...publishing]);
    await Promise.all(orders.map((orderId) => publish({ orderId, status: 'DELIVERED' })));
    const after = (await dump(runtime, workspace)).join('\n');
    expect(after).not.toContain('secret');
    expect(after).toContain('DELIVERED');
  });

  it('asks for its scope, and for a user', async () => {
    const { runtime, alice, admin } = await begin();
    const erase = 'mutation ($userId: ID!) { eraseUser(userId: $userId) { userId } }';
    expect(await askInVain(runtime, admin, erase, { userId: '' })).toEqual(
      errorWith('BAD_USER_INPUT', /`userId` is empty/),
    );
    expect(await askInVain(runtime, alice, erase, { userId: 'bob' })).toEqual(
      errorWith('FORBIDDEN', /users:erase/),
    );
  });
});

it('what is on its way when a user is erased goes with the rest', async () => {
  await using opened = await openTestRuntime('postgresql');
  const { runtime } = opened;
  const workspace = `erase-${randomUUID()}`;
  const alice = testViewer('alice', { workspace, name: 'Alice Liddell' });
  const bob = testViewer('bob', { workspace });
  const admin = testViewer('admin', { workspace, scopes: ['users:erase', 'users:write'] });
  await ask(
    runtime,
    admin,
    'mutation { upsertUsers(users: [{ id: "alice", name: "Alice Liddell" }]) { users { id } } }',
  );
  const { createConversation } = await ask<{ createConversation: { conversation: Conversation } }>(
    runtime,
    alice,
    'mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id } } }',
  );
  const conversationId = createConversation.conversation.id;
  await ask(runtime, bob, send, { input: { conversationId, body: 'an answer that stays' } });

  /** Of sessions of this database that wait for a lock. */
  const waiting = async () => {
    const { rows } = await runtime.store.queries.execute<{ count: string }>(
      sql`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return Number(rows[0]?.count);
  };
  let hasRead = false;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  // As every write that shows a name: it has been let in, has read the name, and is not committed yet. It holds the head of
  // the conversation, behind which another one waits.
  const topic = conversationTopic(workspace, conversationId);
  const writing = runtime.log.write(async (write) => {
    await write.take([topic]);
    const sender = await runtime.use(usersService).viewer(alice, write.tx);
    hasRead = true;
    await released;
    write.append({ topic, kind: 'control', payload: { sender } });
  });
  await expect.poll(() => hasRead).toBe(true);
  const sending = askInVain(runtime, alice, send, { input: { conversationId, body: 'secret' } });
  await expect.poll(waiting).toBe(1);
  const erasing = ask(runtime, admin, 'mutation { eraseUser(userId: "alice") { userId } }');
  await expect.poll(waiting).toBe(2);
  release();
  await Promise.all([writing, erasing]);
  expect(await sending).toEqual(errorWith('UNAUTHENTICATED', /revoked/));
  const after = (await dump(runtime, workspace)).join('\n');
  expect(after).not.toMatch(/secret|Liddell/);
  expect(after).toContain('an answer that stays');
});

interface Conversation {
  readonly id: string;
  readonly cursor: string;
}
