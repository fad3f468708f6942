// A person or a service that speaks the public protocol: fetch for queries and mutations, the official graphql-ws client
// for subscriptions.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode } from 'graphql';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { signDevelopmentToken, type DevelopmentToken } from '../../src/auth/development.ts';

export interface Identity extends Partial<DevelopmentToken> {
  /** Instead of a development token. */
  readonly token?: string;
}

/** The errors of a response, as a client sees them. */
export class ResponseError extends Error {
  readonly errors: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  constructor(errors: ResponseError['errors']) {
    super(errors.map((error) => `${error.extensions?.code ?? 'no code'}: ${error.message}`).join('\n'));
    this.errors = errors;
  }
  get code(): string | undefined {
    return this.errors[0]?.extensions?.code;
  }
}

/** A subscription as it is consumed: one event after another. */
export interface Subscribed<T> extends AsyncDisposable {
  /** The next event's data. Rejects with ResponseError where the subscription has failed, and when it has ended. */
  next(): Promise<T>;
}

/** A generated document tells what it answers; of a text it is told. */
type Operation<T> = string | TypedDocumentNode<T, never>;

export interface Person extends AsyncDisposable {
  readonly token: string;
  /** Over HTTP. Rejects with ResponseError where the response has errors. */
  request<T = Record<string, unknown>>(document: Operation<T>, variables?: object): Promise<T>;
  /** A query or mutation over the WebSocket. */
  requestOverWebSocket<T = Record<string, unknown>>(document: Operation<T>, variables?: object): Promise<T>;
  subscribe<T = Record<string, unknown>>(document: Operation<T>, variables?: object): Subscribed<T>;
  /** The code with which the WebSocket is closed next. */
  closed(): Promise<{ code: number; reason: string }>;
  /** Resolves when the WebSocket is open and acknowledged. */
  connected(): Promise<void>;
}

const textOf = (document: string | DocumentNode) =>
  typeof document === 'string' ? document : print(document);

export async function post(
  url: string,
  body: { readonly query: string; readonly variables?: object | undefined },
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: FormattedExecutionResult<Record<string, unknown>> }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as FormattedExecutionResult<Record<string, unknown>>,
  };
}

/** `user` in the workspace `demo` unless the identity says otherwise. Connects over WebSocket at the first need. */
export async function connect(
  server: { readonly url: string },
  user: string,
  identity: Identity = {},
): Promise<Person> {
  const { token: given, ...claims } = identity;
  const token = given ?? (await signDevelopmentToken({ name: user, ...claims, user }));
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    lazy: true,
    retryAttempts: 0,
    // Kept open behind its last operation: a person stays present until they are disposed.
    lazyCloseTimeout: 3_600_000,
    onNonLazyError: () => {},
  });

  const open = (document: string | DocumentNode, variables?: object) =>
    subscribeWith(client, { query: textOf(document), variables: variables as Record<string, unknown> });

  return {
    token,
    async request<T>(document: Operation<T>, variables?: object) {
      const { body } = await post(
        server.url,
        { query: textOf(document), variables },
        { authorization: `Bearer ${token}` },
      );
      if (body.errors !== undefined) throw new ResponseError(body.errors);
      return body.data as T;
    },
    async requestOverWebSocket<T>(document: Operation<T>, variables?: object) {
      await using result = open(document, variables);
      return (await result.next()) as T;
    },
    subscribe: <T>(document: Operation<T>, variables?: object) => open(document, variables) as Subscribed<T>,
    closed: () =>
      new Promise((resolve) => {
        const off = client.on('closed', (event) => {
          off();
          const { code, reason } = event as { code: number; reason: string };
          resolve({ code, reason });
        });
      }),
    async connected() {
      await using result = open('{ __typename }');
      await result.next();
    },
    [Symbol.asyncDispose]: async () => client.dispose(),
  };
}

function subscribeWith(
  client: Client,
  payload: { query: string; variables?: Record<string, unknown> },
): Subscribed<Record<string, unknown>> {
  const results = client.iterate<Record<string, unknown>>(payload);
  return {
    async next() {
      const step = await nextOf(results as Results);
      if (step.done === true) throw new ResponseError([{ message: 'The subscription has ended.' }]);
      if (step.value.errors !== undefined) throw new ResponseError(step.value.errors);
      return step.value.data ?? {};
    },
    [Symbol.asyncDispose]: async () => void (await results.return?.()),
  };
}

type Results = AsyncIterableIterator<FormattedExecutionResult<Record<string, unknown>>>;

async function nextOf(results: Results) {
  try {
    return await results.next();
  } catch (error) {
    if (Array.isArray(error)) throw new ResponseError(error as ResponseError['errors']);
    if (error instanceof Error) throw error;
    const { code, reason } = error as { code?: number; reason?: string };
    throw new Error(`The connection was closed with ${code}: ${reason}`, { cause: error });
  }
}
