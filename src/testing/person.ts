// Somebody who uses the server in a test, by the public protocol: fetch, and the official WebSocket client.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode } from 'graphql';
import type { FormattedExecutionResult } from 'graphql-ws';
import { EventReader, defaultTimeoutMs, type Reader } from './reader.ts';
import { ResponseError } from './response-error.ts';
import { openWire, toError, type Closed } from './wire.ts';

/** A text, or a generated document, which tells the types. */
type Operation<Result, Variables> = string | TypedDocumentNode<Result, Variables>;
type Unknown = Record<string, unknown>;

export interface Person extends AsyncDisposable {
  readonly id: string;
  readonly token: string;
  /** A query or a mutation, over HTTP. Rejects with ResponseError where the response has errors. */
  request<Result = Unknown, Variables extends object = Unknown>(
    document: Operation<Result, Variables>,
    variables?: Variables,
  ): Promise<Result>;
  /** The same over the WebSocket: typing then ends with it, and `renewSession` renews it. */
  requestOverWebSocket<Result = Unknown, Variables extends object = Unknown>(
    document: Operation<Result, Variables>,
    variables?: Variables,
  ): Promise<Result>;
  /** Resolves when the subscription is open: whatever is published from then on comes. Rejects with what it was refused with. */
  subscribe<Result = Unknown, Variables extends object = Unknown>(
    document: Operation<Result, Variables>,
    variables?: Variables,
  ): Promise<Reader<Result>>;
  /** Resolves when the WebSocket is closed, with what the server closed it with. */
  readonly closed: Promise<Closed>;
  /** Goes away. */
  close(): Promise<void>;
}

export interface PersonOptions {
  readonly id: string;
  readonly token: string;
  /** The GraphQL endpoint. */
  readonly url: string;
  /** See App. */
  settled(): Promise<void>;
}

/** Resolves when they are connected. */
export async function connectPerson({ id, token, url, settled }: PersonOptions): Promise<Person> {
  const wire = await openWire({ url: url.replace(/^http/, 'ws'), token });

  const request: Person['request'] = async (document, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: textOf(document), variables }),
    });
    const { data, errors } = (await response.json()) as FormattedExecutionResult;
    if (errors !== undefined) throw new ResponseError(errors);
    return data as never;
  };

  const subscribe = async <Event>(
    document: string | DocumentNode,
    variables: object | undefined,
  ): Promise<Reader<Event>> => {
    const allTold = async (): Promise<void> => {
      await settled();
      if (reader.failure === null) await wire.roundTrip();
    };
    const reader: EventReader<Event> = new EventReader(
      (timeoutMs) => inTime(allTold(), timeoutMs),
      async () => {
        end();
        // Where there is no connection any more there is nobody to be told.
        await wire.roundTrip().catch(() => undefined);
      },
    );
    const { sent, end } = wire.open(toPayload(document, variables), {
      next: (result) => reader.receive(result as FormattedExecutionResult<Unknown>),
      error: (thrown) => reader.fail(toError(thrown)),
      complete: () => reader.fail(new Error('The subscription has ended.')),
    });
    const opened = async (): Promise<void> => {
      await sent;
      // Behind this the server knows of it, behind the rest it is open, or its refusal is here.
      await wire.roundTrip();
      await allTold();
    };
    try {
      await inTime(opened(), defaultTimeoutMs);
      if (reader.failure !== null) throw reader.failure;
    } catch (error) {
      end();
      throw error;
    }
    return reader;
  };

  return {
    id,
    token,
    closed: wire.closed,
    request,
    subscribe: (document, variables) => subscribe(document, variables),
    requestOverWebSocket: (document, variables) =>
      new Promise((resolve, reject) => {
        wire.open(toPayload(document, variables), {
          next: ({ data, errors }) =>
            errors === undefined ? resolve(data as never) : reject(new ResponseError(errors)),
          error: (thrown) => reject(toError(thrown)),
          complete: () => reject(new Error('The WebSocket was closed before there was an answer.')),
        });
      }),
    close: () => wire.close(),
    [Symbol.asyncDispose]: () => wire.close(),
  };
}

const textOf = (document: string | DocumentNode): string =>
  typeof document === 'string' ? document : print(document);

const toPayload = (document: string | DocumentNode, variables: object | undefined) => ({
  query: textOf(document),
  ...(variables === undefined ? {} : { variables: variables as Unknown }),
});

async function inTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(
      `The server has not come to rest within ${timeoutMs} ms: somebody in this test has stopped reading, or an ` +
        'operation over a WebSocket is never answered.',
    );
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // it was told, or came too late
  }
}
