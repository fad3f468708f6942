// How a backend tells that an order has moved: the generated document types the variables and the answer, and any
// HTTP client carries it. Here that is fetch.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { PublishOrderUpdateDocument, type PublishOrderUpdateInput } from '../src/client/generated.ts';

export interface Server {
  /** `https://tidings.example/graphql` */
  readonly url: string;
  readonly token: string;
}

/** The token needs the scope orders:publish. Safe to repeat with the same idempotencyKey. */
export async function publishOrder(server: Server, input: PublishOrderUpdateInput) {
  const { publishOrderUpdate } = await send(server, PublishOrderUpdateDocument, { input });
  return publishOrderUpdate;
}

async function send<Result, Variables>(
  { url, token }: Server,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Result; errors?: { message: string }[] };
  if (data == null || errors !== undefined) throw new Error(errors?.[0]?.message ?? response.statusText);
  return data;
}
