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
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { QueryLimits } from '../config.ts';
import { TidingsError } from '../errors.ts';
import { limitShape } from './operation-shape.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { refusedOperation } from './refused-operation.ts';

export type PreparedDocument =
  | { readonly document: DocumentNode; readonly errors?: never }
  | { readonly document?: never; readonly errors: readonly GraphQLError[] };

export interface Documents {
  prepare(query: string): PreparedDocument;
  /** The same in two steps: this throws GraphQLError where the text can not be parsed, */
  parse(query: string): DocumentNode;
  /** and this answers what is wrong with what `parse` has answered. The errors of both are for the caller alone to write to. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

/** The ids of listed operations that nobody could use, each with what is wrong: they are refused like any others. */
export function findRefused(
  { textsById }: Pick<PersistedOperations, 'textsById'>,
  documents: Documents,
): readonly { readonly id: string; readonly reason: string }[] {
  return [...textsById].flatMap(([id, text]) => {
    const [error] = documents.prepare(text).errors ?? [];
    return error === undefined ? [] : [{ id, reason: error.message }];
  });
}

export interface DocumentsOptions {
  readonly limits: QueryLimits;
  /** Whether anybody may ask for the schema. */
  readonly introspection: boolean;
  /** null: whatever the schema allows. */
  readonly persisted: PersistedOperations | null;
}

type Parsed =
  | { readonly document: DocumentNode; readonly errors: readonly GraphQLError[] }
  | { readonly document: null; readonly errors: readonly [GraphQLError] };

/**
 * Characters of all texts kept; the one unused for longest goes first. What a text is parsed into is some hundred times as
 * large, so that this is what anybody can fill the memory with.
 */
const maxKeptLength = 512 * 1_024;
export function createDocuments(schema: GraphQLSchema, options: DocumentsOptions): Documents {
  const { limits, persisted } = options;
  /** What is listed may be as long as it is. */
  const longest = Math.max(limits.length, persisted?.longest ?? 0);
  const parseAndValidate = createParser(schema, options);
  const kept = new Map<string, Parsed>();
  let keptLength = 0;
  const errorsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>();

  const keep = (query: string, parsed: Parsed): void => {
    kept.set(query, parsed);
    keptLength += query.length;
    for (const oldest of kept.keys()) {
      if (keptLength <= maxKeptLength) return;
      kept.delete(oldest);
      keptLength -= oldest.length;
    }
  };
  const find = (query: string): Parsed => {
    const known = kept.get(query);
    if (known !== undefined) {
      kept.delete(query);
      kept.set(query, known);
      return known;
    }
    const refusal = refusalOf(query);
    if (refusal !== null) return { document: null, errors: [refusal] };
    const parsed = parseAndValidate(query);
    if (parsed.document !== null) errorsOf.set(parsed.document, parsed.errors);
    keep(query, parsed);
    return parsed;
  };
  /** Not worth a place among the texts that are kept. */
  const refusalOf = (query: string): GraphQLError | null => {
    if (query.length > longest) return tooLong(query.length, limits.length);
    try {
      persisted?.require(query);
      return null;
    } catch (error) {
      return toDocumentError(error, limits);
    }
  };
  return {
    prepare(query) {
      const { document, errors } = find(query);
      return document === null || errors.length > 0 ? { errors } : { document };
    },
    parse(query) {
      const { document, errors } = find(query);
      if (document === null) throw copyOf(errors[0]);
      return document;
    },
    validate(document) {
      const errors = errorsOf.get(document);
      if (errors === undefined) throw new Error('Only documents that were parsed here can be validated.');
      return errors.map(copyOf);
    },
  };
}

/** Yoga writes the status of its answer into the errors that it is given. */
const copyOf = ({
  message,
  nodes,
  source,
  positions,
  path,
  originalError,
  extensions,
}: GraphQLError): GraphQLError =>
  new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    originalError: originalError ?? null,
    extensions: { ...extensions },
  });

function createParser(schema: GraphQLSchema, { limits, introspection }: DocumentsOptions) {
  const { tokens: maxLexicalTokens } = limits;
  /** First: whatever is too deep or too wide is not worth being understood. */
  const shape: readonly ValidationRule[] = [limitShape(limits)];
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    noConditionalRootField,
    ...(introspection ? [] : [noIntrospection]),
  ];
  const validateDocument = (document: DocumentNode): readonly GraphQLError[] => {
    try {
      const misshapen = validate(schema, document, shape);
      return misshapen.length > 0 ? misshapen : validate(schema, document, rules);
    } catch (error) {
      return [toDocumentError(error, limits)];
    }
  };
  return (query: string): Parsed => {
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens });
    } catch (error) {
      return { document: null, errors: [toDocumentError(error, limits)] };
    }
    return { document, errors: validateDocument(document) };
  };
}

/** In place of graphql-js' own rule, which does not say what would let it, and says so of every field. */
const noIntrospection = (context: ValidationContext): ASTVisitor => ({
  Field(node) {
    const { value: name } = node.name;
    if (name !== '__schema' && name !== '__type') return;
    const sentence = `This server does not answer introspection: "${name}" can be asked for where INTROSPECTION=on allows it.`;
    context.reportError(new GraphQLError(sentence, { nodes: [node] }));
  },
});

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
function toDocumentError(error: unknown, { tokens }: QueryLimits): GraphQLError {
  if (error instanceof GraphQLError) return hasTooManyTokens(error) ? tooManyTokens(tokens) : error;
  if (error instanceof RangeError) return new GraphQLError('The operation is nested too deeply.');
  if (error instanceof TidingsError) return refusedOperation(error.code, error.message);
  throw error;
}

/** graphql-js knows no other way to tell it. */
const hasTooManyTokens = ({ message }: GraphQLError): boolean =>
  /^Syntax Error: Document contains more th\w+ \d+ tokens/.test(message);

const tooManyTokens = (max: number): GraphQLError =>
  new GraphQLError(
    `The operation has more than ${max} tokens, which is all that it may have. Ask for less at a time.`,
  );

const tooLong = (length: number, max: number): GraphQLError =>
  refusedOperation(
    'PAYLOAD_TOO_LARGE',
    `The operation is ${length} characters long, and may be ${max}. Give what is long in it as variables.`,
  );
