// What an operation may cost, with the variables that it was given: the fields that it can answer, each as often as it may.
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  getVariableValues,
  GraphQLError,
  Kind,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { refusedOperation } from './refused-operation.ts';

export interface Operation {
  /** Valid. */
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface OperationCosts {
  /** What is wrong with it; null where it may be carried out, or will be refused for something else. */
  check(operation: Operation): GraphQLError | null;
}

export function createOperationCosts(schema: GraphQLSchema, max: number): OperationCosts {
  /** Of operations whose variables do not matter. */
  const known = new WeakMap<OperationDefinitionNode, number>();

  const costOf = (
    selected: OperationDefinitionNode,
    document: DocumentNode,
    variables: Record<string, unknown>,
  ): number => {
    const cached = known.get(selected);
    if (cached !== undefined) return cached;
    // Of several operations the library takes the first. It reads the variables by itself.
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    const { complexity } = complexityFromQuery(
      { kind: Kind.DOCUMENT, definitions: [selected, ...fragments] },
      { schema, variables },
    );
    if ((selected.variableDefinitions ?? []).length === 0) known.set(selected, complexity);
    return complexity;
  };

  return {
    check(operation) {
      const selected = select(operation);
      if (selected === undefined) return null;
      const { document, variableValues } = operation;
      const variables = { ...variableValues };
      // Those that can not be: graphql-js tells so when it is carried out.
      if (getVariableValues(schema, selected.variableDefinitions ?? [], variables).errors !== undefined)
        return null;
      let cost: number;
      try {
        cost = costOf(selected, document, variables);
      } catch (error) {
        // What can not be counted is not carried out: null for an argument that must not be, which only its field would miss.
        if (error instanceof GraphQLError) return error;
        throw error;
      }
      if (cost <= max) return null;
      const sentence =
        `The operation could answer ${cost} fields, and may ${max}: each field counts, and within a list as often as the ` +
        'list may be long. Ask for fewer fields, or for shorter lists.';
      return refusedOperation('BAD_USER_INPUT', sentence, [selected]);
    },
  };
}

function select({ document, operationName }: Operation): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operationName == null) return operations.length === 1 ? operations[0] : undefined;
  return operations.find(({ name }) => name?.value === operationName);
}
