// The social team's own codegen: typed documents, for its backends and for any client.
import type { CodegenConfig } from '@graphql-codegen/cli';

const social = 'test/scenarios/social';

const config: CodegenConfig = {
  schema: `${social}/schema.graphql`,
  documents: `${social}/operations.graphql`,
  importExtension: '.ts',
  config: {
    strictScalars: true,
    scalars: { ID: 'string', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
    useTypeImports: true,
    immutableTypes: true,
  },
  generates: {
    [`${social}/generated/documents.ts`]: { plugins: ['typescript-operations', 'typed-document-node'] },
  },
};

export default config;
