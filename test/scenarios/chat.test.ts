// A conversation between two people: what they say, follow, edit and delete. Who may take part is in
// chat-participants.test.ts; lists, unread counts and receipts are in chat-list.test.ts.
import { describe, expect, it } from 'vitest';
import { asChatter, take, type Chatter, type ChatMessageEvent } from '../support/chatter.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

const said = ({ kind, message }: ChatMessageEvent) => [kind, message.sender.id, message.body];
const file = (url: string) => ({ url, name: 'plan.pdf', contentType: 'application/pdf', size: 2_048 });

onBothSetups('chat', (stage) => {
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const alice = asChatter(await stage.writer('alice', { workspace, name: 'Alice' }));
    const bob = asChatter(await stage.listener('bob', { workspace, name: 'Bob' }));
    const { id, cursor } = await alice.create({ title: 'Trip', participantIds: ['bob'] });
    return { workspace, alice, bob, id, cursor };
  };
  const bodies = async (reader: Chatter, id: string) =>
    (await reader.messages(id)).nodes.map((message) => message.body);

  it('both ways: what was said since the conversation was read, then live', async () => {
    const { alice: writer, bob: listener, id, cursor } = await begin();
    await using alice = writer;
    await using bob = listener;
    const seen = await bob.read(id);
    expect(seen).toMatchObject({ title: 'Trip', unreadCount: 0, lastMessage: null });
    expect(seen.participants.map((user) => user.id).sort()).toEqual(['alice', 'bob']);
    await alice.send(id, 'Shall we?', { attachments: [file('https://files.example/plan.pdf')] });
    await bob.send(id, 'Yes!');

    await using atAlice = alice.followMessages(id, cursor);
    await using atBob = bob.followMessages(id, seen.cursor);
    for (const events of [atAlice, atBob]) {
      const first = await events.next();
      expect(first).toMatchObject({
        kind: 'SENT',
        message: {
          conversationId: id,
          body: 'Shall we?',
          sender: { id: 'alice', name: 'Alice' },
          editedAt: null,
          deletedAt: null,
          attachments: [file('https://files.example/plan.pdf')],
        },
      });
      expect(said(await events.next())).toEqual(['SENT', 'bob', 'Yes!']);
    }
    const third = await alice.send(id, 'When?');
    await bob.send(id, 'Now.');
    for (const events of [atAlice, atBob]) {
      const { message, cursor: place } = await events.next();
      expect(message).toEqual(third.message);
      expect(place).toBe(third.cursor);
      expect(said(await events.next())).toEqual(['SENT', 'bob', 'Now.']);
    }
    expect(await bodies(bob, id)).toEqual(['Shall we?', 'Yes!', 'When?', 'Now.']);
    // The answer to sending is a place to go on from, too.
    await using onward = bob.followMessages(id, third.cursor);
    expect(said(await onward.next())).toEqual(['SENT', 'bob', 'Now.']);
  });

  it('a burst from both sides arrives in one order, each message once', async () => {
    const { alice: writer, bob: listener, id, cursor } = await begin();
    await using alice = writer;
    await using bob = listener;
    await using atAlice = alice.followMessages(id, cursor);
    await using atBob = bob.followMessages(id, cursor);
    const spoken = Array.from({ length: 20 }, (_, index) => `${index}`);
    await Promise.all(spoken.flatMap((body) => [alice.send(id, body), bob.send(id, body)]));
    const heard = (await take(atBob, 40)).map(said);
    expect((await take(atAlice, 40)).map(said)).toEqual(heard);
    const everything = spoken.flatMap((body) => [
      ['SENT', 'alice', body],
      ['SENT', 'bob', body],
    ]);
    expect(heard.toSorted()).toEqual(everything.toSorted());
    const { nodes } = await bob.messages(id, { last: 40 });
    expect(nodes.map((message) => ['SENT', message.sender.id, message.body])).toEqual(heard);
  });

  it('an edit and a deletion arrive; read again from the log, nothing tells what was deleted', async () => {
    const { alice, bob: listener, id, cursor } = await begin();
    await using bob = listener;
    await using live = bob.followMessages(id, cursor);
    const attachments = [file('https://files.example/secret.pdf')];
    const { message } = await alice.send(id, 'the key is 4711', { attachments });
    expect((await live.next()).message).toMatchObject({ body: 'the key is 4711', attachments });
    await alice.edit(message.id, 'the key is 0815');
    expect(await live.next()).toMatchObject({
      kind: 'EDITED',
      message: { id: message.id, body: 'the key is 0815', editedAt: expect.any(String), deletedAt: null },
    });
    const deleted = await alice.delete(message.id);
    const gone = { id: message.id, body: '', attachments: [], deletedAt: deleted.message.deletedAt };
    expect(gone.deletedAt).not.toBeNull();
    expect(await live.next()).toMatchObject({ kind: 'DELETED', cursor: deleted.cursor, message: gone });
    await alice.send(id, 'after it');

    await using replay = bob.followMessages(id, cursor);
    for (const kind of ['SENT', 'EDITED', 'DELETED'])
      expect(await replay.next()).toMatchObject({ kind, message: gone });
    for (const events of [live, replay])
      expect(said(await events.next())).toEqual(['SENT', 'alice', 'after it']);
    expect((await bob.messages(id)).nodes).toMatchObject([gone, { body: 'after it' }]);
  });

  it('only its sender edits a message; who may delete it is the sender, and staff who take part', async () => {
    const { workspace, alice, bob, id } = await begin();
    const staff = { workspace, roles: ['staff'] };
    const outsider = asChatter(await stage.writer('dan', staff));
    const insider = asChatter(await stage.writer('erin', staff));
    await alice.add(id, 'erin');
    const { message } = await alice.send(id, 'mine');
    expect((await failureOf(bob.edit(message.id, 'yours'))).code).toBe('FORBIDDEN');
    expect((await failureOf(bob.delete(message.id))).code).toBe('FORBIDDEN');
    expect((await failureOf(outsider.delete(message.id))).code).toBe('NOT_FOUND');
    expect((await failureOf(insider.edit(message.id, 'ours'))).code).toBe('FORBIDDEN');
    expect(await bodies(bob, id)).toEqual(['mine']);
    const deleted = await insider.delete(message.id);
    expect(deleted.message.deletedAt).not.toBeNull();
    // Once is enough: deleting again changes nothing, and there is nothing left to edit.
    expect(await alice.delete(message.id)).toEqual(deleted);
    expect((await failureOf(alice.edit(message.id, 'again'))).code).toBe('CONFLICT');
    expect((await bob.read(id)).cursor).toBe(deleted.cursor);
  });

  it('five attempts with one clientMessageId, through both processes, are one message', async () => {
    const { workspace, alice, bob: listener, id, cursor } = await begin();
    await using bob = listener;
    const elsewhere = asChatter(await stage.listener('alice', { workspace, name: 'Alice' }));
    await using live = bob.followMessages(id, cursor);
    const clientMessageId = 'draft-1';
    const answers = await Promise.all(
      [alice, elsewhere, alice, elsewhere, alice].map((device) =>
        device.send(id, 'Once', { clientMessageId }),
      ),
    );
    expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
    const refused = await failureOf(elsewhere.send(id, 'Twice', { clientMessageId }));
    expect(refused.code).toBe('CONFLICT');
    expect(refused.errors[0]?.message).toContain('Use a new one');
    // The id is its sender's own: another person's is another message.
    await bob.send(id, 'Mine', { clientMessageId });
    expect(said(await live.next())).toEqual(['SENT', 'alice', 'Once']);
    expect(said(await live.next())).toEqual(['SENT', 'bob', 'Mine']);
    expect((await bob.messages(id)).nodes).toMatchObject([
      { body: 'Once', clientMessageId },
      { body: 'Mine', clientMessageId },
    ]);
    expect((await bob.read(id)).unreadCount).toBe(1);
  });

  it('a service with the scope opens conversations and sends for its users; nobody else does', async () => {
    const { workspace, alice, bob, id } = await begin();
    const shop = asChatter(await stage.writer('shop', { workspace, scope: 'chat:write' }));
    const made = await shop.create({ participantIds: ['bob'], asUserId: 'alice' });
    expect((await alice.read(made.id)).participants.map((user) => user.id).sort()).toEqual(['alice', 'bob']);
    const { message } = await shop.send(made.id, 'Your order is on its way', { asUserId: 'alice' });
    expect(message.sender).toEqual({ id: 'alice', name: 'Alice' });
    expect(await bodies(bob, made.id)).toEqual(['Your order is on its way']);
    // It acts for its users without taking part itself.
    expect(await shop.find(made.id)).toBeNull();
    expect((await failureOf(shop.send(made.id, 'As myself'))).code).toBe('NOT_FOUND');
    expect((await failureOf(shop.send(id, 'As a stranger', { asUserId: 'mallory' }))).code).toBe('NOT_FOUND');

    const other = asChatter(await stage.writer('bob', { workspace, scope: 'notifications:send' }));
    expect((await failureOf(other.send(id, 'I owe you', { asUserId: 'alice' }))).code).toBe('FORBIDDEN');
    const input = { participantIds: [], asUserId: 'alice' };
    expect((await failureOf(other.create(input))).code).toBe('FORBIDDEN');
    expect(await bodies(alice, id)).toEqual([]);
    expect((await alice.list()).nodes).toHaveLength(2);
  });

  describe('what a message may be', () => {
    it.each<[string, string, object]>([
      ['nothing at all', '', {}],
      ['10,001 characters', 'x'.repeat(10_001), {}],
      ['64 KiB', 'x'.repeat(65_536), {}],
      ['a file without https', 'x', { attachments: [file('http://files.example/plan.pdf')] }],
      ['eleven files', 'x', { attachments: Array.from({ length: 11 }, () => file('https://files.example')) }],
    ])('%s is refused, and nothing is stored', async (_what, body, rest) => {
      const { alice, bob, id } = await begin();
      const before = await bob.read(id);
      expect((await failureOf(alice.send(id, body, rest))).code).toBe('BAD_USER_INPUT');
      expect(await bodies(bob, id)).toEqual([]);
      expect(await bob.read(id)).toEqual(before);
    });

    it.each<[string, string, object]>([
      ['white space', ' \t two \n\n lines  ', {}],
      ['emoji', '👩‍👩‍👧‍👦 🇪🇺 👍🏽', {}],
      ['markup', '<b onclick="x()">&amp;</b> {{ }} ${}', {}],
      ['10,000 characters', '😀'.repeat(10_000), {}],
      ['ten files and no word', '', { attachments: Array(10).fill(file('https://files.example/a?b=%20')) }],
    ])('%s arrives and is stored as sent', async (_what, body, rest) => {
      const { alice, bob: listener, id, cursor } = await begin();
      await using bob = listener;
      await using live = bob.followMessages(id, cursor);
      await alice.send(id, body, rest);
      expect((await live.next()).message).toMatchObject({ body, ...rest });
      expect((await bob.messages(id)).nodes).toMatchObject([{ body, ...rest }]);
    });
  });

  it('pages stand still while messages arrive, walked backwards and forwards', async () => {
    const { alice, bob, id } = await begin();
    for (const body of ['1', '2', '3', '4', '5', '6', '7']) await alice.send(id, body);
    const shown = async (page: Parameters<Chatter['messages']>[1]) => {
      const { nodes, pageInfo } = await bob.messages(id, page);
      return { ...pageInfo, bodies: nodes.map((message) => message.body) };
    };
    const newest = await shown({ last: 3 });
    expect(newest).toMatchObject({ bodies: ['5', '6', '7'], hasPreviousPage: true, hasNextPage: false });
    await alice.send(id, '8');
    const older = await shown({ last: 3, before: newest.startCursor });
    expect(older).toMatchObject({ bodies: ['2', '3', '4'], hasPreviousPage: true, hasNextPage: true });
    await alice.send(id, '9');
    const oldest = await shown({ last: 3, before: older.startCursor });
    expect(oldest).toMatchObject({ bodies: ['1'], hasPreviousPage: false, hasNextPage: true });
    expect(await shown({ first: 1, after: newest.endCursor })).toMatchObject({
      bodies: ['8'],
      hasNextPage: true,
    });
    const forth = await shown({ first: 5, after: oldest.endCursor });
    expect(forth).toMatchObject({ bodies: ['2', '3', '4', '5', '6'], hasNextPage: true });
    const rest = await shown({ first: 5, after: forth.endCursor });
    expect(rest).toMatchObject({ bodies: ['7', '8', '9'], hasPreviousPage: true, hasNextPage: false });
    expect(await shown({ first: 5, after: rest.endCursor })).toMatchObject({
      bodies: [],
      hasNextPage: false,
    });
  });

  it('in another workspace the same people and ids are others', async () => {
    const here = await begin();
    const there = await begin();
    const input = { title: 'Same', participantIds: ['bob'], clientConversationId: 'c-1' };
    const [one, other] = await Promise.all([here.alice.create(input), there.alice.create(input)]);
    expect((await here.alice.create(input)).id).toBe(one.id);
    expect(other.id).not.toBe(one.id);
    const clientMessageId = 'm-1';
    const sent = await here.alice.send(one.id, 'here', { clientMessageId });
    await there.alice.send(other.id, 'there', { clientMessageId });

    await using bob = there.bob;
    expect(await bob.find(one.id)).toBeNull();
    expect((await bob.list()).nodes.map(({ id }) => id).sort()).toEqual([there.id, other.id].sort());
    expect(await bodies(bob, other.id)).toEqual(['there']);
    const attempts = [
      bob.send(one.id, 'over the fence'),
      bob.edit(sent.message.id, 'over the fence'),
      bob.followMessages(one.id).next(),
    ];
    for (const refused of await Promise.all(attempts.map(failureOf))) expect(refused.code).toBe('NOT_FOUND');
    expect((await failureOf(bob.followMessages(other.id, sent.cursor).next())).code).toBe('BAD_USER_INPUT');
    expect(await bodies(here.bob, one.id)).toEqual(['here']);
  });
});
