// On whom the result of an event depends: found from the fields that a selection touches, and what the schema says of them.
import {
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { traitsExtension, type FieldTraits } from '../schema/builder.ts';

/**
 * 'everybody': one result for all of a class. 'viewer': one for each viewer. 'delivery': one for each viewer, and only for the
 * moment in which it is delivered.
 */
export type Sharing = 'everybody' | 'viewer' | 'delivery';

/** Of the operation of a valid document. */
export function sharingOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): Sharing {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return 'everybody';
  const traits = traitsOf(schema, document, root, operation.selectionSet);
  if (traits.some(({ atDelivery }) => atDelivery === true)) return 'delivery';
  return traits.length > 0 ? 'viewer' : 'everybody';
}

/** Of every field that the selection may touch, whatever its directives and type conditions say in the end. */
function traitsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  root: GraphQLCompositeType,
  selectionSet: SelectionSetNode,
): readonly FieldTraits[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const found: FieldTraits[] = [];
  const seen = new Set<string>();
  const visit = (type: GraphQLCompositeType, { selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        for (const field of fieldsNamed(schema, type, name)) {
          const traits = field.extensions[traitsExtension] as FieldTraits | undefined;
          if (traits !== undefined) found.push(traits);
          const value = getNamedType(field.type);
          if (selection.selectionSet !== undefined && isCompositeType(value)) {
            visit(value, selection.selectionSet);
          }
        }
        continue;
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : null;
      if (spread !== null && seen.has(spread)) continue;
      if (spread !== null) seen.add(spread);
      const fragment = spread === null ? selection : fragments.get(spread);
      if (fragment === undefined || !('selectionSet' in fragment)) continue;
      const condition = fragment.typeCondition;
      const narrowed = condition === undefined ? type : schema.getType(condition.name.value);
      if (isCompositeType(narrowed)) visit(narrowed, fragment.selectionSet);
    }
  };
  visit(root, selectionSet);
  return found;
}

/** Of an interface also those of the types that implement it: theirs are executed. */
function fieldsNamed(schema: GraphQLSchema, type: GraphQLCompositeType, name: string) {
  const types = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  return types.flatMap((one) => ('getFields' in one ? (one.getFields()[name] ?? []) : []));
}
