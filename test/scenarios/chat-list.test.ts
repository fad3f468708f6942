// A list of conversations that stays right while people talk: unread counts of each, read receipts, and the order.
import { expect, it } from 'vitest';
import { asChatter, take, type ConversationUpdate } from '../support/chatter.ts';
import { onBothSetups } from '../support/setups.ts';

const told = ({ kind, unreadCount, conversation }: ConversationUpdate) => [
  kind,
  unreadCount,
  conversation?.lastMessage?.body,
];

onBothSetups('the list of conversations', (stage) => {
  const people = async () => {
    const workspace = stage.newWorkspace();
    const near = async (user: string) => asChatter(await stage.writer(user, { workspace }));
    const far = async (user: string) => asChatter(await stage.listener(user, { workspace }));
    return { near, far };
  };

  it('one change is told to everyone with their own count of what is unread', async () => {
    const { near, far } = await people();
    await using alice = await far('alice');
    await using bob = await far('bob');
    const writer = await near('alice');
    await using atAlice = alice.followList((await alice.list()).cursor);
    await using atBob = bob.followList((await bob.list()).cursor);
    const { id } = await writer.create({ title: 'Trip', participantIds: ['bob'] });
    for (const events of [atAlice, atBob]) {
      expect(await events.next()).toMatchObject({
        kind: 'CREATED',
        conversationId: id,
        unreadCount: 0,
        conversation: { id, title: 'Trip', unreadCount: 0, lastMessage: null },
      });
    }
    const step = async (atOne: unknown[], atOther: unknown[]) => {
      expect(told(await atAlice.next())).toEqual(atOne);
      expect(told(await atBob.next())).toEqual(atOther);
    };
    const { message } = await writer.send(id, 'one');
    await step(['MESSAGE_SENT', 0, 'one'], ['MESSAGE_SENT', 1, 'one']);
    await writer.send(id, 'two');
    await step(['MESSAGE_SENT', 0, 'two'], ['MESSAGE_SENT', 2, 'two']);
    await bob.send(id, 'three');
    await step(['MESSAGE_SENT', 1, 'three'], ['MESSAGE_SENT', 2, 'three']);
    await writer.edit(message.id, 'ONE');
    await step(['MESSAGE_EDITED', 1, 'three'], ['MESSAGE_EDITED', 2, 'three']);
    await writer.delete(message.id);
    await step(['MESSAGE_DELETED', 1, 'three'], ['MESSAGE_DELETED', 1, 'three']);
    expect((await alice.read(id)).unreadCount).toBe(1);
    expect((await bob.list()).nodes).toMatchObject([{ id, unreadCount: 1 }]);
  });

  it('the counts are those of each event, the conversation is as it stands when it is delivered', async () => {
    const { near, far } = await people();
    const alice = await near('alice');
    await using bob = await far('bob');
    const { cursor } = await bob.list();
    const { id } = await alice.create({ participantIds: ['bob'] });
    const { message } = await alice.send(id, 'one');
    await alice.send(id, 'two');
    await bob.markRead(id, message.id);
    await alice.send(id, 'three');
    await using replay = bob.followList(cursor);
    const events = await take(replay, 5);
    expect(events.map(({ kind, unreadCount }) => [kind, unreadCount])).toEqual([
      ['CREATED', 0],
      ['MESSAGE_SENT', 1],
      ['MESSAGE_SENT', 2],
      ['READ', 1],
      ['MESSAGE_SENT', 2],
    ]);
    for (const { conversation } of events)
      expect(conversation).toMatchObject({ id, unreadCount: 2, lastMessage: { body: 'three' } });
  });

  it('two who send at the same moment leave two unread, every time', async () => {
    const { near, far } = await people();
    const alice = await near('alice');
    const carol = await far('carol');
    await using bob = await far('bob');
    const { id } = await alice.create({ participantIds: ['bob', 'carol'] });
    await using list = bob.followList((await bob.list()).cursor);
    for (let round = 0; round < 25; round += 1) {
      const [one, other] = await Promise.all([
        alice.send(id, `alice ${round}`),
        carol.send(id, `carol ${round}`),
      ]);
      const events = await take(list, 2);
      expect(events.map((event) => [event.kind, event.unreadCount])).toEqual([
        ['MESSAGE_SENT', 1],
        ['MESSAGE_SENT', 2],
      ]);
      expect((await bob.read(id)).unreadCount).toBe(2);
      const last = (await bob.messages(id, { last: 1 })).nodes[0]?.id ?? '';
      expect([one.message.id, other.message.id]).toContain(last);
      expect((await bob.markRead(id, last)).unreadCount).toBe(0);
      expect(await list.next()).toMatchObject({ kind: 'READ', unreadCount: 0 });
    }
  });

  it('reading is told to the others as a receipt, and to one’s own other devices with the new count', async () => {
    const { near, far } = await people();
    await using alice = await far('alice');
    const phone = await near('bob');
    await using laptop = await far('bob');
    const { id } = await alice.create({ participantIds: ['bob'] });
    const [first, second, third] = [
      await alice.send(id, 'one'),
      await alice.send(id, 'two'),
      await alice.send(id, 'three'),
    ].map((sent) => sent.message.id) as [string, string, string];
    await using list = laptop.followList((await laptop.list()).cursor);
    await using receipts = alice.followReceipts(id);
    const read = async (messageId: string, unreadCount: number) => {
      const receipt = { user: { id: 'bob' }, lastReadMessageId: messageId };
      expect(await phone.markRead(id, messageId)).toEqual({ readReceipt: receipt, unreadCount });
      expect(await receipts.next()).toEqual(receipt);
      expect(await list.next()).toMatchObject({ kind: 'READ', unreadCount, conversation: { unreadCount } });
    };
    await read(second, 1);
    // Never backwards: the older one changes nothing, so what is told next is the newer one.
    expect(await phone.markRead(id, first)).toMatchObject({
      readReceipt: { lastReadMessageId: second },
      unreadCount: 1,
    });
    await read(third, 0);
    expect((await laptop.read(id)).readReceipts).toEqual([{ user: { id: 'bob' }, lastReadMessageId: third }]);

    // Whoever subscribes later is told how far everybody has read, then the changes.
    await alice.markRead(id, third);
    await using later = laptop.followReceipts(id);
    const state = await take(later, 2);
    expect(state.map(({ user, lastReadMessageId }) => [user.id, lastReadMessageId]).sort()).toEqual([
      ['alice', third],
      ['bob', third],
    ]);
    const { message } = await phone.send(id, 'four');
    await alice.markRead(id, message.id);
    expect(await later.next()).toEqual({ user: { id: 'alice' }, lastReadMessageId: message.id });
    // One's own messages are never unread.
    expect((await laptop.read(id)).unreadCount).toBe(0);
  });

  it('deleting what somebody has not read takes it off their count, and only theirs', async () => {
    const { near, far } = await people();
    const alice = await near('alice');
    const bob = await far('bob');
    const carol = await far('carol');
    const { id } = await alice.create({ participantIds: ['bob', 'carol'] });
    const { message } = await alice.send(id, 'one');
    await alice.send(id, 'two');
    await bob.markRead(id, message.id);
    await alice.delete(message.id);
    expect((await bob.read(id)).unreadCount).toBe(1);
    expect((await carol.read(id)).unreadCount).toBe(1);
    expect((await alice.read(id)).unreadCount).toBe(0);
  });

  it('the last changed comes first, over pages that are complete', async () => {
    const { near, far } = await people();
    const alice = await near('alice');
    const bob = await far('bob');
    const ids: string[] = [];
    for (const title of ['a', 'b', 'c', 'd', 'e'])
      ids.push((await alice.create({ title, participantIds: ['bob'] })).id);
    await alice.send(ids[1] ?? '', 'b is in front again');
    const titles: (string | null)[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page = await bob.list({ first: 2, after });
      titles.push(...page.nodes.map(({ title }) => title));
      ({ endCursor: after, hasNextPage: more } = page.pageInfo);
    }
    expect(titles).toEqual(['b', 'e', 'd', 'c', 'a']);
  });
});
