// What settings name and a start looks up before anything else: the list of operations, and mutations.
import type { Config } from '../../config.ts';
import { buildSchema, createBuiltInModules } from '../../modules/schema.ts';
import { requireKnownMutations } from '../../schema/known-mutations.ts';
import { readPersistedOperations } from '../../transport/persisted-operations.ts';

/** Sentences with which the start would be refused. */
export function checkNamed(config: Config): readonly string[] {
  const { persistedOperations, mutationRates } = config;
  const problems: string[] = [];
  const attempt = (look: () => unknown): void => {
    try {
      look();
    } catch (error) {
      problems.push(...(error as Error).message.split('\n'));
    }
  };
  if (persistedOperations !== null) attempt(() => readPersistedOperations(persistedOperations));
  if (mutationRates.size > 0)
    attempt(() => requireKnownMutations(buildSchema(createBuiltInModules(config)), mutationRates));
  return problems;
}
