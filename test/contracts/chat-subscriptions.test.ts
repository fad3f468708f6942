// What subscribers of chat hear, by graphql-js itself: messages, the list of conversations, read receipts, and how
// each of them ends for whoever is removed.
import { expect, test } from 'vitest';
import { followReceipts } from '../../src/modules/chat/follow-receipts.ts';
import { toCursorText } from '../../src/streams/cursor.ts';
import { createChatStage } from '../support/chat-stage.ts';
import { errorWith, follow, onBothDatabases } from '../support/in-process.ts';
import { contextOf } from '../support/runtime.ts';

const forbidden = errorWith('FORBIDDEN');

onBothDatabases('subscribers of chat', (database) => {
  const chatMessage = `subscription($id: ID!, $after: Cursor) { chatMessage(conversationId: $id, after: $after) {
    kind cursor message { body deletedAt sender { name } attachments { url } } } }`;

  test('a participant goes on after the cursor of the query, hears every change, and is cut off where removed', async () => {
    const { chat, viewer, begin, send } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob');
    const [view] = await chat.findConversations(viewer('bob'), [id]);
    if (view === undefined || view === null) throw new Error('It was just made.');
    const { message } = await send('alice', id, 'missed');
    const after = toCursorText(view.position, database.runtime.log.id);
    const bob = await follow(database.runtime, viewer('bob'), chatMessage, { id, after });
    expect(await bob.next()).toMatchObject({ kind: 'SENT', message: { body: 'missed' } });
    await chat.editMessage(viewer('alice'), { messageId: message.id, body: 'edited' });
    await chat.addParticipants(viewer('alice'), id, ['carol']);
    await chat.deleteMessage(viewer('alice'), message.id);
    await send('alice', id, 'before the removal');
    await chat.removeParticipants(viewer('alice'), id, ['bob']);
    await send('alice', id, 'after the removal');
    expect(await bob.next()).toMatchObject({ kind: 'EDITED', message: { body: 'edited' } });
    expect(await bob.next()).toMatchObject({ kind: 'DELETED', message: { body: '' } });
    expect(await bob.next()).toMatchObject({ kind: 'SENT', message: { body: 'before the removal' } });
    await expect(bob.next()).rejects.toEqual(forbidden);

    await expect(follow(database.runtime, viewer('bob'), chatMessage, { id, after })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await chat.addParticipants(viewer('alice'), id, ['bob']);
    const again = await follow(database.runtime, viewer('bob'), chatMessage, { id, after });
    expect(await again.next()).toMatchObject({
      kind: 'SENT',
      message: { body: '', deletedAt: expect.any(String) },
    });
    expect(await again.next()).toMatchObject({ kind: 'EDITED', message: { body: '' } });
    expect(await again.next()).toMatchObject({ kind: 'DELETED' });
    expect(await again.next()).toMatchObject({ message: { body: 'before the removal' } });
    expect(await again.next()).toMatchObject({ message: { body: 'after the removal' } });
    await again.end();
  });

  test("a conversation that is not the viewer's looks like none", async () => {
    const { viewer, begin } = createChatStage(database.runtime);
    const id = await begin('alice');
    for (const wrong of [id, 'x', id.toUpperCase(), 'a\u0000']) {
      await expect(
        follow(database.runtime, viewer('mallory'), chatMessage, { id: wrong }),
      ).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    await expect(
      follow(database.runtime, viewer('alice'), chatMessage, { id: id.toUpperCase() }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('the list of conversations hears of everything, with the conversation as it is at delivery', async () => {
    const { chat, viewer, begin, send } = createChatStage(database.runtime);
    const page = await chat.listConversations(viewer('bob'), {});
    const after = toCursorText(page.position, database.runtime.log.id);
    const bob = await follow(
      database.runtime,
      viewer('bob'),
      `subscription($after: Cursor) { conversationUpdated(after: $after) { kind conversationId unreadCount
        conversation { title unreadCount lastMessage { body } participants { id } } } }`,
      { after },
    );
    const id = await begin('alice', 'bob');
    expect(await bob.next()).toMatchObject({
      kind: 'CREATED',
      conversationId: id,
      conversation: { lastMessage: null },
    });
    const { message } = await send('alice', id, 'one');
    expect(await bob.next()).toMatchObject({
      kind: 'MESSAGE_SENT',
      unreadCount: 1,
      conversation: { unreadCount: 1, lastMessage: { body: 'one' } },
    });
    await chat.editMessage(viewer('alice'), { messageId: message.id, body: 'two' });
    expect(await bob.next()).toMatchObject({
      kind: 'MESSAGE_EDITED',
      conversation: { lastMessage: { body: 'two' } },
    });
    await chat.markConversationRead(viewer('bob'), id, message.id);
    expect(await bob.next()).toMatchObject({
      kind: 'READ',
      unreadCount: 0,
      conversation: { unreadCount: 0 },
    });
    await chat.addParticipants(viewer('alice'), id, ['carol']);
    expect(await bob.next()).toMatchObject({
      kind: 'PARTICIPANTS_CHANGED',
      conversation: { participants: [{ id: 'alice' }, { id: 'bob' }, { id: 'carol' }] },
    });
    await chat.removeParticipants(viewer('carol'), id, ['bob']);
    expect(await bob.next()).toMatchObject({
      kind: 'LEFT',
      unreadCount: 0,
      conversation: null,
      conversationId: id,
    });
    await bob.end();
  });

  const readReceipt = `subscription($id: ID!) { readReceipt(conversationId: $id) { user { id } lastReadMessageId } }`;

  test("everybody's receipt first, then every change, until the access ends", async () => {
    const { chat, viewer, begin, send } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob', 'carol');
    const [one, two] = [(await send('alice', id)).message.id, (await send('alice', id)).message.id];
    await chat.markConversationRead(viewer('alice'), id, one);
    await chat.markConversationRead(viewer('carol'), id, one);
    const bob = await follow(database.runtime, viewer('bob'), readReceipt, { id });
    const first = [await bob.next<{ user: { id: string } }>(), await bob.next<{ user: { id: string } }>()];
    expect(first.map(({ user }) => user.id).sort()).toEqual(['alice', 'carol']);
    await chat.markConversationRead(viewer('carol'), id, two);
    expect(await bob.next()).toEqual({ user: { id: 'carol' }, lastReadMessageId: two });
    await chat.markConversationRead(viewer('carol'), id, one);
    await chat.markConversationRead(viewer('bob'), id, one);
    expect(await bob.next()).toEqual({ user: { id: 'bob' }, lastReadMessageId: one });
    const waiting = bob.next();
    await Promise.all([
      expect(waiting).rejects.toEqual(forbidden),
      chat.removeParticipants(viewer('alice'), id, ['bob']),
    ]);
    await expect(follow(database.runtime, viewer('bob'), readReceipt, { id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('receipts leave nothing behind when their subscription ends', async () => {
    const { viewer, begin } = createChatStage(database.runtime);
    const id = await begin('alice');
    const before = database.runtime.tails.size;
    const receipts = await followReceipts(contextOf(database.runtime, viewer('alice')), id);
    expect(database.runtime.tails.size).toBe(before + 1);
    await receipts.return?.();
    expect(database.runtime.tails.size).toBe(before);
  });
});
