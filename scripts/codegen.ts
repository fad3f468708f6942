// All of the repository's codegen in one run: Tidings' own, and that of the teams in test/scenarios/, who have domains of
// their own. Each is a configuration that works by itself.
import type { CodegenConfig } from '@graphql-codegen/cli';
import tidings from '../codegen.ts';
import planner from '../test/scenarios/planner/codegen.ts';
import social from '../test/scenarios/social/codegen.ts';

type Outputs = CodegenConfig['generates'];
type Output = Exclude<Outputs[string], readonly unknown[]>;

const config: CodegenConfig = {
  importExtension: '.ts',
  generates: { ...outputsOf(tidings), ...outputsOf(planner), ...outputsOf(social) },
};

/** Each with what the configuration says of all of them. */
function outputsOf({ schema = [], documents = [], config: shared, generates }: CodegenConfig): Outputs {
  const outputs: Outputs = {};
  for (const [path, output] of Object.entries(generates) as [string, Output][])
    outputs[path] = { schema, documents, ...output, config: { ...shared, ...output.config } };
  return outputs;
}

export default config;
