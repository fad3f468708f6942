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

/**
 * Fields that would be answered under one name are compared with each other by graphql-js, wherever they may come together: a thousand
 * times the same one is half a million comparisons, in a text of ten kilobytes. So many may be needed where all of one name come together.
 */
const maxComparisons = 50_000;

/** A rule of validation. */
export function limitShape({ depth, aliases }: Pick<QueryLimits, 'depth' | 'aliases'>) {
  return (context: ValidationContext): ASTVisitor => ({
    Document: {
      enter(document) {
        let count = 0;
        const names = new Map<string, number>();
        visit(document, {
          Field({ alias, name }) {
            if (alias !== undefined) count += 1;
            const answered = (alias ?? name).value;
            names.set(answered, (names.get(answered) ?? 0) + 1);
          },
        });
        if (count > aliases) {
          context.reportError(
            new GraphQLError(
              `The operation has ${count} aliases, and may have ${aliases}. Ask for less at a time.`,
            ),
          );
        }
        let comparisons = 0;
        for (const often of names.values()) comparisons += (often * (often - 1)) / 2;
        if (comparisons <= maxComparisons) return;
        const [name, often] = [...names].reduce((most, other) => (other[1] > most[1] ? other : most));
        context.reportError(
          new GraphQLError(
            `The operation has the same fields too often, "${name}" ${often} times: ask once for what is wanted once.`,
          ),
        );
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
