// Parsed and validated documents: the same text gives the same document, so that parsing is paid once and a document's
// identity can be compared.
import {
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type Source,
} from 'graphql';

export type PreparedDocument =
  | { readonly document: DocumentNode; readonly errors?: never }
  | { readonly document?: never; readonly errors: readonly GraphQLError[] };

export interface Documents {
  prepare(query: string): PreparedDocument;
}

/** Texts kept; the one unused for longest goes first. */
const maxDocuments = 1_000;
/** Longer texts are parsed anew each time, so that nobody fills the memory with them. */
const maxCachedLength = 16_384;

export function createDocuments(schema: GraphQLSchema): Documents {
  const cache = new Map<string, PreparedDocument>();
  return {
    prepare(query) {
      const cached = cache.get(query);
      if (cached !== undefined) {
        cache.delete(query);
        cache.set(query, cached);
        return cached;
      }
      const prepared = prepare(schema, query);
      if (query.length <= maxCachedLength) cache.set(query, prepared);
      if (cache.size > maxDocuments) cache.delete(cache.keys().next().value ?? '');
      return prepared;
    },
  };
}

function prepare(schema: GraphQLSchema, query: string): PreparedDocument {
  try {
    const document = parseDocument(query);
    const errors = validateDocument(schema, document);
    return errors.length > 0 ? { errors } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

/** Throws GraphQLError. */
export function parseDocument(query: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(query, options);
  } catch (error) {
    throw toDocumentError(error);
  }
}

export function validateDocument(...args: Parameters<typeof validate>): readonly GraphQLError[] {
  try {
    return validate(...args);
  } catch (error) {
    return [toDocumentError(error)];
  }
}

/** graphql-js descends by recursion: what is nested thousands of levels deep exhausts the stack (a RangeError). */
function toDocumentError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  if (error instanceof RangeError) return new GraphQLError('The operation is nested too deeply.');
  throw error;
}
