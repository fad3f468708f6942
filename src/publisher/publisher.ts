// The publisher: what backend services say to Tidings, a typed method for each mutation. A call that fails in a way that may
// pass is sent again with the same key, so that it happens once, whatever got lost on the way.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { Kind, print, type DocumentNode } from 'graphql';
import * as documents from '../client/generated.ts';
import { TokenSource } from '../client/token-source.ts';
import { PublishError } from './publish-error.ts';
import { send, type Sending } from './send.ts';

/** A token, or a function that answers one: called when there is none, when it is about to expire, and when it was refused. */
export type Token = string | (() => string | Promise<string>);

export interface PublisherOptions {
  /** The GraphQL endpoint: `https://tidings.example/graphql`. */
  readonly url: string;
  /**
   * A function is asked for another one before the token expires, once more where the server refuses it, and again until the
   * deadline where it throws.
   */
  readonly token: Token;
  /** The workspace that is meant, for a service whose token says `*`. */
  readonly workspace?: string | undefined;
  /** For one attempt: 10,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** For all attempts of a call together: 30,000 unless given. */
  readonly deadlineMs?: number | undefined;
  /** The runtime's own unless given. */
  readonly fetch?: typeof fetch | undefined;
}

export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason, and may have been carried out. */
  readonly signal?: AbortSignal | undefined;
}

export interface RequestOptions extends CallOptions {
  /** Whether it may be carried out twice: false unless given, or `variables.input` holds an `idempotencyKey`. */
  readonly retry?: boolean | undefined;
}

/**
 * Every method rejects with PublishError. The key by which the server knows a repetition (`idempotencyKey`, `clientMessageId`,
 * `clientConversationId`) is made once per call, or is the one that is given.
 */
export interface Publisher {
  /** Needs the scope orders:publish. */
  readonly publishOrderUpdate: Keyed<documents.PublishOrderUpdateInput, documents.PublishOrderUpdateMutation>;
  /** Needs the scope bookings:publish. */
  readonly publishBookingUpdate: Keyed<
    documents.PublishBookingUpdateInput,
    documents.PublishBookingUpdateMutation
  >;
  /** Needs the scope inventory:publish. */
  readonly publishInventoryAlert: Keyed<
    documents.PublishInventoryAlertInput,
    documents.PublishInventoryAlertMutation
  >;
  /** Needs the scope announcements:publish. */
  readonly publishAnnouncement: Keyed<
    documents.PublishAnnouncementInput,
    documents.PublishAnnouncementMutation
  >;
  /** Needs the scope rooms:publish. */
  readonly publishRoomEvent: Keyed<documents.PublishRoomEventInput, documents.PublishRoomEventMutation>;
  /** Needs the scope notifications:send. */
  readonly sendNotification: Keyed<documents.SendNotificationInput, documents.SendNotificationMutation>;
  /** Needs the scope chat:write, and `asUserId` says for whom. */
  readonly createConversation: Keyed<documents.CreateConversationInput, documents.CreateConversationMutation>;
  /** The service itself has to take part in the conversation. */
  readonly addParticipants: Repeatable<
    documents.AddParticipantsMutationVariables,
    documents.AddParticipantsMutation
  >;
  /** The service itself has to take part in the conversation. */
  readonly removeParticipants: Repeatable<
    documents.RemoveParticipantsMutationVariables,
    documents.RemoveParticipantsMutation
  >;
  /** Needs the scope chat:write, and `asUserId` says for whom. */
  readonly sendMessage: Keyed<documents.SendMessageInput, documents.SendMessageMutation>;
  /** Needs the scope users:write. */
  readonly upsertUsers: Repeatable<documents.UpsertUsersMutationVariables, documents.UpsertUsersMutation>;
  /** Needs the scope rooms:manage. */
  readonly grantRoomAccess: Keyed<documents.RoomAccessInput, documents.GrantRoomAccessMutation>;
  /** Needs the scope rooms:manage. */
  readonly revokeRoomAccess: Keyed<documents.RoomAccessInput, documents.RevokeRoomAccessMutation>;
  /** Needs the scope sessions:revoke. Where it was sent twice, the second answer counts what was left to close. */
  readonly revokeSessions: Repeatable<
    documents.RevokeSessionsMutationVariables,
    documents.RevokeSessionsMutation
  >;
  /** Needs the scope users:erase. */
  readonly eraseUser: Repeatable<documents.EraseUserMutationVariables, documents.EraseUserMutation>;
  /**
   * Any query or mutation, for domains of one's own. No key is made: what may have been carried out is sent again only with
   * `retry: true`, or where `variables.input` holds an `idempotencyKey`.
   */
  request<Result, Variables extends Readonly<Record<string, unknown>>>(
    document: string | TypedDocumentNode<Result, Variables>,
    variables: Variables,
    options?: RequestOptions,
  ): Promise<Result>;
}

type Keyed<Input, Result> = (input: Input, options?: CallOptions) => Promise<Payload<Result>>;
type Repeatable<Variables, Result> = (
  variables: Variables,
  options?: CallOptions,
) => Promise<Payload<Result>>;
/** What the one field of a mutation answers. */
type Payload<Result> = Result[keyof Result];

type KeyName = 'idempotencyKey' | 'clientMessageId' | 'clientConversationId';

/** Does no I/O. Throws where the options can not be right. */
export function createPublisher(options: PublisherOptions): Publisher {
  const sending = toSending(options);

  const call = async <Result>(
    document: string | TypedDocumentNode<Result, never>,
    variables: object,
    { signal, ...rest }: CallOptions & { readonly retry: boolean; readonly key: Key | null },
  ): Promise<Result> => {
    const { text, name } = textOf(document);
    const body = toBody(name, { query: text, variables });
    return (await send(sending, { name, body, signal, ...rest })) as Result;
  };

  const keyed =
    <Input extends object, Result extends object>(
      document: TypedDocumentNode<Result, { readonly input: Input }>,
      name: KeyName = 'idempotencyKey',
    ) =>
    async (input: Input & { readonly [Name in KeyName]?: unknown }, { signal }: CallOptions = {}) => {
      // Whoever has no types to tell them is answered by the server what is missing.
      const given = (input as typeof input | undefined)?.[name];
      const key = { name, value: typeof given === 'string' ? given : crypto.randomUUID() };
      const variables = { input: { ...input, [name]: key.value } };
      return payloadOf(await call(document, variables, { signal, key, retry: true }));
    };

  /** What has no key, and is the same when it is done twice. */
  const repeatable =
    <Variables extends object, Result extends object>(document: TypedDocumentNode<Result, Variables>) =>
    async (variables: Variables, { signal }: CallOptions = {}) =>
      payloadOf(await call(document, variables, { signal, key: null, retry: true }));

  const managed =
    <Input, Result extends object>(document: TypedDocumentNode<Result, { readonly input: Input }>) =>
    (input: Input, options?: CallOptions) =>
      repeatable(document)({ input }, options);

  return {
    publishOrderUpdate: keyed(documents.PublishOrderUpdateDocument),
    publishBookingUpdate: keyed(documents.PublishBookingUpdateDocument),
    publishInventoryAlert: keyed(documents.PublishInventoryAlertDocument),
    publishAnnouncement: keyed(documents.PublishAnnouncementDocument),
    publishRoomEvent: keyed(documents.PublishRoomEventDocument),
    sendNotification: keyed(documents.SendNotificationDocument),
    createConversation: keyed(documents.CreateConversationDocument, 'clientConversationId'),
    addParticipants: repeatable(documents.AddParticipantsDocument),
    removeParticipants: repeatable(documents.RemoveParticipantsDocument),
    sendMessage: keyed(documents.SendMessageDocument, 'clientMessageId'),
    upsertUsers: repeatable(documents.UpsertUsersDocument),
    grantRoomAccess: managed(documents.GrantRoomAccessDocument),
    revokeRoomAccess: managed(documents.RevokeRoomAccessDocument),
    revokeSessions: repeatable(documents.RevokeSessionsDocument),
    eraseUser: repeatable(documents.EraseUserDocument),
    async request(document, variables, { signal, retry = false } = {}) {
      const key = keyIn(variables);
      return call(document, variables, { signal, key, retry: retry || key !== null });
    },
  };
}

function toBody(name: string, request: object): string {
  try {
    return JSON.stringify(request);
  } catch (error) {
    throw new PublishError(
      `${name} failed with BAD_USER_INPUT: what it was given can not be written as JSON (${String(error)}).`,
      {
        code: 'BAD_USER_INPUT',
        retryable: false,
        outcome: 'refused',
        attempts: 0,
        idempotencyKey: null,
        cause: error,
      },
    );
  }
}

interface Key {
  readonly name: string;
  readonly value: string;
}

function toSending(options: PublisherOptions): Sending {
  if (typeof (options as PublisherOptions | undefined) !== 'object') {
    throw new TypeError('`createPublisher` needs `url` and `token`.');
  }
  const { url, token, workspace, timeoutMs = 10_000, deadlineMs = 30_000 } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(
      `\`url\` is "${url}", but it has to be the GraphQL endpoint, like https://tidings.example/graphql.`,
    );
  }
  if (typeof token !== 'function' && (typeof token !== 'string' || token.trim() === '')) {
    throw new TypeError('`token` is missing: give a token, or a function that answers one.');
  }
  for (const [name, ms] of Object.entries({ timeoutMs, deadlineMs })) {
    if (!(ms > 0)) throw new TypeError(`\`${name}\` is ${ms}, but it has to be above 0.`);
  }
  return {
    url,
    tokens: new TokenSource(typeof token === 'string' ? token.trim() : () => askFor(token)),
    workspace,
    timeoutMs,
    deadlineMs,
    // Looked up when it is called: whoever replaces the runtime's own later is heard.
    fetch: options.fetch ?? ((...parameters) => fetch(...parameters)),
  };
}

async function askFor(token: () => string | Promise<string>): Promise<string> {
  const answered: unknown = await token();
  if (typeof answered !== 'string' || answered.trim() === '')
    throw new Error('`token` has answered no token.');
  return answered.trim();
}

interface Prepared {
  readonly text: string;
  /** Of the operation, for messages. */
  readonly name: string;
}

const prepared = new WeakMap<DocumentNode, Prepared>();

function textOf(document: string | DocumentNode): Prepared {
  if (typeof document === 'string') return { text: document, name: 'The request' };
  const known = prepared.get(document);
  if (known !== undefined) return known;
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const made = { text: print(document), name: operation?.name?.value ?? 'The request' };
  prepared.set(document, made);
  return made;
}

function keyIn(variables: Readonly<Record<string, unknown>> | undefined): Key | null {
  const value = (variables?.['input'] as { readonly idempotencyKey?: unknown } | null | undefined)
    ?.idempotencyKey;
  return typeof value === 'string' ? { name: 'idempotencyKey', value } : null;
}

/** A mutation of ours has one field. */
const payloadOf = <Result extends object>(data: Result): Payload<Result> =>
  Object.values(data)[0] as Payload<Result>;
