// Type-aware lint. The rules that matter most here: no promise is left floating, every union is switched over
// completely, and the environment is read in one place. Layout is prettier's business, types are tsc's.
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const typescriptFiles = ['**/*.{ts,tsx}'];
const testFiles = ['**/*.test.{ts,tsx}', 'test/**'];
const mayReadEnvironment = [
  'src/cli/**',
  ...testFiles,
  'bench/**',
  'scripts/**',
  '**/*.config.{ts,js}',
  'codegen.ts',
];
const mayPrint = ['src/cli/**', ...testFiles, 'bench/**', 'scripts/**'];

const environmentMessage =
  'Only src/cli/ reads the environment; take what you need as an argument, from Config.';

export default defineConfig(
  globalIgnores([
    '**/dist/',
    'dist.next.*/',
    '**/node_modules/',
    '**/generated.ts',
    '**/generated/',
    'coverage/',
    'data/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: environmentMessage },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['process', 'node:process'].map((name) => ({
            name,
            importNames: ['env'],
            message: environmentMessage,
          })),
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.property.name="process"][property.name="env"]',
          message: environmentMessage,
        },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: typescriptFiles,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // A contract that answers promises is kept by implementations that need not wait: async turns throws into rejections.
      '@typescript-eslint/require-await': 'off',
      // The contracts write their functions as methods, and what `createX` answers needs no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Pothos is extended by declaring interfaces and namespaces that look empty.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
    },
  },
  {
    // It merges into interfaces of Pothos, whose type parameters must all be repeated.
    files: ['src/schema/builder.ts'],
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
  { files: mayPrint, rules: { 'no-console': 'off' } },
  {
    files: mayReadEnvironment,
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-imports': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: testFiles.map((pattern) => (pattern.endsWith('**') ? `${pattern}/*.{ts,tsx}` : pattern)),
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Matchers are typed any: `{ id: expect.any(String) }`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['test/support/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
