// Reads the parameters of a request. Of a POST in place of Yoga's own reading, which turns bytes that are no UTF-8 into U+FFFD: a text would
// be stored otherwise than it was sent.
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { TidingsError } from '../errors.ts';
import { namedTextOf, type PersistedOperations } from './persisted-operations.ts';

/** @param persisted where requests may name an operation by its id; null: they can not. */
export const useRequestParams = (persisted: PersistedOperations | null): Plugin => ({
  onRequestParse({ request, setRequestParser }) {
    const parseParams = request.method === 'POST' ? parseJsonBody : parseQuery;
    setRequestParser(async (asked) => withText(await parseParams(asked), persisted));
  },
});

/** Yoga knows no `documentId`, and a text counts where both are given. */
function withText(params: GraphQLParams, persisted: PersistedOperations | null): GraphQLParams {
  if (Array.isArray(params)) return params;
  const { documentId: _, ...rest } = params as GraphQLParams & { readonly documentId?: unknown };
  if (params.query !== undefined && params.query !== '') return rest;
  try {
    const query = namedTextOf(params, persisted);
    return query === null ? rest : { ...rest, query };
  } catch (error) {
    throw badRequest(error instanceof TidingsError ? error.message : String(error));
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

async function parseJsonBody(request: Request): Promise<GraphQLParams> {
  const bytes = await request.arrayBuffer();
  const body = parse(bytes, 'The body');
  // A list is refused as a batch by Yoga.
  if (body !== null && typeof body === 'object') return body as GraphQLParams;
  throw badRequest('The body must be a JSON object like { "query": "{ viewer { id } }" }.');
}

async function parseQuery(request: Request): Promise<GraphQLParams> {
  const { searchParams } = new URL(request.url);
  const text = (name: string) => searchParams.get(name) ?? undefined;
  const json = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : parse(value, `The parameter "${name}"`);
  };
  return {
    query: text('query'),
    operationName: text('operationName'),
    documentId: text('documentId'),
    variables: json('variables'),
    extensions: json('extensions'),
  } as GraphQLParams;
}

function parse(value: ArrayBuffer | string, what: string): unknown {
  try {
    return JSON.parse(typeof value === 'string' ? value : utf8.decode(value));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not encoded as UTF-8';
    throw badRequest(`${what} is not JSON: ${reason}.`);
  }
}

const badRequest = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
