// An operation for each root field of a schema, with valid-looking arguments, for tests that concern every field.
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';

export interface RootField {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly operation: string;
}

export interface EveryFieldOptions {
  /** For every ID; then those are given too that may be left out. */
  readonly id?: string;
  /** How deep to select; only `__typename` unless given. */
  readonly depth?: number;
}

const anyId = '00000000-0000-4000-8000-000000000000';

export function everyRootField(sdl: string, { id, depth = 0 }: EveryFieldOptions = {}): readonly RootField[] {
  const schema = buildSchema(sdl);
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map(({ name, args, type: result }) => {
      const isGiven = (argument: GraphQLArgument) =>
        isNeeded(argument) || (id !== undefined && getNamedType(argument.type).name === 'ID');
      const given = args.filter(isGiven).map(({ name: of, type: taken }) => `${of}: ${toLiteral(taken, id)}`);
      const selection = select(result, depth);
      return {
        kind,
        name,
        operation: `${kind} { ${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection} }`,
      };
    }),
  );
}

const isNeeded = ({ type, defaultValue }: GraphQLArgument | GraphQLInputField): boolean =>
  isNonNullType(type) && defaultValue === undefined;

/** Everything that takes no argument, so deep. */
function select(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).filter(({ args }) => !args.some(isNeeded));
  const chosen = fields.flatMap(({ name, type: result }) => {
    const isLeaf = isLeafType(getNamedType(result));
    if (depth === 0 || (depth === 1 && !isLeaf)) return [];
    return [`${name}${select(result, depth - 1)}`];
  });
  return ` { ${['__typename', ...chosen].join(' ')} }`;
}

function toLiteral(type: GraphQLInputType, id = anyId): string {
  if (isNonNullType(type)) return toLiteral(type.ofType, id);
  if (isListType(type)) return `[${toLiteral(type.ofType, id)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (field) => isNeeded(field) || (id !== anyId && getNamedType(field.type).name === 'ID'),
    );
    return `{ ${fields.map((field) => `${field.name}: ${toLiteral(field.type, id)}`).join(', ')} }`;
  }
  return { Int: '1', Float: '1', Boolean: 'true' }[type.name] ?? JSON.stringify(id);
}
