// Chat on both databases: conversations, messages and read receipts, one step after the other. What concurrent writers
// must not break is in chat-concurrency.test.ts, what subscribers hear in chat-subscriptions.test.ts.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { chatLoaders } from '../../src/modules/chat/chat.loaders.ts';
import { toMessageSlice } from '../../src/modules/chat/message-pages.ts';
import { usersService } from '../../src/modules/users/users.service.ts';
import { toPageCursor } from '../../src/schema/page.ts';
import { createChatStage } from '../support/chat-stage.ts';
import { ask, errorWith, onBothDatabases } from '../support/in-process.ts';
import { contextOf } from '../support/runtime.ts';

onBothDatabases('chat', (database) => {
  const stage = () => createChatStage(database.runtime);

  describe('conversations', () => {
    test('the creator takes part in any case, and everybody hears of it', async () => {
      const { chat, viewer, updates } = stage();
      const view = await chat.createConversation(viewer('alice'), {
        title: 'Trip',
        participantIds: ['bob', 'bob'],
      });
      expect(view).toMatchObject({ title: 'Trip', unreadCount: 0, position: { number: 0, eventId: '' } });
      for (const user of ['alice', 'bob']) {
        expect(await updates(user)).toEqual([{ kind: 'CREATED', conversationId: view.id, unreadCount: 0 }]);
        expect(await chat.findConversations(viewer(user), [view.id])).toEqual([{ ...view, userId: user }]);
      }
      expect(await chat.findConversations(viewer('mallory'), [view.id])).toEqual([null]);
    });

    test('the same clientConversationId creates once; with other content it is a conflict', async () => {
      const { chat, viewer, updates } = stage();
      const input = { participantIds: ['bob', 'carol'], clientConversationId: 'c1' };
      const made = await Promise.all([1, 2, 3, 4].map(() => chat.createConversation(viewer('alice'), input)));
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
      const again = { ...input, participantIds: ['carol', 'alice', 'bob'] };
      expect((await chat.createConversation(viewer('alice'), again)).id).toBe(made[0]?.id);
      expect((await chat.createConversation(viewer('bob'), input)).id).not.toBe(made[0]?.id);
      await expect(chat.createConversation(viewer('alice'), { ...input, title: 'Other' })).rejects.toEqual(
        errorWith('CONFLICT'),
      );
      expect(await updates('alice')).toHaveLength(1);
    });

    test('a service with the scope acts as a user; without it that is forbidden', async () => {
      const { chat, viewer } = stage();
      const service = viewer('backend', { scopes: ['chat:write'] });
      const made = await chat.createConversation(service, { participantIds: ['bob'], asUserId: 'alice' });
      expect(await chat.findConversations(service, [made.id])).toEqual([null]);
      const message = { conversationId: made.id, body: 'Hi', asUserId: 'bob' };
      expect((await chat.sendMessage(service, message)).message.sender.id).toBe('bob');
      await expect(chat.sendMessage(viewer('alice'), message)).rejects.toEqual(
        errorWith('FORBIDDEN', /chat:write/),
      );
      await expect(chat.sendMessage(service, { ...message, asUserId: 'carol' })).rejects.toEqual(
        errorWith('NOT_FOUND'),
      );
    });

    test('whoever is removed between two statements of one query gets nothing from the second', async () => {
      const { chat, viewer, begin, send } = stage();
      const id = await begin('alice', 'bob');
      await send('alice', id, 'for bob too');
      const { slice, seen } = { slice: toMessageSlice(id, {}), seen: { conversationId: id, userId: 'bob' } };
      const { participants, lastMessage, messagePage } = chatLoaders(
        contextOf(database.runtime, viewer('bob')),
      );
      const read = async () => ({
        participants: (await participants.load(seen)).map(({ user }) => user.id),
        last: (await lastMessage.load(seen))?.body,
        page: (await messagePage.load({ slice, userId: 'bob' })).edges.map(({ node }) => node.body),
      });
      expect(await read()).toEqual({
        participants: ['alice', 'bob'],
        last: 'for bob too',
        page: ['for bob too'],
      });
      await chat.removeParticipants(viewer('alice'), id, ['bob']);
      await send('alice', id, 'not for bob');
      expect(await read()).toEqual({ participants: [], last: undefined, page: [] });
    });

    test('whoever is added reads everything, and nothing of it counts as unread', async () => {
      const { chat, viewer, begin, send, entries, updates, unread } = stage();
      const id = await begin('alice', 'bob');
      await send('alice', id, 'before');
      await chat.addParticipants(viewer('bob'), id, ['carol', 'alice']);
      await chat.addParticipants(viewer('bob'), id, ['carol']);
      expect(
        (await entries(id)).map(({ number, kind, payload }) => ({ number, kind, payload })),
      ).toMatchObject([
        { number: 1, kind: 'event' },
        { number: 2, kind: 'control', payload: { added: ['carol'] } },
      ]);
      expect(await updates('carol')).toEqual([
        { kind: 'PARTICIPANTS_CHANGED', conversationId: id, unreadCount: 0 },
      ]);
      expect((await updates('bob')).at(-1)).toEqual({
        kind: 'PARTICIPANTS_CHANGED',
        conversationId: id,
        unreadCount: 1,
      });
      expect(await unread('carol', id)).toBe(0);
      const after = await send('alice', id, 'after');
      expect(await unread('carol', id)).toBe(1);
      await chat.deleteMessage(viewer('alice'), after.message.id);
      expect(await unread('carol', id)).toBe(0);
      const page = await ask(
        database.runtime,
        viewer('carol'),
        '{ conversations { nodes { messages { nodes { body } } } } }',
      );
      expect(page).toMatchObject({
        conversations: { nodes: [{ messages: { nodes: [{ body: 'before' }, { body: '' }] } }] },
      });
    });

    test('whoever is removed hears of it once and sees it no more; leaving is removing oneself', async () => {
      const { chat, viewer, begin, send, entries, updates, unread } = stage();
      const id = await begin('alice', 'bob', 'carol');
      await send('alice', id);
      await chat.removeParticipants(viewer('alice'), id, ['bob', 'nobody']);
      expect((await entries(id)).at(-1)).toMatchObject({ kind: 'control', payload: { removed: ['bob'] } });
      expect((await updates('bob')).at(-1)).toEqual({ kind: 'LEFT', conversationId: id, unreadCount: 0 });
      expect((await updates('carol')).at(-1)).toEqual({
        kind: 'PARTICIPANTS_CHANGED',
        conversationId: id,
        unreadCount: 1,
      });
      expect(await unread('bob', id)).toBeNull();
      await expect(send('bob', id)).rejects.toEqual(errorWith('NOT_FOUND'));

      const left = `mutation($id: ID!) { removeParticipants(conversationId: $id, userIds: ["carol"]) { conversation {
        participants { id } unreadCount lastMessage { id } messages { nodes { id } } readReceipts { readAt } } } }`;
      const { removeParticipants } = await ask<{ removeParticipants: unknown }>(
        database.runtime,
        viewer('carol'),
        left,
        { id },
      );
      expect(removeParticipants).toEqual({
        conversation: {
          participants: [],
          unreadCount: 0,
          lastMessage: null,
          messages: { nodes: [] },
          readReceipts: [],
        },
      });
      await chat.removeParticipants(viewer('alice'), id, ['alice']);
      expect(await unread('alice', id)).toBeNull();
      expect((await entries(id)).at(-1)?.payload).toEqual({ removed: ['alice'] });
      await expect(chat.addParticipants(viewer('alice'), id, ['alice'])).rejects.toEqual(
        errorWith('NOT_FOUND'),
      );
    });

    test('500 take part at most', async () => {
      const { chat, viewer, begin } = stage();
      const many = Array.from({ length: 499 }, (_, index) => `u${index}`);
      const id = await begin('alice', ...many);
      await expect(chat.addParticipants(viewer('alice'), id, ['one-more'])).rejects.toEqual(
        errorWith('BAD_USER_INPUT', /501/),
      );
      await expect(begin('alice', ...many, 'one-more')).rejects.toEqual(errorWith('BAD_USER_INPUT'));
    });

    test('the last changed comes first, page by page; reading changes nothing', async () => {
      const { chat, viewer, begin, send } = stage();
      const ids = [];
      for (let made = 0; made < 5; made += 1) ids.push(await begin('alice', 'bob'));
      const { message } = await send('bob', ids[0] ?? '');
      const expected = [ids[0], ids[4], ids[3], ids[2], ids[1]];
      const walked: string[] = [];
      for (let after: string | null = null, more = true; more;) {
        const page = await chat.listConversations(viewer('alice'), { first: 2, after });
        walked.push(...page.edges.map(({ node }) => node.id));
        after = page.pageInfo.endCursor;
        more = page.pageInfo.hasNextPage;
      }
      expect(walked).toEqual(expected);
      await send('alice', ids[2] ?? '');
      await chat.markConversationRead(viewer('alice'), ids[0] ?? '', message.id);
      const [first, second] = (await chat.listConversations(viewer('alice'), {})).edges;
      expect([first?.node.id, second?.node.id]).toEqual([ids[2], ids[0]]);
      for (const after of [toPageCursor('conversations', ['x', 'y']), toPageCursor('orders', []), 'x']) {
        await expect(chat.listConversations(viewer('alice'), { after })).rejects.toEqual(
          errorWith('BAD_USER_INPUT'),
        );
      }
    });

    test('an id that is none, or of another workspace, is not found', async () => {
      const { chat, viewer, begin, send } = stage();
      const id = await begin('alice');
      const { message } = await send('alice', id);
      const alice = viewer('alice');
      const stranger = stage().viewer('alice');
      for (const [who, wrong] of [
        [alice, 'x'],
        [alice, id.toUpperCase()],
        [alice, 'a\u0000'],
        [alice, randomUUID()],
        [stranger, id],
      ] as const) {
        expect(await chat.findConversations(who, [wrong])).toEqual([null]);
        const refused = errorWith('NOT_FOUND');
        await expect(chat.sendMessage(who, { conversationId: wrong, body: 'x' })).rejects.toEqual(refused);
        await expect(chat.addParticipants(who, wrong, ['bob'])).rejects.toEqual(refused);
        await expect(chat.markConversationRead(who, wrong, message.id)).rejects.toEqual(refused);
        await expect(chat.requireParticipant(who, wrong)).rejects.toEqual(refused);
      }
      for (const [who, wrong] of [
        [alice, 'x'],
        [alice, randomUUID()],
        [stranger, message.id],
      ] as const) {
        await expect(chat.editMessage(who, { messageId: wrong, body: 'x' })).rejects.toEqual(
          errorWith('NOT_FOUND'),
        );
        await expect(chat.deleteMessage(who, wrong)).rejects.toEqual(errorWith('NOT_FOUND'));
        await expect(chat.markConversationRead(who, id, wrong)).rejects.toEqual(errorWith('NOT_FOUND'));
      }
      expect(await chat.requireParticipant(alice, id)).toBe('participant');
    });
  });

  describe('messages', () => {
    test('a message is stored as sent, and its text stands in one stream only', async () => {
      const { workspace, viewer, begin, send, messageEvents, updates } = stage();
      await database.runtime.use(usersService).upsert(viewer('x'), [{ id: 'alice', name: 'Alice' }]);
      const id = await begin('alice', 'bob');
      const attachments = [{ url: 'https://files.test/a.png', name: 'a.png', contentType: 'image/png' }];
      const sent = await send('alice', id, { body: '  Grüße 👋\n', attachments, clientMessageId: 'm1' });
      expect(sent.message).toMatchObject({
        conversationId: id,
        sender: { id: 'alice', name: 'Alice' },
        body: '  Grüße 👋\n',
        attachments: [{ ...attachments[0], size: null }],
        clientMessageId: 'm1',
        editedAt: null,
      });
      expect(sent.position).toMatchObject({ number: 1 });
      expect(await messageEvents(id)).toEqual([{ kind: 'SENT', message: sent.message }]);
      expect((await updates('bob')).at(-1)).toEqual({
        kind: 'MESSAGE_SENT',
        conversationId: id,
        unreadCount: 1,
      });
      expect((await updates('alice')).at(-1)).toEqual({
        kind: 'MESSAGE_SENT',
        conversationId: id,
        unreadCount: 0,
      });
      const holding = await database.runtime.store.queries.execute<{ topic: string }>(
        sql`select topic from stream_entries where topic like ${`${workspace}/%`} and payload::text like '%Grüße%'`,
      );
      expect(holding.rows).toHaveLength(1);
    });

    test.each([
      ['nothing', { body: '' }, /`body` is empty/],
      ['64 KiB', { body: 'x'.repeat(65_536) }, /`body` has 65536 characters.*10000/],
      ['half a surrogate pair', { body: '\ud83d' }, /`body`/],
      [
        'http',
        { attachments: [{ url: 'http://files.test/a', name: 'a', contentType: 'x/y' }] },
        /`attachments.url`/,
      ],
      [
        '11 files',
        {
          attachments: Array.from({ length: 11 }, () => ({
            url: 'https://a.test',
            name: 'a',
            contentType: 'x/y',
          })),
        },
        /11 files/,
      ],
    ])('%s is refused with a sentence', async (_what, input, message) => {
      const { begin, send, entries } = stage();
      const id = await begin('alice');
      await expect(send('alice', id, input)).rejects.toEqual(errorWith('BAD_USER_INPUT', message));
      expect(await entries(id)).toEqual([]);
    });

    test('the same clientMessageId answers the first message as it is now; other content is a conflict', async () => {
      const { chat, viewer, begin, send, entries, unread } = stage();
      const id = await begin('alice', 'bob');
      const input = { body: 'one', clientMessageId: 'm1' };
      const first = await send('alice', id, input);
      await send('bob', id, 'two');
      const again = await send('alice', id, input);
      expect(again.message).toEqual(first.message);
      expect(again.position.number).toBe(2);
      expect((await send('bob', id, input)).message.id).not.toBe(first.message.id);
      await expect(send('alice', id, { ...input, body: 'other' })).rejects.toEqual(errorWith('CONFLICT'));
      const edited = await chat.editMessage(viewer('alice'), { messageId: first.message.id, body: 'edited' });
      expect((await send('alice', id, input)).message).toEqual(edited.message);
      const deleted = await chat.deleteMessage(viewer('alice'), first.message.id);
      expect(deleted.message.body).toBe('');
      expect((await send('alice', id, input)).message).toEqual(deleted.message);
      await expect(send('alice', id, { ...input, body: 'other' })).rejects.toEqual(errorWith('CONFLICT'));
      expect(await entries(id)).toHaveLength(5);
      expect(await unread('bob', id)).toBe(0);
    });

    test('only the sender edits, and not once it is deleted', async () => {
      const { chat, viewer, begin, send, messageEvents } = stage();
      const id = await begin('alice', 'bob');
      const { message } = await send('alice', id, 'one');
      const edit = (who: string, body: string) =>
        chat.editMessage(viewer(who), { messageId: message.id, body });
      await expect(edit('bob', 'x')).rejects.toEqual(errorWith('FORBIDDEN'));
      await expect(edit('mallory', 'x')).rejects.toEqual(errorWith('NOT_FOUND'));
      await expect(edit('alice', '')).rejects.toEqual(errorWith('BAD_USER_INPUT'));
      const edited = await edit('alice', 'two');
      expect(edited).toMatchObject({
        message: { body: 'two', editedAt: expect.any(String) },
        position: { number: 2 },
      });
      expect(await edit('alice', 'two')).toEqual(edited);
      expect(await messageEvents(id)).toEqual([
        { kind: 'SENT', message },
        { kind: 'EDITED', message: edited.message },
      ]);
      await chat.deleteMessage(viewer('alice'), message.id);
      await expect(edit('alice', 'three')).rejects.toEqual(errorWith('CONFLICT'));
    });

    test('deleting scrubs the message from the table and from every entry of the log', async () => {
      const { chat, viewer, begin, send, messageEvents, unread } = stage();
      const id = await begin('alice', 'bob', 'carol');
      const attachments = [
        { url: 'https://files.test/secret.png', name: 'secret', contentType: 'image/png' },
      ];
      const { message } = await send('alice', id, { body: 'secret one', attachments });
      const other = await send('alice', id, 'stays');
      await chat.editMessage(viewer('alice'), { messageId: message.id, body: 'secret two' });
      await chat.markConversationRead(viewer('bob'), id, message.id);
      expect([await unread('bob', id), await unread('carol', id)]).toEqual([1, 2]);
      await expect(chat.deleteMessage(viewer('bob'), message.id)).rejects.toEqual(errorWith('FORBIDDEN'));
      await expect(chat.deleteMessage(viewer('mallory', { roles: ['staff'] }), message.id)).rejects.toEqual(
        errorWith('NOT_FOUND'),
      );

      const deleted = await chat.deleteMessage(viewer('bob', { roles: ['staff'] }), message.id);
      expect(deleted.message).toMatchObject({
        body: '',
        attachments: [],
        deletedAt: expect.any(String),
        sender: { id: 'alice' },
      });
      expect(await chat.deleteMessage(viewer('alice'), message.id)).toEqual(deleted);
      expect([await unread('bob', id), await unread('carol', id)]).toEqual([1, 1]);
      expect(await messageEvents(id)).toEqual([
        {
          kind: 'SENT',
          message: { ...message, body: '', attachments: [], deletedAt: deleted.message.deletedAt },
        },
        { kind: 'SENT', message: other.message },
        { kind: 'EDITED', message: deleted.message },
        { kind: 'DELETED', message: deleted.message },
      ]);
      const kept = await database.runtime.store.queries.execute(sql`
        select 1 from messages where id = ${message.id} and (body <> '' or content_hash is not null or attachments::text <> '[]')`);
      expect(kept.rows).toEqual([]);
    });

    test('pages of messages are oldest first, walk both ways and stand still while messages arrive', async () => {
      const { chat, viewer, begin, send } = stage();
      const id = await begin('alice', 'bob');
      for (let sent = 1; sent <= 5; sent += 1) await send('alice', id, `m${sent}`);
      await chat.addParticipants(viewer('alice'), id, ['carol']);
      await send('alice', id, 'm6');
      interface Asked {
        readonly nodes: readonly { readonly body: string }[];
        readonly pageInfo: {
          readonly startCursor: string;
          readonly endCursor: string;
          readonly hasNextPage: boolean;
          readonly hasPreviousPage: boolean;
        };
      }
      const page = async (args: string, cursor?: string): Promise<Asked> => {
        const source = `query($id: ID!${cursor === undefined ? '' : ', $c: String'}) { conversation(id: $id) { messages(${args}) {
          nodes { body } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }`;
        const { conversation } = await ask<{ conversation: { messages: Asked } }>(
          database.runtime,
          viewer('bob'),
          source,
          { id, c: cursor },
        );
        return conversation.messages;
      };
      const bodies = ({ nodes }: Asked) => nodes.map(({ body }) => body).join(' ');
      const newest = await page('last: 2');
      expect([bodies(newest), newest.pageInfo]).toMatchObject([
        'm5 m6',
        { hasNextPage: false, hasPreviousPage: true },
      ]);
      expect(bodies(await page('first: 2'))).toBe('m5 m6');
      await send('bob', id, 'm7');
      const older = await page('last: 3, before: $c', newest.pageInfo.startCursor);
      expect([bodies(older), older.pageInfo]).toMatchObject([
        'm2 m3 m4',
        { hasNextPage: true, hasPreviousPage: true },
      ]);
      const oldest = await page('first: 3, before: $c', older.pageInfo.startCursor);
      expect([bodies(oldest), oldest.pageInfo]).toMatchObject([
        'm1',
        { hasNextPage: true, hasPreviousPage: false },
      ]);
      const onward = await page('first: 2, after: $c', oldest.pageInfo.endCursor);
      expect([bodies(onward), onward.pageInfo]).toMatchObject([
        'm2 m3',
        { hasNextPage: true, hasPreviousPage: true },
      ]);
      expect(bodies(await page('after: $c', newest.pageInfo.endCursor))).toBe('m7');
    });

    test('a list of conversations loads what is nested in a few statements', async () => {
      const { chat, viewer, begin, send } = stage();
      for (let made = 0; made < 4; made += 1) {
        const id = await begin('alice', 'bob');
        const { message } = await send('bob', id, `first of ${made}`);
        await send('bob', id, `last of ${made}`);
        await chat.markConversationRead(viewer('alice'), id, message.id);
      }
      const { conversations } = await ask<{ conversations: { nodes: unknown[] } }>(
        database.runtime,
        viewer('alice'),
        `{ conversations { cursor nodes { cursor unreadCount participants { id } lastMessage { body sender { name } }
          messages(first: 1) { nodes { body } pageInfo { hasPreviousPage } } readReceipts { user { id } lastReadMessageId } } } }`,
      );
      expect(conversations.nodes).toMatchObject(
        [3, 2, 1, 0].map((made) => ({
          unreadCount: 1,
          participants: [{ id: 'alice' }, { id: 'bob' }],
          lastMessage: { body: `last of ${made}`, sender: { name: 'bob' } },
          messages: { nodes: [{ body: `last of ${made}` }], pageInfo: { hasPreviousPage: true } },
          readReceipts: [{ user: { id: 'alice' } }],
        })),
      );
    });

    test('whoever waits for sent messages is told of each stored one', async () => {
      const { workspace, chat, begin, send } = stage();
      const id = await begin('alice', 'bob');
      const told: unknown[] = [];
      const stop = chat.onMessageSent((sent) => void (sent.workspace === workspace && told.push(sent)));
      await send('alice', id, { clientMessageId: 'm1' });
      await send('alice', id, { clientMessageId: 'm1' });
      await send('alice', id, '').catch(() => undefined);
      stop();
      await send('alice', id);
      expect(told).toEqual([{ workspace, conversationId: id, userId: 'alice' }]);
    });
  });

  describe('read receipts', () => {
    test('reading counts what is left, tells the own devices, and never goes backwards', async () => {
      const { chat, viewer, begin, send, updates, unread } = stage();
      const id = await begin('alice', 'bob');
      const sent = [];
      for (const body of ['a', 'b', 'c']) sent.push((await send('alice', id, body)).message.id);
      await send('bob', id, 'own');
      const [a = '', b = '', c = ''] = sent;
      const read = (messageId: string) => chat.markConversationRead(viewer('bob'), id, messageId);
      const first = await read(b);
      expect(first).toMatchObject({
        readReceipt: { user: { id: 'bob' }, lastReadMessageId: b },
        unreadCount: 1,
      });
      expect(await read(a)).toEqual(first);
      expect(await read(b)).toEqual(first);
      expect((await updates('bob')).at(-1)).toEqual({ kind: 'READ', conversationId: id, unreadCount: 1 });
      expect(await updates('bob')).toHaveLength(6);
      expect(await unread('bob', id)).toBe(1);
      expect(await read(c)).toMatchObject({ unreadCount: 0 });
      expect(await unread('alice', id)).toBe(1);
      expect((await chat.readReceipts(viewer('bob').workspace, id)).map(({ user }) => user.id)).toEqual([
        'bob',
      ]);
    });

    test('whoever comes back after being removed begins anew', async () => {
      const { chat, viewer, begin, send, unread } = stage();
      const id = await begin('alice', 'bob');
      const { message } = await send('alice', id, 'a');
      await send('alice', id, 'b');
      await chat.markConversationRead(viewer('bob'), id, message.id);
      await chat.removeParticipants(viewer('bob'), id, ['bob']);
      await chat.addParticipants(viewer('alice'), id, ['bob']);
      expect(await chat.readReceipts(viewer('bob').workspace, id)).toEqual([]);
      await send('alice', id, 'c');
      expect(await chat.markConversationRead(viewer('bob'), id, message.id)).toMatchObject({
        unreadCount: 1,
      });
      expect(await unread('bob', id)).toBe(1);
    });

    test('a message of another conversation is not found', async () => {
      const { chat, viewer, begin, send } = stage();
      const [one, two] = [await begin('alice', 'bob'), await begin('alice', 'bob')];
      const { message } = await send('alice', one);
      await expect(chat.markConversationRead(viewer('bob'), two, message.id)).rejects.toEqual(
        errorWith('NOT_FOUND', /message/),
      );
      await expect(chat.markConversationRead(viewer('mallory'), one, message.id)).rejects.toEqual(
        errorWith('NOT_FOUND', /conversation/),
      );
    });
  });
});
