// Who takes part in a conversation: for bystanders it does not exist, newcomers read everything, and whoever is removed
// receives what came before it and nothing after.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { asChatter, documents, take, type Chatter } from '../support/chatter.ts';
import { failureOf } from '../support/failure.ts';
import type { Person, Subscribed } from '../support/client.ts';
import { onBothSetups } from '../support/setups.ts';

/** Every event until the subscription fails, and what it failed with. */
async function takeUntilFailure<T>(events: Subscribed<T>) {
  const taken: T[] = [];
  for (;;) {
    const step = await events.next().then(
      (event) => ({ event }),
      (reason: unknown) => ({ failure: failureOf(Promise.reject(reason as Error)) }),
    );
    if ('failure' in step) return { taken, failure: await step.failure };
    taken.push(step.event);
  }
}

onBothSetups('participants of a conversation', (stage) => {
  /** Alice writes in one process; everybody else is connected to the other. */
  const begin = async (...others: string[]) => {
    const workspace = stage.newWorkspace();
    const alice = asChatter(await stage.writer('alice', { workspace }));
    const join = async (user: string) => asChatter(await stage.listener(user, { workspace }));
    const { id, cursor } = await alice.create({ participantIds: others });
    return { workspace, alice, join, id, cursor };
  };

  it('for a bystander it does not exist, whatever they try', async () => {
    const { alice, join, id } = await begin('bob');
    const { message } = await alice.send(id, 'between us');
    await using mallory = await join('mallory');
    const attempts: [string, (id: string, messageId: string) => object][] = [
      [documents.send, (conversationId) => ({ input: { conversationId, body: 'hi' } })],
      [documents.edit, (_id, messageId) => ({ messageId, body: 'hi' })],
      [documents.delete, (_id, messageId) => ({ messageId })],
      [documents.markRead, (unknown, messageId) => ({ id: unknown, messageId })],
      [documents.setTyping, (unknown) => ({ id: unknown, isTyping: true })],
      [documents.add, (unknown) => ({ id: unknown, userIds: ['mallory'] })],
      [documents.remove, (unknown) => ({ id: unknown, userIds: ['bob'] })],
      [documents.followMessages, (unknown) => ({ id: unknown })],
      [documents.followTyping, (unknown) => ({ id: unknown })],
      [documents.followReceipts, (unknown) => ({ id: unknown })],
    ];
    /** What is told, with the ids asked for left out. */
    const told = async (document: string, variables: object, ids: string[]) => {
      const refused = await failureOf(ask(mallory, document, variables));
      const text = ids.reduce((sentence, asked) => sentence.replaceAll(asked, '…'), refused.message);
      return { code: refused.code, text };
    };
    for (const [document, variablesOf] of attempts) {
      const made = [randomUUID(), randomUUID()] as const;
      const real = await told(document, variablesOf(id, message.id), [id, message.id]);
      expect(real.code).toBe('NOT_FOUND');
      expect(real).toEqual(await told(document, variablesOf(...made), [...made]));
    }
    expect(await mallory.find(id)).toBeNull();
    expect((await mallory.list()).nodes).toEqual([]);
    // And nothing of it has happened.
    const after = await alice.read(id);
    expect(after.participants.map((user) => user.id).sort()).toEqual(['alice', 'bob']);
    expect(after.readReceipts).toEqual([]);
    expect((await alice.messages(id)).nodes).toEqual([message]);
  });

  it('a newcomer hears of it, reads everything, and follows it from the beginning', async () => {
    const { alice, join, id, cursor } = await begin('bob');
    await alice.send(id, 'one');
    await alice.send(id, 'two');
    await using carol = await join('carol');
    await using list = carol.followList((await carol.list()).cursor);
    const added = await alice.add(id, 'carol', 'bob');
    expect(added.participants.map((user) => user.id).sort()).toEqual(['alice', 'bob', 'carol']);
    const told = await list.next();
    expect(told).toMatchObject({
      kind: 'PARTICIPANTS_CHANGED',
      conversationId: id,
      // What was said before does not count.
      unreadCount: 0,
      conversation: { id, unreadCount: 0, lastMessage: { body: 'two' } },
    });
    expect((await carol.messages(id)).nodes.map((message) => message.body)).toEqual(['one', 'two']);
    await using events = carol.followMessages(id, cursor);
    await alice.send(id, 'three');
    expect((await take(events, 3)).map(({ message }) => message.body)).toEqual(['one', 'two', 'three']);
    expect(await list.next()).toMatchObject({ kind: 'MESSAGE_SENT', unreadCount: 1 });
    // Adding somebody again is harmless: the next that happens is what is said next.
    await alice.add(id, 'carol');
    await carol.send(id, 'four');
    expect(await list.next()).toMatchObject({ kind: 'MESSAGE_SENT', unreadCount: 1 });
  });

  it('whoever is removed receives what came before it, then FORBIDDEN; nothing is left to them', async () => {
    const { alice, join, id, cursor } = await begin('bob', 'carol');
    const { message } = await alice.send(id, 'hello');
    await alice.markRead(id, message.id);
    await using bob = await join('bob');
    await using carol = await join('carol');
    await using list = bob.followList((await bob.list()).cursor);
    const live = <T>(follow: (who: Chatter) => Subscribed<T>) => [follow(bob), follow(carol)] as const;
    const [messages, messagesOfCarol] = live((who) => who.followMessages(id, cursor));
    const [typing, typingOfCarol] = live((who) => who.followTyping(id));
    const [receipts, receiptsOfCarol] = live((who) => who.followReceipts(id));
    await alice.type(id, true);
    // All of them are live before anybody is removed.
    const all = [messages, messagesOfCarol, typing, typingOfCarol, receipts, receiptsOfCarol];
    await Promise.all(all.map((events) => events.next() as Promise<unknown>));

    const before = await alice.send(id, 'before');
    await alice.remove(id, 'bob');
    await alice.send(id, 'after');
    expect((await messages.next()).message).toEqual(before.message);
    expect((await failureOf(messages.next())).code).toBe('FORBIDDEN');
    // Sending has ended Alice's typing; that may have come first.
    expect((await takeUntilFailure(typing)).failure.code).toBe('FORBIDDEN');
    expect((await failureOf(receipts.next())).code).toBe('FORBIDDEN');

    expect(await list.next()).toMatchObject({ kind: 'MESSAGE_SENT', unreadCount: 2 });
    expect(await list.next()).toMatchObject({
      kind: 'LEFT',
      conversationId: id,
      conversation: null,
      unreadCount: 0,
    });
    expect(await bob.find(id)).toBeNull();
    expect((await bob.list()).nodes).toEqual([]);
    expect((await failureOf(bob.followMessages(id, before.cursor).next())).code).toBe('NOT_FOUND');
    expect((await failureOf(bob.followMessages(id, cursor).next())).code).toBe('NOT_FOUND');
    expect((await failureOf(bob.send(id, 'let me in'))).code).toBe('NOT_FOUND');

    // The others go on.
    expect((await messagesOfCarol.next()).message.body).toBe('before');
    expect((await messagesOfCarol.next()).message.body).toBe('after');
    const { message: last } = await alice.send(id, 'last');
    await alice.markRead(id, last.id);
    expect((await messagesOfCarol.next()).message).toEqual(last);
    expect(await receiptsOfCarol.next()).toMatchObject({ lastReadMessageId: last.id });
    const { participants } = await carol.read(id);
    expect(participants.map((user) => user.id).sort()).toEqual(['alice', 'carol']);
  });

  it('removed in the middle of a burst: exactly what came before, in order', async () => {
    const { alice, join, id, cursor } = await begin('bob');
    await using bob = await join('bob');
    await using reader = await join('alice');
    await using atBob = bob.followMessages(id, cursor);
    await using atAlice = reader.followMessages(id, cursor);
    // Both are live before it begins.
    await alice.send(id, 'hello');
    for (const events of [atBob, atAlice]) expect((await events.next()).message.body).toBe('hello');
    const say = (from: number) => Array.from({ length: 15 }, (_, index) => alice.send(id, `${from + index}`));
    const burst = say(0);
    const removed = Promise.all(burst.slice(0, 3)).then(() => alice.remove(id, 'bob'));
    await Promise.all([...burst, removed]);
    await Promise.all(say(15));
    const { taken, failure } = await takeUntilFailure(atBob);
    expect(failure.code).toBe('FORBIDDEN');
    const everything = await take(atAlice, 30);
    // At least the three that were answered before it, and none of those that were sent once it was answered.
    expect(taken.length).toBeGreaterThanOrEqual(3);
    expect(taken.length).toBeLessThanOrEqual(15);
    expect(taken).toEqual(everything.slice(0, taken.length));
  });

  it('leaving by oneself is the same, and coming back begins anew with everything to read', async () => {
    const { alice, join, id, cursor } = await begin('bob');
    await alice.send(id, 'one');
    await using bob = await join('bob');
    await using list = bob.followList((await bob.list()).cursor);
    await using live = bob.followMessages(id, cursor);
    expect((await live.next()).message.body).toBe('one');
    const left = await bob.remove(id, 'bob');
    expect(left).toMatchObject({ id, unreadCount: 0, lastMessage: null, messages: { nodes: [] } });
    expect(left.participants).toEqual([]);
    expect((await failureOf(live.next())).code).toBe('FORBIDDEN');
    expect(await list.next()).toMatchObject({ kind: 'LEFT', conversation: null });
    await alice.send(id, 'while he was away');
    await alice.add(id, 'bob');
    expect(await list.next()).toMatchObject({
      kind: 'PARTICIPANTS_CHANGED',
      unreadCount: 0,
      conversation: { lastMessage: { body: 'while he was away' } },
    });
    // Also from the old cursor, past the place where he had left.
    await using again = bob.followMessages(id, cursor);
    await alice.send(id, 'welcome back');
    expect((await take(again, 3)).map(({ message }) => message.body)).toEqual([
      'one',
      'while he was away',
      'welcome back',
    ]);
    expect(await list.next()).toMatchObject({ kind: 'MESSAGE_SENT', unreadCount: 1 });
    await alice.remove(id, 'bob');
    expect((await failureOf(again.next())).code).toBe('FORBIDDEN');
  });
});

const ask = (person: Person, document: string, variables: object): Promise<unknown> =>
  document.startsWith('subscription')
    ? person.subscribe(document, variables).next()
    : person.request(document, variables);
