// Reads the body of a POST. In place of Yoga's own reading, which turns bytes that are no UTF-8 into U+FFFD: a text would
// be stored otherwise than it was sent.
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';

export const useJsonBody = (): Plugin => ({
  onRequestParse({ request, setRequestParser }) {
    if (request.method === 'POST') setRequestParser(parseJsonBody);
  },
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

async function parseJsonBody(request: Request): Promise<GraphQLParams> {
  const bytes = await request.arrayBuffer();
  const body = parse(bytes);
  // A list is refused as a batch by Yoga.
  if (body !== null && typeof body === 'object') return body as GraphQLParams;
  throw badRequest('The body must be a JSON object like { "query": "{ viewer { id } }" }.');
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not encoded as UTF-8';
    throw badRequest(`The body is not JSON: ${reason}.`);
  }
}

const badRequest = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
