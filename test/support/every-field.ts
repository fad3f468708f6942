// An operation for each root field of a schema, with valid-looking arguments, for tests that concern every field.
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';

export interface RootField {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly operation: string;
}

export function everyRootField(sdl: string): readonly RootField[] {
  const schema = buildSchema(sdl);
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map(({ name, args, type: result }) => {
      const given = args.filter(isNeeded).map((argument) => `${argument.name}: ${toLiteral(argument.type)}`);
      const selection = isLeafType(getNamedType(result)) ? '' : ' { __typename }';
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

function toLiteral(type: GraphQLInputType): string {
  if (isNonNullType(type)) return toLiteral(type.ofType);
  if (isListType(type)) return `[${toLiteral(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isNeeded);
    return `{ ${fields.map((field) => `${field.name}: ${toLiteral(field.type)}`).join(', ')} }`;
  }
  return { Int: '1', Float: '1', Boolean: 'true' }[type.name] ?? '"00000000-0000-4000-8000-000000000000"';
}
