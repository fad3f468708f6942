// What people get wrong in chat, presence and notifications. Each mistake gets its code and a sentence that says what to
// do, and nothing of it is stored; texts that are no mistake are stored as they were sent.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const server = useSturdyServer();

const newWorkspace = () => `w-${randomUUID()}`;
const users = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);
const file = (changes: object = {}) => ({
  url: 'https://files.example/report.pdf',
  name: 'report.pdf',
  contentType: 'application/pdf',
  ...changes,
});

describe('chat', () => {
  const create =
    'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }';
  const send = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';
  const edit = 'mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { id } } }';
  const read = /* GraphQL */ `
    query ($id: ID!) {
      conversation(id: $id) {
        cursor
        title
        participants {
          id
        }
        messages {
          nodes {
            id
            body
            clientMessageId
            attachments {
              url
              name
              contentType
            }
          }
        }
      }
    }
  `;

  interface Read {
    readonly conversation: {
      readonly cursor: string;
      readonly messages: { readonly nodes: readonly { readonly id: string; readonly body: string }[] };
    };
  }

  const newConversation = async () => {
    const workspace = newWorkspace();
    const alice = await connect(server, 'alice', { workspace });
    const { createConversation } = await alice.request<{
      createConversation: { conversation: { id: string } };
    }>(create, { input: { participantIds: ['bob'] } });
    const conversationId = createConversation.conversation.id;
    const say = (input: object) => alice.request(send, { input: { conversationId, ...input } });
    await say({ body: 'first', clientMessageId: 'c-1' });
    const stored = () => alice.request<Read>(read, { id: conversationId });
    return { workspace, alice, conversationId, say, stored };
  };

  it.each<[string, object, RegExp]>([
    ['an empty message', { body: '' }, /`body` is empty/],
    ['no body', {}, /body/],
    ['64 KiB of text', { body: 'x'.repeat(65_536) }, /`body` has 65536 characters: it takes at most 10000/],
    ['one character too many', { body: '😀'.repeat(10_001) }, /`body` has 10001 characters/],
    ['half of a surrogate pair', { body: 'a\ud83d' }, /`body`.*Unicode/],
    ['NUL', { body: 'a\u0000' }, /`body`.*NUL/],
    ['eleven files', { body: 'x', attachments: Array.from({ length: 11 }, () => file()) }, /at most 10/],
    ['a file without https', { body: 'x', attachments: [file({ url: 'http://files.example/a' })] }, /https/],
    ['a file that is a script', { body: 'x', attachments: [file({ url: 'javascript:alert(1)' })] }, /https/],
    ['a file without a name', { body: 'x', attachments: [file({ name: '' })] }, /`attachments\.name`/],
    ['a file of negative size', { body: 'x', attachments: [file({ size: -1 })] }, /negative/],
    ['an empty id of the sender’s', { body: 'x', clientMessageId: '' }, /`clientMessageId`/],
    [
      'an id of the sender’s that is too long',
      { body: 'x', clientMessageId: 'x'.repeat(257) },
      /`clientMessageId`/,
    ],
  ])('%s is refused, and nothing is stored', async (_title, input, sentence) => {
    const { say, stored } = await newConversation();
    const before = await stored();
    const refused = await failureOf(say(input));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(sentence);
    expect(await stored()).toEqual(before);
  });

  it.each<[string, string, object[]]>([
    ['emoji', '👩‍👩‍👧‍👦 🚚', []],
    ['white space', ' \t\n  x  ', []],
    ['nothing but white space', '  ', []],
    ['as much as there may be', '😀'.repeat(10_000), []],
    ['nothing but a file', '', [file({ name: ' two  spaces ' })]],
    ['marks not combined', 'e\u0301', []],
  ])('%s is stored as sent', async (_title, body, attachments) => {
    const { say, stored } = await newConversation();
    await say({ body, attachments });
    const { nodes } = (await stored()).conversation.messages;
    expect(nodes.at(-1)).toMatchObject({ body, attachments });
  });

  it('a message id used again with another text is a conflict, and nothing is stored', async () => {
    const { say, stored } = await newConversation();
    const before = await stored();
    await say({ body: 'first', clientMessageId: 'c-1' });
    const refused = await failureOf(say({ body: 'second', clientMessageId: 'c-1' }));
    expect(refused.code).toBe('CONFLICT');
    expect(await stored()).toEqual(before);
  });

  it('an edit is held to the same rules', async () => {
    const { alice, stored } = await newConversation();
    const before = await stored();
    const messageId = before.conversation.messages.nodes[0]?.id;
    for (const body of ['', 'x'.repeat(10_001), '\ud83d', '\u0000']) {
      const refused = await failureOf(alice.request(edit, { input: { messageId, body } }));
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toContain('`body`');
    }
    expect(await stored()).toEqual(before);
  });

  it.each([
    '',
    'nonsense',
    randomUUID(),
    '\u0000',
    '\ud83d',
    'x'.repeat(10_000),
    "'; drop table messages; --",
  ])('what the id %j should name does not exist', async (id) => {
    const { alice, stored } = await newConversation();
    const before = await stored();
    const told = ['NOT_FOUND', 'BAD_USER_INPUT'];
    const edited = await failureOf(alice.request(edit, { input: { messageId: id, body: 'x' } }));
    const sent = await failureOf(alice.request(send, { input: { conversationId: id, body: 'x' } }));
    const followed = await failureOf(
      alice
        .subscribe('subscription ($id: ID!) { chatMessage(conversationId: $id) { cursor } }', { id })
        .next(),
    );
    for (const refused of [edited, sent, followed]) expect(told).toContain(refused.code);
    const asked = await alice.request(read, { id }).catch((error: unknown) => error);
    if (asked instanceof Error) expect(told).toContain((asked as { code?: string }).code);
    else expect(asked).toEqual({ conversation: null });
    expect(await stored()).toEqual(before);
  });

  it.each<[string, object, RegExp]>([
    ['501 participants', { participantIds: users(501) }, /at most 500/],
    ['500 others', { participantIds: users(500) }, /at most 500 participants/],
    ['an empty participant', { participantIds: [''] }, /`participantIds`/],
    ['a participant that is no Unicode', { participantIds: ['\ud83d'] }, /Unicode/],
    ['an empty title', { participantIds: ['bob'], title: '' }, /`title`/],
    ['a title that is too long', { participantIds: ['bob'], title: 'x'.repeat(257) }, /`title`/],
  ])('a conversation with %s is refused, and none appears', async (_title, input, sentence) => {
    await using alice = await connect(server, 'alice', { workspace: newWorkspace() });
    const refused = await failureOf(alice.request(create, { input }));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(sentence);
    expect(await alice.request('{ conversations { nodes { id } } }')).toEqual({
      conversations: { nodes: [] },
    });
  });

  it('a cursor of another conversation, of the list, or of a page is refused', async () => {
    const { alice, conversationId } = await newConversation();
    const { createConversation } = await alice.request<{
      createConversation: { conversation: { id: string } };
    }>(create, { input: { participantIds: ['carol'] } });
    const other = (await alice.request<Read>(read, { id: createConversation.conversation.id })).conversation;
    const { conversations } = await alice.request<{
      conversations: { cursor: string; pageInfo: { endCursor: string } };
    }>('{ conversations { cursor pageInfo { endCursor } } }');
    for (const after of [other.cursor, conversations.cursor, conversations.pageInfo.endCursor, 'nonsense']) {
      const refused = await failureOf(
        alice
          .subscribe(
            'subscription ($id: ID!, $after: Cursor) { chatMessage(conversationId: $id, after: $after) { cursor } }',
            { id: conversationId, after },
          )
          .next(),
      );
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toContain('`after`');
    }
    for (const variables of [{ after: other.cursor }, { after: 'nonsense' }, { first: 0 }, { first: 101 }]) {
      const refused = await failureOf(
        alice.request(
          'query ($first: Int, $after: String) { conversations(first: $first, after: $after) { cursor } }',
          variables,
        ),
      );
      expect(refused.code).toBe('BAD_USER_INPUT');
      expect(refused.message).toMatch(/`after`|`first`/);
    }
  });
});

describe('presence', () => {
  const set = 'mutation ($input: SetPresenceInput!) { setPresence(input: $input) { status } }';

  it('of 501 users at a time is refused, of 500 it is told', async () => {
    await using alice = await connect(server, 'alice', { workspace: newWorkspace() });
    const ask = (userIds: string[]) =>
      alice.request<{ presence: unknown[] }>(
        'query ($userIds: [ID!]!) { presence(userIds: $userIds) { status } }',
        {
          userIds,
        },
      );
    const refused = await failureOf(ask(users(501)));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(/`userIds` holds 501 ids: it takes at most 500/);
    expect((await ask(users(500))).presence).toHaveLength(500);
    const followed = await failureOf(
      alice
        .subscribe('subscription ($userIds: [ID!]) { presenceChanged(userIds: $userIds) { status } }', {
          userIds: users(501),
        })
        .next(),
    );
    expect(followed.code).toBe('BAD_USER_INPUT');
  });

  it.each<[string, object, RegExp]>([
    ['an unknown status', { status: 'SLEEPING' }, /SLEEPING/],
    [
      'an activity nowhere',
      { status: 'BUSY', activity: { kind: 'EDITING', resource: '' } },
      /`activity\.resource`/,
    ],
    [
      'an endless activity',
      { status: 'BUSY', activity: { kind: 'EDITING', resource: 'x'.repeat(513) } },
      /at most 512/,
    ],
    [
      'an activity that is no Unicode',
      { status: 'BUSY', activity: { kind: 'EDITING', resource: '\ud83d' } },
      /Unicode/,
    ],
  ])('with %s is refused, and stays what it was', async (_title, input, sentence) => {
    await using alice = await connect(server, 'alice', { workspace: newWorkspace() });
    await alice.requestOverWebSocket(set, { input: { status: 'AWAY' } });
    const refused = await failureOf(alice.requestOverWebSocket(set, { input }));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).toMatch(sentence);
    expect(
      await alice.requestOverWebSocket('{ presence(userIds: ["alice"]) { status activity { resource } } }'),
    ).toEqual({ presence: [{ status: 'AWAY', activity: null }] });
  });
});

describe('notifications', () => {
  const send =
    'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { recipientCount deduplicated } }';
  const readFeed = '{ notifications { cursor unreadCount nodes { title body url } } }';
  const newSender = async () => {
    const workspace = newWorkspace();
    const sender = await connect(server, 'backend', { workspace, scope: 'notifications:send' });
    const alice = await connect(server, 'alice', { workspace });
    const notify = (input: object) =>
      sender.request(send, { input: { userIds: ['alice'], type: 'SYSTEM', title: 'T', body: '', ...input } });
    return { alice, notify, feed: () => alice.request(readFeed) };
  };

  it.each<[string, object, string, RegExp]>([
    ['nobody', { userIds: [] }, 'BAD_USER_INPUT', /`userIds`/],
    ['no recipients', { userIds: null }, 'BAD_USER_INPUT', /recipients/],
    ['501 users', { userIds: [...users(500), 'alice'] }, 'BAD_USER_INPUT', /at most 500/],
    ['users and the workspace', { workspace: true }, 'BAD_USER_INPUT', /one of them/],
    ['an unknown type', { type: 'SPAM' }, 'BAD_USER_INPUT', /SPAM/],
    ['an empty title', { title: '' }, 'BAD_USER_INPUT', /`title`/],
    ['a title that is too long', { title: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`title`/],
    ['a text that is too long', { body: 'x'.repeat(10_001) }, 'BAD_USER_INPUT', /`body`/],
    ['a text that is no Unicode', { body: '\udc00' }, 'BAD_USER_INPUT', /Unicode/],
    ['a script for a link', { url: 'javascript:alert(1)' }, 'BAD_USER_INPUT', /`url`/],
    ['a link that looks like a path', { url: '//evil.example' }, 'BAD_USER_INPUT', /`url`/],
    ['data that is too large', { data: 'x'.repeat(65_536) }, 'PAYLOAD_TOO_LARGE', /`data`/],
  ])('to or with %s are refused, and no feed changes', async (_title, input, code, sentence) => {
    const { notify, feed } = await newSender();
    const before = await feed();
    const refused = await failureOf(notify(input));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(sentence);
    expect(await feed()).toEqual(before);
  });

  it('a used idempotency key with other content is a conflict, and no feed changes', async () => {
    const { notify, feed } = await newSender();
    await notify({ idempotencyKey: 'k' });
    const before = await feed();
    const refused = await failureOf(notify({ idempotencyKey: 'k', body: 'other' }));
    expect(refused.code).toBe('CONFLICT');
    expect(await feed()).toEqual(before);
  });

  it('marking what does not exist is NOT_FOUND, and marks nothing', async () => {
    const { alice, notify } = await newSender();
    await notify({});
    const { notifications } = await alice.request<{ notifications: { nodes: { id: string }[] } }>(
      '{ notifications { nodes { id } } }',
    );
    const own = notifications.nodes[0]?.id ?? '';
    for (const id of [randomUUID(), 'nonsense', '', '\u0000']) {
      const refused = await failureOf(
        alice.request('mutation ($ids: [ID!]!) { markNotificationsRead(ids: $ids) { unreadCount } }', {
          ids: [own, id],
        }),
      );
      expect(['NOT_FOUND', 'BAD_USER_INPUT']).toContain(refused.code);
    }
    expect(await alice.request('{ notifications { unreadCount } }')).toEqual({
      notifications: { unreadCount: 1 },
    });
  });

  it('texts are stored as sent', async () => {
    const { notify, feed } = await newSender();
    const sent = { title: '  🚚\t', body: ' \n ', url: '/orders/42?a=b%20c' };
    await notify(sent);
    expect(await feed()).toMatchObject({ notifications: { nodes: [sent] } });
  });
});
