// What concurrent writers must not break in chat, on both databases: numbers without holes, exact counts, no deadlock,
// and nobody added or removed unnoticed.
import { expect, test } from 'vitest';
import { createChatStage } from '../support/chat-stage.ts';
import { onBothDatabases } from '../support/in-process.ts';

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

onBothDatabases('chat under concurrent writers', (database) => {
  test('two concurrent sends leave two unread', async () => {
    const { begin, send, unread, updates } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob', 'carol');
    await Promise.all([send('alice', id), send('bob', id)]);
    expect(await unread('carol', id)).toBe(2);
    expect((await updates('carol')).map(({ unreadCount }) => unreadCount)).toEqual([0, 1, 2]);
  });

  test('two people send 50 messages each at once: no hole, and every count is exact', async () => {
    const { begin, send, unread, entries, updates } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob', 'carol');
    const sent = await times(100, (index) => send(index % 2 === 0 ? 'alice' : 'bob', id, `m${index}`));
    const stored = await entries(id);
    expect(stored.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(new Set(sent.map(({ position }) => position.number)).size).toBe(100);
    expect(await Promise.all(['alice', 'bob', 'carol'].map((user) => unread(user, id)))).toEqual([
      50, 50, 100,
    ]);
    expect((await updates('carol')).map(({ unreadCount }) => unreadCount)).toEqual(
      Array.from({ length: 101 }, (_, index) => index),
    );
  });

  test('the same clientMessageId at once stores one message', async () => {
    const { begin, send, unread, entries } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob');
    const sent = await times(8, () => send('alice', id, { clientMessageId: 'm1' }));
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
    expect(await entries(id)).toHaveLength(1);
    expect(await unread('bob', id)).toBe(1);
  });

  test('the same people in two conversations write crosswise without a deadlock', async () => {
    const { chat, viewer, begin, send, unread } = createChatStage(database.runtime);
    const [one, two] = await Promise.all([begin('alice', 'bob', 'carol'), begin('carol', 'bob', 'alice')]);
    await times(40, async (index) => {
      const { message } = await send(index % 2 === 0 ? 'alice' : 'carol', index % 4 < 2 ? one : two);
      if (index % 5 === 0) await chat.deleteMessage(viewer(message.sender.id), message.id);
      if (index % 3 === 0) await chat.markConversationRead(viewer('bob'), message.conversationId, message.id);
    });
    for (const id of [one, two]) {
      const { message } = await send('alice', id, 'the last');
      expect(await chat.markConversationRead(viewer('bob'), id, message.id)).toMatchObject({
        unreadCount: 0,
      });
      expect(await unread('bob', id)).toBe(0);
    }
  });

  test('reading, sending and deleting at once leave the count that the messages say', async () => {
    const { chat, viewer, begin, send, unread, messageEvents } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob');
    await times(30, async (index) => {
      const { message } = await send('alice', id, `m${index}`);
      if (index % 3 === 0) await chat.markConversationRead(viewer('bob'), id, message.id);
      if (index % 4 === 0) await chat.deleteMessage(viewer('alice'), message.id);
    });
    const [receipt] = await chat.readReceipts(viewer('bob').workspace, id);
    const events = await messageEvents(id);
    const sent = events.filter(({ kind }) => kind === 'SENT').map(({ message }) => message);
    const after = sent.slice(
      sent.findIndex(({ id: messageId }) => messageId === receipt?.lastReadMessageId) + 1,
    );
    expect(await unread('bob', id)).toBe(after.filter(({ deletedAt }) => deletedAt === null).length);
  });

  test('whoever is added or removed while others write is counted from exactly that moment', async () => {
    const { chat, viewer, begin, send, unread, entries, updates } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob', 'carol');
    await Promise.all([
      times(20, () => send('alice', id)),
      times(5, (index) => chat.addParticipants(viewer('alice'), id, ['dave', `u${index}`])),
      chat.removeParticipants(viewer('alice'), id, ['carol']),
    ]);
    const stored = await entries(id);
    expect(stored.map(({ number }) => number)).toEqual(stored.map((_, index) => index + 1));
    const place = (added: string) =>
      stored.findIndex(({ payload }) => JSON.stringify(payload).includes(`"${added}"`));
    const sentAfter = stored.slice(place('dave')).filter(({ kind }) => kind === 'event').length;
    expect(await unread('dave', id)).toBe(sentAfter);
    expect(await updates('dave')).toHaveLength(stored.slice(place('dave')).length);
    const removal = stored.findIndex(({ payload }) => 'removed' in (payload as object));
    expect(await updates('carol')).toHaveLength(1 + removal + 1);
    expect((await updates('carol')).at(-1)?.kind).toBe('LEFT');
  });

  test('a burst of newcomers keeps nobody from writing', async () => {
    const { chat, viewer, begin, send, entries } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob');
    await times(60, (index) =>
      index % 2 === 0
        ? send('bob', id)
        : chat.addParticipants(viewer('alice'), id, [`u${index}`]).then(() => null),
    );
    expect(await entries(id)).toHaveLength(60);
  });

  test('two people who remove each other at once: one of them stays', async () => {
    const { chat, viewer, begin, unread } = createChatStage(database.runtime);
    const id = await begin('alice', 'bob');
    const outcomes = await Promise.allSettled([
      chat.removeParticipants(viewer('alice'), id, ['bob']),
      chat.removeParticipants(viewer('bob'), id, ['alice']),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const staying = await Promise.all(['alice', 'bob'].map((user) => unread(user, id)));
    expect(staying.filter((count) => count !== null)).toEqual([0]);
  });
});
