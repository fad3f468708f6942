// What a field costs that is asked for: one, and what it holds as often as it may answer it.
import {
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLOutputType,
} from 'graphql';

/** As the complexity plugin of Pothos adds them up. */
export interface FieldCost {
  readonly field: number;
  /** So often counts what is selected of it. */
  readonly multiplier: number;
}

/** How long a list is taken to be that nothing bounds. */
const unknownLength = 10;
/** A page's own list: the field that took `first` has counted it. */
const pageLists: ReadonlySet<string> = new Set(['nodes', 'edges']);

/** `args` as they are given, defaults included. */
export function costOfField(
  args: Readonly<Record<string, unknown>>,
  field: Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'args'>,
): FieldCost {
  if (isLeafType(getNamedType(field.type))) return { field: 1, multiplier: 1 };
  const first = field.args.find(({ name }) => name === 'first');
  if (first !== undefined) return { field: 1, multiplier: lengthOf(args['first'] ?? first.defaultValue) };
  if (!isList(field.type) || pageLists.has(field.name)) return { field: 1, multiplier: 1 };
  const ids = Object.values(args).find((value) => Array.isArray(value)) as readonly unknown[] | undefined;
  return { field: 1, multiplier: ids?.length ?? unknownLength };
}

/** More is refused by whoever answers it, with a sentence of its own. */
const longestPage = 1_000;
const lengthOf = (first: unknown): number =>
  typeof first === 'number' && first > 0 ? Math.min(first, longestPage) : unknownLength;

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);
