// Parsed and validated documents: the same text gives the same document, so that parsing is paid once and a document's
// identity can be compared.
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  specifiedRules,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type SelectionSetNode,
  type Source,
  type ValidationContext,
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

export function validateDocument(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, [...specifiedRules, noConditionalRootField]);
  } catch (error) {
    return [toDocumentError(error)];
  }
}

/** A subscription whose only root field is skipped makes graphql-js throw; newer editions of the standard forbid it. */
function noConditionalRootField(context: ValidationContext): ASTVisitor {
  const check = (selections: SelectionSetNode, seen: Set<string>): void => {
    for (const selection of selections.selections) {
      const conditional = selection.directives?.find(({ name }) => ['skip', 'include'].includes(name.value));
      if (conditional !== undefined) {
        const sentence = `The field of a subscription can not be left out: remove @${conditional.name.value} there.`;
        context.reportError(new GraphQLError(sentence, { nodes: [conditional] }));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) check(selection.selectionSet, seen);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
      seen.add(selection.name.value);
      const fragment = context.getFragment(selection.name.value);
      if (fragment != null) check(fragment.selectionSet, seen);
    }
  };
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation === OperationTypeNode.SUBSCRIPTION) check(selectionSet, new Set());
    },
  };
}

/** graphql-js descends by recursion: what is nested thousands of levels deep exhausts the stack (a RangeError). */
function toDocumentError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  if (error instanceof RangeError) return new GraphQLError('The operation is nested too deeply.');
  throw error;
}
