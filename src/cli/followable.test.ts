import { Kind, OperationTypeNode, type DocumentNode } from 'graphql';
import { expect, test } from 'vitest';
import * as documents from '../client/generated.ts';
import { followables } from './followable.ts';

test('every subscription of the schema can be followed by its name', () => {
  const fields = (Object.values(documents) as unknown as readonly DocumentNode[])
    .flatMap(({ definitions }) => definitions)
    .flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.SUBSCRIPTION
        ? definition.selectionSet.selections
        : [],
    )
    .map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : ''));
  expect(followables.map(({ field }) => field).sort()).toEqual([...fields].sort());
});
