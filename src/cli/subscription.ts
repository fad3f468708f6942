// What `tidings subscribe` is asked for, as a document and its variables: one of the kit's own, by its field or a short name, or
// a document that is written out. Pure.
import {
  Kind,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type TypeNode,
  type VariableDefinitionNode,
} from 'graphql';
import * as documents from '../client/generated.ts';
import { UsageError } from './command.ts';
import { followables } from './followable.ts';

export interface Subscription {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The root field. */
  readonly field: string;
  /** Its key in results. */
  readonly key: string;
}

export interface Asked {
  readonly id?: string | undefined;
  /** `orderId=42`, … */
  readonly assignments: readonly string[];
  /** Of --variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly after?: string | undefined;
}

/** Those of the schema: `orderUpdated` and `OrderUpdatedDocument`. */
const known: ReadonlyMap<string, DocumentNode> = new Map(
  Object.values(documents as unknown as Readonly<Record<string, DocumentNode>>)
    .filter((document) => operationOf(document)?.operation === OperationTypeNode.SUBSCRIPTION)
    .map((document) => [rootOf(document).name.value, document]),
);

/** The document that is sent where nothing else is asked for; undefined for fields that are not Tidings' own. */
export const findDocument = (name: string): DocumentNode | undefined =>
  known.get(followables.find((one) => one.name === name)?.field ?? name);

/** Throws UsageError. */
export function parseDocument(text: string): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    throw new UsageError(`--query is no GraphQL document: ${(error as Error).message}`);
  }
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operations.length !== 1 || operationOf(document)?.operation !== OperationTypeNode.SUBSCRIPTION)
    throw new UsageError('--query has to hold one subscription: subscription { … }');
  return document;
}

/** Throws UsageError where what is asked for does not fit the document. */
export function toSubscription(document: DocumentNode, asked: Asked): Subscription {
  const root = rootOf(document);
  const field = root.name.value;
  const definitions = operationOf(document)?.variableDefinitions ?? [];
  const variables: Readonly<Record<string, unknown>> = {
    ...asked.variables,
    ...Object.fromEntries(asked.assignments.map((assignment) => assign(assignment, definitions, field))),
    ...(asked.id === undefined ? {} : identify(asked.id, definitions, field)),
    ...(asked.after === undefined ? {} : { [cursorVariable(root, document)]: asked.after }),
  };
  const missing = definitions.filter(
    ({ variable, type, defaultValue }) =>
      type.kind === Kind.NON_NULL_TYPE &&
      defaultValue === undefined &&
      variables[variable.name.value] == null,
  );
  if (missing.length > 0) {
    const ways = missing.map(({ variable, type }) => {
      const assignment = `--var ${variable.name.value}=…`;
      return baseOf(type) === 'ID' ? `--id, or ${assignment}` : assignment;
    });
    throw new UsageError(`${field} needs ${ways.join(', ')}.`);
  }
  return { document, variables, field, key: root.alias?.value ?? field };
}

type Definitions = readonly VariableDefinitionNode[];

/** `orderId=42` */
function assign(assignment: string, definitions: Definitions, field: string): readonly [string, unknown] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  const definition = definitions.find(({ variable }) => variable.name.value === name);
  if (definition !== undefined) return [name, toValue(value, definition.type)];
  const names = definitions.map(({ variable }) => `${variable.name.value}=…`);
  const expected =
    names.length === 0 ? `${field} has no variables` : `it has to be one of ${names.join(', ')}`;
  throw new UsageError(`--var is "${assignment}", but ${expected}.`);
}

/** The first variable that is an id names what is followed. */
function identify(id: string, definitions: Definitions, field: string): Readonly<Record<string, unknown>> {
  const definition = definitions.find(({ type }) => baseOf(type) === 'ID');
  if (definition !== undefined) return { [definition.variable.name.value]: toValue(id, definition.type) };
  throw new UsageError(`${field} follows no single thing: leave out --id.`);
}

function cursorVariable(root: FieldNode, document: DocumentNode): string {
  const value = root.arguments?.find((argument) => argument.name.value === 'after')?.value;
  if (value?.kind === Kind.VARIABLE) return value.name.value;
  const field = root.name.value;
  throw new UsageError(
    document === known.get(field)
      ? `${field} is live state: it begins with the current state, and has no cursors to go on from.`
      : `--after needs a document that passes it on: ${field}(after: $after).`,
  );
}

const texts: readonly string[] = ['ID', 'String', 'Cursor', 'DateTime'];

/** As the variable's type wants it: a list is JSON or parted by commas, anything else JSON or the word of an enum. */
function toValue(text: string, type: TypeNode): unknown {
  if (isList(type) && !text.startsWith('[')) return text.split(',').map((part) => part.trim());
  if (!isList(type) && texts.includes(baseOf(type))) return text;
  try {
    return JSON.parse(text);
  } catch {
    // The server tells what it expects.
    return text;
  }
}

function isList(type: TypeNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE ? isList(type.type) : type.kind === Kind.LIST_TYPE;
}

function baseOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : baseOf(type.type);
}

function operationOf(document: DocumentNode): OperationDefinitionNode | undefined {
  if (!Array.isArray((document as Partial<DocumentNode>).definitions)) return undefined;
  return document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}

function rootOf(document: DocumentNode) {
  const root = operationOf(document)?.selectionSet.selections.find(
    (selection) => selection.kind === Kind.FIELD,
  );
  if (root === undefined) throw new UsageError('--query has to ask for one field of Subscription.');
  return root;
}
