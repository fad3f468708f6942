// How deep an operation goes and how many aliases it has: what its text alone tells, before anything is looked up in the schema.
import {
  GraphQLError,
  Kind,
  visit,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import type { QueryLimits } from '../config.ts';

/** A rule of validation. */
export function limitShape({ depth, aliases }: Pick<QueryLimits, 'depth' | 'aliases'>) {
  return (context: ValidationContext): ASTVisitor => ({
    Document: {
      enter(document) {
        let count = 0;
        visit(document, { Field: ({ alias }) => void (count += alias === undefined ? 0 : 1) });
        if (count > aliases) {
          context.reportError(
            new GraphQLError(
              `The operation has ${count} aliases, and may have ${aliases}. Ask for less at a time.`,
            ),
          );
        }
      },
    },
    OperationDefinition(operation) {
      const measure = createDepth((name) => context.getFragment(name) ?? undefined);
      const reached = measure(operation.selectionSet);
      if (reached <= depth) return;
      context.reportError(
        new GraphQLError(
          `The operation is ${reached} levels deep, and may be ${depth}. Ask for less at a time.`,
          { nodes: [operation] },
        ),
      );
    },
  });
}

/** Each fragment is measured once, however often it is spread; one that spreads itself is refused by another rule. */
function createDepth(find: (fragment: string) => FragmentDefinitionNode | undefined) {
  const depths = new Map<string, number>();

  const ofFragment = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    depths.set(name, 0);
    const fragment = find(name);
    const depth = fragment === undefined ? 0 : ofSelections(fragment.selectionSet);
    depths.set(name, depth);
    return depth;
  };
  const ofSelections = ({ selections }: SelectionSetNode): number => {
    let deepest = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        deepest = Math.max(deepest, ofFragment(selection.name.value));
        continue;
      }
      const within = selection.selectionSet === undefined ? 0 : ofSelections(selection.selectionSet);
      const isLevel = selection.kind === Kind.FIELD;
      // The schema's own fields have a rule of their own in graphql-js.
      if (isLevel && selection.name.value.startsWith('__')) continue;
      deepest = Math.max(deepest, within + (isLevel ? 1 : 0));
    }
    return deepest;
  };
  return ofSelections;
}
