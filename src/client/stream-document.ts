// What a subscription's document says about resuming, and what has to be put into it: the argument `after`, given by a variable
// that moves with every event, and the field `cursor`, to move it to. Pure; nothing of the schema is known here.
import { gql, stringifyDocument } from '@urql/core';
import type {
  ArgumentNode,
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  FragmentSpreadNode,
  OperationDefinitionNode,
  SelectionSetNode,
  ValueNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

export interface StreamDocument {
  /** As it is sent. */
  readonly query: string;
  readonly operationName: string | undefined;
  /** The root field's name in the schema. */
  readonly field: string;
  /** Where a cursor is put and found; null for live state, which begins anew with the current state. */
  readonly resume: Resume | null;
  /** What the root field is given. */
  argumentsFor(variables: Variables): Variables;
}

export interface Resume {
  /** The variable that carries the cursor. */
  readonly variable: string;
  /** The root field's key in a result, and that of `cursor` below it. */
  readonly path: readonly [root: string, cursor: string];
}

/** Whoever leaves `after` or `cursor` out of a document has them put in by these. */
const ownVariable = 'tidingsAfter';
const ownKey = 'tidingsCursor';

/** @param isEventStream whether a root field that is given no `after` has such an argument. */
export function toStreamDocument(
  document: DocumentNode,
  isEventStream: (field: string) => boolean,
): StreamDocument {
  const operation = document.definitions.find(isOperation);
  const root = operation?.selectionSet.selections.find(isField);
  if (operation === undefined || root === undefined) {
    throw new Error('A subscription has one operation with one field: this document has none.');
  }
  const args = root.arguments ?? [];
  const after = args.find(({ name }) => name.value === 'after')?.value;
  const common = {
    operationName: operation.name?.value,
    field: root.name.value,
    argumentsFor: (variables: Variables) => toValues(args, variables),
  };
  if (after === undefined && !isEventStream(common.field)) {
    return { ...common, query: stringifyDocument(document), resume: null };
  }
  const variable = after === undefined ? null : variableOf(after);
  const cursorKey =
    root.selectionSet && findCursor(root.selectionSet, document.definitions.filter(isFragment));
  const withVariable = variable === null ? giveVariable(operation, root) : { operation, root };
  const completed: OperationDefinitionNode = {
    ...withVariable.operation,
    selectionSet: {
      ...operation.selectionSet,
      selections: operation.selectionSet.selections.map((selection) =>
        selection === root ? giveCursor(withVariable.root, cursorKey) : selection,
      ),
    },
  };
  const definitions = document.definitions.map((definition) =>
    definition === operation ? completed : definition,
  );
  return {
    ...common,
    query: stringifyDocument({ kind: document.kind, definitions }),
    resume: {
      variable: variable ?? ownVariable,
      path: [root.alias?.value ?? common.field, cursorKey ?? ownKey],
    },
  };
}

function giveVariable(operation: OperationDefinitionNode, root: FieldNode) {
  const own = template();
  return {
    operation: {
      ...operation,
      variableDefinitions: [
        ...(operation.variableDefinitions ?? []),
        ...(own.operation.variableDefinitions ?? []),
      ],
    },
    root: {
      ...root,
      arguments: [
        ...(root.arguments ?? []).filter(({ name }) => name.value !== 'after'),
        ...(own.root.arguments ?? []),
      ],
    },
  };
}

function giveCursor(root: FieldNode, cursorKey: string | undefined): FieldNode {
  const { selectionSet } = root;
  const own = template().root.selectionSet;
  if (cursorKey !== undefined || selectionSet === undefined || own === undefined) return root;
  return {
    ...root,
    selectionSet: { ...selectionSet, selections: [...selectionSet.selections, ...own.selections] },
  };
}

/** The nodes that are put in. */
function template(): { readonly operation: OperationDefinitionNode; readonly root: FieldNode } {
  const { definitions } = gql(
    `subscription ($${ownVariable}: Cursor) { stream(after: $${ownVariable}) { ${ownKey}: cursor } }`,
  ) as unknown as DocumentNode;
  const [operation] = definitions as [OperationDefinitionNode];
  const [root] = operation.selectionSet.selections as readonly [FieldNode];
  return { operation, root };
}

/** Its key, also where it is selected by a fragment; undefined where it is not selected. */
function findCursor(
  { selections }: SelectionSetNode,
  fragments: readonly FragmentDefinitionNode[],
): string | undefined {
  for (const selection of selections) {
    if (isField(selection)) {
      if (selection.name.value === 'cursor') return selection.alias?.value ?? 'cursor';
      continue;
    }
    const inner = isSpread(selection)
      ? fragments.find(({ name }) => name.value === selection.name.value)?.selectionSet
      : selection.selectionSet;
    const found = inner && findCursor(inner, fragments);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Values as a table of cursor queries needs them: variables, and the simple literals. */
function toValues(args: readonly ArgumentNode[], variables: Variables): Variables {
  return Object.fromEntries(
    args.map(({ name, value }) => {
      const variable = variableOf(value);
      return [name.value, variable === null ? literalOf(value) : variables[variable]];
    }),
  );
}

const variableOf = (value: ValueNode): string | null =>
  (value.kind as string) === 'Variable' && 'name' in value ? value.name.value : null;
const literalOf = (value: ValueNode): unknown => ('value' in value ? value.value : null);

type Node = { readonly kind: unknown };
const isOperation = (node: Node): node is OperationDefinitionNode => node.kind === 'OperationDefinition';
const isFragment = (node: Node): node is FragmentDefinitionNode => node.kind === 'FragmentDefinition';
const isField = (node: Node): node is FieldNode =>
  node.kind === 'Field' && (node as FieldNode).name.value !== '__typename';
const isSpread = (node: Node): node is FragmentSpreadNode => node.kind === 'FragmentSpread';
