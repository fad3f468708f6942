// The planner's own codegen: from the schema with its domains in it to typed documents, and to urql hooks on top of them.
// `npm run schema:print` prints that schema, `npm run codegen` runs this.
import type { CodegenConfig } from '@graphql-codegen/cli';

const planner = 'test/scenarios/planner';

const config: CodegenConfig = {
  schema: `${planner}/schema.graphql`,
  documents: `${planner}/operations.graphql`,
  importExtension: '.ts',
  config: {
    strictScalars: true,
    scalars: { ID: 'string', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
    useTypeImports: true,
    immutableTypes: true,
    inlineFragmentTypes: 'combine',
  },
  generates: {
    [`${planner}/generated/documents.ts`]: { plugins: ['typescript-operations', 'typed-document-node'] },
    [`${planner}/generated/hooks.ts`]: {
      plugins: ['typescript-urql'],
      config: {
        documentMode: 'external',
        importDocumentNodeExternallyFrom: './documents.ts',
        importOperationTypesFrom: 'Operations',
      },
    },
  },
};

export default config;
