// Settings that name mutations: a name with a letter exchanged would be a limit for nobody.
import { FieldsOnCorrectTypeRule, parse, validate, type GraphQLSchema } from 'graphql';
import { ConfigError } from '../config.ts';

/** Throws ConfigError, with the nearest name where there is one. */
export function requireKnownMutations(schema: GraphQLSchema, rates: ReadonlyMap<string, number>): void {
  const problems = [...rates.keys()].flatMap((name) => {
    // graphql-js knows what is near to what, and tells it nowhere else.
    const [error] = validate(schema, parse(`mutation { ${name} }`), [FieldsOnCorrectTypeRule]);
    if (error === undefined) return [];
    const [nearest = ''] = / Did you mean .*$/.exec(error.message) ?? [];
    return [
      `MUTATION_RATES names "${name}", which is no mutation of this server: correct it, or take it out.${nearest}`,
    ];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
