// `npm run codegen`: turns the operations in src/client/operations/ into typed documents, for backends and any client,
// and into urql hooks on top of them. It reads schema.graphql and no server.
import type { CodegenConfig } from '@graphql-codegen/cli';

const header =
  '// Written by `npm run codegen` from src/client/operations/ and schema.graphql; not to be edited.\n';

const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: './src/client/operations/*.graphql',
  importExtension: '.ts',
  config: {
    strictScalars: true,
    defaultScalarType: 'unknown',
    scalars: { ID: 'string', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
    useTypeImports: true,
    immutableTypes: true,
    arrayInputCoercion: false,
    inlineFragmentTypes: 'combine',
  },
  generates: {
    './src/client/generated.ts': {
      plugins: [{ add: { content: header } }, 'typescript-operations', 'typed-document-node'],
    },
    './src/react/generated.ts': {
      plugins: [{ add: { content: header } }, 'typescript-urql'],
      config: {
        documentMode: 'external',
        importDocumentNodeExternallyFrom: '../client/generated.ts',
        importOperationTypesFrom: 'Operations',
      },
    },
  },
};

export default config;
