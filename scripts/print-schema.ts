// Prints the schema of the built-in modules to schema.graphql; with --check it only compares and fails on a difference.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printSchemaOf } from '../src/modules/schema.ts';

const file = fileURLToPath(new URL('../schema.graphql', import.meta.url));
const printed = printSchemaOf([]);

if (process.argv.includes('--check')) {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed !== printed) {
    console.error(
      'schema.graphql is not what the code says. Run `npm run schema:print` and look at the difference.',
    );
    process.exit(1);
  }
} else {
  await writeFile(file, printed);
  console.log('schema.graphql is written.');
}
