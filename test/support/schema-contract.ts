// Compares a schema with a contract it has to contain: same names, types, defaults and interfaces. The schema may
// have more, as long as whoever writes operations against the contract alone doesn't notice.
import {
  astFromValue,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  print,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

export interface Comparison {
  /** Names of the contract that the schema lacks: `Booking`, `Query.booking`, `Query.orders(first:)`, `Booking implements StreamEvent`. */
  readonly missing: readonly string[];
  /** A sentence for each thing that is there and is not what the contract says. */
  readonly differences: readonly string[];
}

type Finding = { readonly missing: string } | { readonly difference: string };
type Composite = GraphQLObjectType | GraphQLInterfaceType;
type InputValue = Pick<GraphQLArgument | GraphQLInputField, 'type' | 'defaultValue'>;

export function compareWithContract(schema: GraphQLSchema, contract: GraphQLSchema): Comparison {
  const findings = ownTypes(contract).flatMap((promised) => {
    const built = schema.getType(promised.name);
    return built === undefined ? [missing(promised.name)] : compareTypes(promised, built);
  });
  return {
    missing: findings.flatMap((finding) => ('missing' in finding ? [finding.missing] : [])),
    differences: findings.flatMap((finding) => ('difference' in finding ? [finding.difference] : [])),
  };
}

/** Types, fields, arguments, input fields and enum values without a description. */
export function findUndescribed(schema: GraphQLSchema): readonly string[] {
  return ownTypes(schema).flatMap((type) => {
    const fields = isComposite(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const values = isEnumType(type) ? type.getValues() : [];
    const args = isComposite(type) ? Object.values(type.getFields()).flatMap(argsWithNames(type.name)) : [];
    return [
      { name: type.name, description: type.description },
      ...[...fields, ...values].map(({ name, description }) => ({
        name: `${type.name}.${name}`,
        description,
      })),
      ...args,
    ].flatMap(({ name, description }) => ((description ?? '').trim() === '' ? [name] : []));
  });
}

const argsWithNames = (type: string) => (field: Pick<GraphQLField<unknown, unknown>, 'name' | 'args'>) =>
  field.args.map(({ name, description }) => ({ name: `${type}.${field.name}(${name}:)`, description }));

const ownTypes = (schema: GraphQLSchema): readonly GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );

function compareTypes(promised: GraphQLNamedType, built: GraphQLNamedType): readonly Finding[] {
  const { name } = promised;
  if (kindOf(promised) !== kindOf(built))
    return [differs(name, `a type of the kind ${kindOf(built)}`, kindOf(promised))];
  if (isComposite(promised) && isComposite(built))
    return [...compareInterfaces(promised, built), ...compareFields(promised, built)];
  if (isInputObjectType(promised) && isInputObjectType(built)) return compareInputFields(promised, built);
  if (isEnumType(promised) && isEnumType(built)) return compareEnumValues(promised, built);
  return [];
}

function compareInterfaces(promised: Composite, built: Composite): readonly Finding[] {
  const names = new Set(built.getInterfaces().map(({ name }) => name));
  return promised
    .getInterfaces()
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => missing(`${promised.name} implements ${name}`));
}

function compareFields(promised: Composite, built: Composite): readonly Finding[] {
  return Object.values(promised.getFields()).flatMap((field) => {
    const name = `${promised.name}.${field.name}`;
    const found = built.getFields()[field.name];
    if (found === undefined) return [missing(name)];
    const typeFindings = compareText(name, String(field.type), String(found.type));
    const args = compareInputValues({
      promised: field.args,
      built: found.args,
      nameOf: (arg) => `${name}(${arg}:)`,
      isRequired: isRequiredArgument,
    });
    return [...typeFindings, ...args];
  });
}

function compareInputFields(
  promised: GraphQLInputObjectType,
  built: GraphQLInputObjectType,
): readonly Finding[] {
  return compareInputValues({
    promised: Object.values(promised.getFields()),
    built: Object.values(built.getFields()),
    nameOf: (field) => `${promised.name}.${field}`,
    isRequired: isRequiredInputField,
  });
}

function compareInputValues<T extends InputValue & { readonly name: string }>(values: {
  readonly promised: readonly T[];
  readonly built: readonly T[];
  readonly nameOf: (name: string) => string;
  readonly isRequired: (value: T) => boolean;
}): readonly Finding[] {
  const { promised, built, nameOf, isRequired } = values;
  const findings = promised.flatMap((value) => {
    const found = built.find(({ name }) => name === value.name);
    if (found === undefined) return [missing(nameOf(value.name))];
    return compareText(nameOf(value.name), inputText(value), inputText(found));
  });
  // An operation written against the contract leaves it out, so the server would refuse that operation.
  const demanded = built.filter(
    (value) => isRequired(value) && !promised.some(({ name }) => name === value.name),
  );
  return [
    ...findings,
    ...demanded.map((value) => differs(nameOf(value.name), 'required', 'something to leave out')),
  ];
}

function compareEnumValues(promised: GraphQLEnumType, built: GraphQLEnumType): readonly Finding[] {
  return promised
    .getValues()
    .filter(({ name }) => built.getValue(name) == null)
    .map(({ name }) => missing(`${promised.name}.${name}`));
}

/** `Int = 20` */
function inputText({ type, defaultValue }: InputValue): string {
  const value = defaultValue === undefined ? null : astFromValue(defaultValue, type);
  return value == null ? String(type) : `${String(type)} = ${print(value)}`;
}

const compareText = (name: string, promised: string, built: string): readonly Finding[] =>
  promised === built ? [] : [differs(name, built, promised)];

const isComposite = (type: GraphQLNamedType): type is Composite =>
  isObjectType(type) || isInterfaceType(type);

/** `input object`, `enum` … */
const kindOf = (type: GraphQLNamedType): string =>
  type.constructor.name
    .replace(/^GraphQL|Type$/g, '')
    .replace(/\B(?=[A-Z])/g, ' ')
    .toLowerCase();

const missing = (name: string): Finding => ({ missing: name });
const differs = (name: string, built: string, promised: string): Finding => ({
  difference: `${name} is ${built}; the contract says ${promised}.`,
});
