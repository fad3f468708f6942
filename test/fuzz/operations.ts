// Operations made from a schema: any root field, with any values for its arguments, as variables or written out.
import fc from 'fast-check';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { valueOf, type Known } from './values.ts';

export interface FuzzedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly field: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

type RootField = GraphQLField<unknown, unknown>;

export function fuzzedOperations(schema: GraphQLSchema, known: Known): fc.Arbitrary<FuzzedOperation> {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  const each = roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => operationsOf(kind, field, known)),
  );
  return fc.oneof(...each);
}

function operationsOf(
  kind: FuzzedOperation['kind'],
  field: RootField,
  known: Known,
): fc.Arbitrary<FuzzedOperation> {
  const { name, args, type } = field;
  const selection = select(type, 2);
  const values = fc.record(
    Object.fromEntries(args.map((arg) => [arg.name, valueOf(arg.type, known)] as const)),
  );
  return fc.tuple(values, fc.boolean()).map(([given, written]) => {
    const present = args.filter((arg) => given[arg.name] !== undefined);
    const call = (passed: readonly string[]) =>
      `${name}${passed.length === 0 ? '' : `(${passed.join(', ')})`}${selection}`;
    if (written) {
      const literals = present.map((arg) => `${arg.name}: ${toLiteral(given[arg.name], arg.type)}`);
      return { kind, field: name, query: `${kind} { ${call(literals)} }`, variables: {} };
    }
    const declared = present.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
    const passed = present.map((arg) => `${arg.name}: $${arg.name}`);
    return {
      kind,
      field: name,
      query: `${kind} ${declared === '' ? '' : `(${declared})`} { ${call(passed)} }`,
      variables: given,
    };
  });
}

/** As the type wants it where it can, and else as it is: then it is no operation, which is to be said. */
function toLiteral(value: unknown, type: GraphQLInputType): string {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (Array.isArray(value)) {
    const of = isListType(inner) ? inner.ofType : inner;
    return `[${value.map((one) => toLiteral(one, of)).join(', ')}]`;
  }
  if (value !== null && typeof value === 'object') {
    const fields = isInputObjectType(inner) ? inner.getFields() : {};
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(
        ([key, part]) => `${key}: ${toLiteral(part, Object.hasOwn(fields, key) ? fields[key]!.type : inner)}`,
      );
    return `{${parts.join(', ')}}`;
  }
  if (typeof value === 'string' && isEnumType(inner)) return value;
  return JSON.stringify(value) ?? 'null';
}

/** Everything that takes no argument, so deep. */
function select(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).flatMap(({ name, args, type: result }) => {
    const isLeaf = isLeafType(getNamedType(result));
    if (args.some((arg) => isNonNullType(arg.type)) || (!isLeaf && depth === 0)) return [];
    return [`${name}${select(result, depth - 1)}`];
  });
  return ` { ${['__typename', ...fields].join(' ')} }`;
}
