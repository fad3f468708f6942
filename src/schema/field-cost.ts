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
/** How long a page is whose size is not given. */
const pageLength = 20;
/** A page's own list: the field that took `first` or `last` has counted it. */
const pageLists: ReadonlySet<string> = new Set(['nodes', 'edges']);

/** `args` as they are given, defaults included. */
export function costOfField(
  args: Readonly<Record<string, unknown>>,
  field: Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'args'>,
): FieldCost {
  if (isLeafType(getNamedType(field.type))) return { field: 1, multiplier: 1 };
  const first = field.args.find(({ name }) => name === 'first');
  if (first !== undefined)
    return { field: 1, multiplier: lengthOf(args['first'] ?? args['last'] ?? first.defaultValue) };
  if (!isList(field.type) || pageLists.has(field.name)) return { field: 1, multiplier: 1 };
  const ids = Object.values(args).find((value) => Array.isArray(value)) as readonly unknown[] | undefined;
  return { field: 1, multiplier: ids?.length ?? unknownLength };
}

/** More is refused by whoever answers it, with a sentence of its own. */
const longestPage = 1_000;
const lengthOf = (size: unknown): number =>
  typeof size === 'number' && size > 0 ? Math.min(size, longestPage) : pageLength;

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);
