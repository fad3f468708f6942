// Prints the schema of the built-in modules to schema.graphql, and beside it those of the teams in test/scenarios/, who have
// domains of their own; with --check it only compares and fails on a difference.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printSchemaOf } from '../src/modules/schema.ts';
import { plannerModules } from '../test/scenarios/planner/modules.ts';
import { metricsModule } from '../test/scenarios/social/metrics.ts';

const schemas = [
  { path: 'schema.graphql', printed: printSchemaOf([]) },
  { path: 'test/scenarios/planner/schema.graphql', printed: printSchemaOf(plannerModules) },
  { path: 'test/scenarios/social/schema.graphql', printed: printSchemaOf([metricsModule]) },
];

for (const { path, printed } of schemas) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (!process.argv.includes('--check')) {
    await writeFile(file, printed);
    console.log(`${path} is written.`);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== printed) {
    console.error(
      `${path} is not what the code says. Run \`npm run schema:print\` and look at the difference.`,
    );
    process.exitCode = 1;
  }
}
