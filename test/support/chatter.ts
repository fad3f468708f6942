// A person who chats through the public API: the documents of chat and typing, and a verb for each of them.
import type { Person, Subscribed } from './client.ts';

export interface Message {
  readonly id: string;
  readonly conversationId: string;
  readonly body: string;
  readonly sender: { readonly id: string; readonly name: string };
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
  readonly clientMessageId: string | null;
  readonly attachments: readonly { readonly url: string }[];
}
export interface Conversation {
  readonly id: string;
  readonly title: string | null;
  readonly cursor: string;
  readonly unreadCount: number;
  readonly participants: readonly { readonly id: string }[];
  readonly lastMessage: Message | null;
  readonly readReceipts: readonly ReadReceipt[];
}
export interface MessagePage {
  readonly nodes: readonly Message[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}
export interface ReadReceipt {
  readonly user: { readonly id: string };
  readonly lastReadMessageId: string;
}
export interface ChatMessageEvent {
  readonly kind: 'SENT' | 'EDITED' | 'DELETED';
  readonly cursor: string;
  readonly message: Message;
}
export interface ConversationUpdate {
  readonly kind: string;
  readonly cursor: string;
  readonly conversationId: string;
  readonly unreadCount: number;
  readonly conversation: Conversation | null;
}
export interface Typing {
  readonly conversationId: string;
  readonly user: { readonly id: string };
  readonly isTyping: boolean;
  readonly expiresInMs: number | null;
}
interface Sent {
  readonly message: Message;
  readonly cursor: string;
}

const messageFields =
  'id conversationId body sender { id name } editedAt deletedAt clientMessageId attachments { url name contentType size }';
const receiptFields = 'user { id } lastReadMessageId';
const conversationFields = `id title cursor unreadCount participants { id } lastMessage { ${messageFields} } readReceipts { ${receiptFields} }`;
const payload = `message { ${messageFields} } cursor`;

export const documents = {
  create: `mutation ($input: CreateConversationInput!) { result: createConversation(input: $input) { conversation { ${conversationFields} } } }`,
  add: `mutation ($id: ID!, $userIds: [ID!]!) { result: addParticipants(conversationId: $id, userIds: $userIds) { conversation { ${conversationFields} } } }`,
  remove: `mutation ($id: ID!, $userIds: [ID!]!) { result: removeParticipants(conversationId: $id, userIds: $userIds) { conversation { ${conversationFields} messages { nodes { id } } } } }`,
  send: `mutation ($input: SendMessageInput!) { result: sendMessage(input: $input) { ${payload} } }`,
  edit: `mutation ($messageId: ID!, $body: String!) { result: editMessage(input: { messageId: $messageId, body: $body }) { ${payload} } }`,
  delete: `mutation ($messageId: ID!) { result: deleteMessage(messageId: $messageId) { ${payload} } }`,
  markRead: `mutation ($id: ID!, $messageId: ID!) { result: markConversationRead(conversationId: $id, messageId: $messageId) { readReceipt { ${receiptFields} } unreadCount } }`,
  setTyping:
    'mutation ($id: ID!, $isTyping: Boolean!) { result: setTyping(conversationId: $id, isTyping: $isTyping) { conversationId user { id } isTyping expiresInMs } }',
  read: `query ($id: ID!) { result: conversation(id: $id) { ${conversationFields} } }`,
  list: `query ($first: Int, $after: String) { result: conversations(first: $first, after: $after) { cursor nodes { ${conversationFields} } pageInfo { hasNextPage endCursor } } }`,
  messages: `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { result: conversation(id: $id) { messages(first: $first, after: $after, last: $last, before: $before) { nodes { ${messageFields} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
  followMessages: `subscription ($id: ID!, $after: Cursor) { result: chatMessage(conversationId: $id, after: $after) { kind cursor message { ${messageFields} } } }`,
  followList: `subscription ($after: Cursor) { result: conversationUpdated(after: $after) { kind cursor conversationId unreadCount conversation { ${conversationFields} } } }`,
  followReceipts: `subscription ($id: ID!) { result: readReceipt(conversationId: $id) { ${receiptFields} } }`,
  followTyping:
    'subscription ($id: ID!) { result: typing(conversationId: $id) { conversationId user { id } isTyping expiresInMs } }',
} as const;

interface ConversationList {
  readonly cursor: string;
  readonly nodes: readonly Conversation[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Over HTTP, but for subscriptions and `typeOverWebSocket`. */
export interface Chatter extends Person {
  create(input: object): Promise<Conversation>;
  add(id: string, ...userIds: string[]): Promise<Conversation>;
  remove(
    id: string,
    ...userIds: string[]
  ): Promise<Conversation & { readonly messages: { readonly nodes: readonly unknown[] } }>;
  send(conversationId: string, body: string, rest?: object): Promise<Sent>;
  edit(messageId: string, body: string): Promise<Sent>;
  delete(messageId: string): Promise<Sent>;
  markRead(id: string, messageId: string): Promise<{ readReceipt: ReadReceipt; unreadCount: number }>;
  type(id: string, isTyping: boolean): Promise<Typing>;
  typeOverWebSocket(id: string, isTyping: boolean): Promise<Typing>;
  find(id: string): Promise<Conversation | null>;
  /** Rejects where there is none for this person. */
  read(id: string): Promise<Conversation>;
  list(page?: { readonly first?: number; readonly after?: string | null }): Promise<ConversationList>;
  messages(
    id: string,
    page?: { first?: number; after?: string | null; last?: number; before?: string | null },
  ): Promise<MessagePage>;
  followMessages(id: string, after?: string | null): Subscribed<ChatMessageEvent>;
  followList(after?: string | null): Subscribed<ConversationUpdate>;
  followReceipts(id: string): Subscribed<ReadReceipt>;
  followTyping(id: string): Subscribed<Typing>;
}

export function asChatter(person: Person): Chatter {
  const ask = async <T>(document: string, variables?: object): Promise<T> =>
    (await person.request<{ result: T }>(document, variables)).result;
  const follow = <T>(document: string, variables?: object): Subscribed<T> => {
    const results = person.subscribe<{ result: T }>(document, variables);
    return {
      next: async () => (await results.next()).result,
      [Symbol.asyncDispose]: () => results[Symbol.asyncDispose](),
    };
  };
  const find = (id: string) => ask<Conversation | null>(documents.read, { id });
  const required = <T>(value: T | null): T => {
    if (value === null) throw new Error('There is no such conversation for this person.');
    return value;
  };

  return {
    ...person,
    create: async (input) =>
      (await ask<{ conversation: Conversation }>(documents.create, { input })).conversation,
    add: async (id, ...userIds) =>
      (await ask<{ conversation: Conversation }>(documents.add, { id, userIds })).conversation,
    remove: async (id, ...userIds) =>
      (
        await ask<{ conversation: Conversation & { messages: { nodes: unknown[] } } }>(documents.remove, {
          id,
          userIds,
        })
      ).conversation,
    send: (conversationId, body, rest = {}) =>
      ask(documents.send, { input: { conversationId, body, ...rest } }),
    edit: (messageId, body) => ask(documents.edit, { messageId, body }),
    delete: (messageId) => ask(documents.delete, { messageId }),
    markRead: (id, messageId) => ask(documents.markRead, { id, messageId }),
    type: (id, isTyping) => ask(documents.setTyping, { id, isTyping }),
    typeOverWebSocket: async (id, isTyping) =>
      (await person.requestOverWebSocket<{ result: Typing }>(documents.setTyping, { id, isTyping })).result,
    find,
    read: async (id) => required(await find(id)),
    list: (page = {}) => ask(documents.list, page),
    messages: async (id, page = {}) =>
      required(await ask<{ messages: MessagePage } | null>(documents.messages, { id, ...page })).messages,
    followMessages: (id, after = null) => follow(documents.followMessages, { id, after }),
    followList: (after = null) => follow(documents.followList, { after }),
    followReceipts: (id) => follow(documents.followReceipts, { id }),
    followTyping: (id) => follow(documents.followTyping, { id }),
  };
}

/** So many events. */
export async function take<T>(events: Subscribed<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push(await events.next());
  return taken;
}
