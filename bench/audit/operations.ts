// What a client of the audit does with a graphql-ws client: data or an error, nothing in between.
import type { Client } from 'graphql-ws';
import type { Ledger } from './ledger.ts';
import type { Followed, Operation } from './sources.ts';

/** Answered with errors, in a result or in place of one. */
export class OperationFailed extends Error {
  readonly errors: unknown;
  constructor(errors: unknown) {
    super('The operation failed.');
    this.errors = errors;
  }
}

/** The data of each result. Throws OperationFailed, or what broke the connection. */
export async function* resultsOf(client: Client, { query, variables }: Operation): AsyncGenerator<unknown> {
  for await (const { data, errors } of client.iterate({ query, variables: { ...variables } })) {
    if (errors !== undefined) throw new OperationFailed(errors);
    yield data;
  }
}

/** The cursor to go on from; from there on the follower is owed everything. */
export async function takeSnapshot(
  client: Client,
  { snapshot, readSnapshot }: Followed,
  { ledger, id }: { readonly ledger: Ledger; readonly id: string },
): Promise<string | null> {
  const seen = ledger.mark();
  let cursor: string | null = null;
  for await (const data of resultsOf(client, snapshot)) {
    const shown = readSnapshot(data);
    for (const [source, number] of shown.numbers) ledger.follow(id, source, number, seen.get(source) ?? 0);
    ({ cursor } = shown);
  }
  return cursor;
}

/** null for a connection that broke. */
export function codeOf(error: unknown): string | null {
  const errors = error instanceof OperationFailed ? error.errors : error;
  const [first] = Array.isArray(errors) ? (errors as { extensions?: { code?: string } }[]) : [];
  return first?.extensions?.code ?? null;
}

/** Errors after which a client tries again. */
export const isRetryable = (code: string): boolean => code === 'UNAVAILABLE' || code === 'RATE_LIMITED';

/** A subscription ends with an error or with its connection. One that just completes has lost its reader. */
export const completedWithoutAWord = (): OperationFailed =>
  new OperationFailed([{ extensions: { code: 'completed without a word' } }]);
