// `after` of a subscription says where it begins, and nothing of what its events are: who goes on from different places shares
// executions all the same, and what is executed for an event knows nothing of it.
import {
  getNamedType,
  getOperationAST,
  isRequiredArgument,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
} from 'graphql';

const argumentName = 'after';
const typeName = 'Cursor';

export interface WithoutCursor {
  /** What is executed for each event. The same document where there is no cursor. */
  readonly document: DocumentNode;
  /** The variables that are used as the cursor and nowhere else. */
  readonly cursors: ReadonlySet<string>;
}

/** Of a valid document. An `after` that is required, or of another type than Cursor, is an argument like any other. */
export function withoutCursor(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): WithoutCursor {
  const operation = getOperationAST(document, operationName);
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  const begins = ({ name, arguments: given = [] }: FieldNode): boolean => {
    const known = fields[name.value]?.args.find((argument) => argument.name === argumentName);
    if (known === undefined || isRequiredArgument(known) || getNamedType(known.type).name !== typeName)
      return false;
    return given.some((argument) => argument.name.value === argumentName);
  };
  const begun = new Set<unknown>(
    operation?.selectionSet.selections.filter(
      (selection) => selection.kind === Kind.FIELD && begins(selection),
    ),
  );
  if (operation == null || begun.size === 0) return { document, cursors: new Set() };

  const uses = countUses(document);
  const cursors = new Set<string>();
  const withoutArgument = (field: FieldNode): FieldNode => ({
    ...field,
    arguments: (field.arguments ?? []).filter(({ name, value }) => {
      if (name.value !== argumentName) return true;
      if (value.kind === Kind.VARIABLE && uses.get(value.name.value) === 1) cursors.add(value.name.value);
      return false;
    }),
  });
  const selections = operation.selectionSet.selections.map((selection) =>
    begun.has(selection) ? withoutArgument(selection as FieldNode) : selection,
  );
  const stripped = {
    ...operation,
    selectionSet: { ...operation.selectionSet, selections },
    variableDefinitions: (operation.variableDefinitions ?? []).filter(
      ({ variable }) => !cursors.has(variable.name.value),
    ),
  };
  const definitions = document.definitions.map((definition) =>
    definition === operation ? stripped : definition,
  );
  return { document: { ...document, definitions }, cursors };
}

function countUses(document: DocumentNode): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
  });
  return uses;
}
