// What the environment says about a run; a bad value is refused with a sentence.
import type { Contender } from './contenders.ts';

export const scenarioNames = ['shared-topic', 'own-topics', 'scale'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Settings {
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly ScenarioName[];
  readonly rounds: number;
  /** How long each measured window publishes. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Of the first two scenarios. */
  readonly connections: number;
  /** Connections of the third one, one server for each. */
  readonly sizes: readonly number[];
  /** Of the second scenario at rest, over all topics. */
  readonly ownTopicsPerSecond: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function parseSettings(env: Environment, contenders: readonly Contender[]): Settings {
  return {
    contenders: contenders.filter(
      among(
        env,
        'CONTENDERS',
        contenders.map(({ name }) => name),
        (one) => one.name,
      ),
    ),
    scenarios: scenarioNames.filter(among(env, 'SCENARIOS', scenarioNames, (name) => name)),
    rounds: parseCount(env, 'ROUNDS', 3),
    seconds: parseCount(env, 'SECONDS', 5),
    warmUpSeconds: parseCount(env, 'WARM_UP', 3),
    connections: parseCount(env, 'CONNECTIONS', 1_000),
    sizes: parseList(env, 'SIZES')?.map((size) => toCount('SIZES', size)) ?? [1_000, 5_000, 10_000],
    ownTopicsPerSecond: parseCount(env, 'RATE', 2_000),
  };
}

function among<T>(env: Environment, variable: string, known: readonly string[], nameOf: (one: T) => string) {
  const wanted = parseList(env, variable) ?? known;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`${variable} has "${unknown}", which is none of ${known.join(', ')}.`);
  return (one: T): boolean => wanted.includes(nameOf(one));
}

const parseList = (env: Environment, variable: string): readonly string[] | undefined => {
  const items = env[variable]?.split(',').map((item) => item.trim());
  return items?.filter((item) => item !== '');
};

const parseCount = (env: Environment, variable: string, otherwise: number): number =>
  env[variable] === undefined ? otherwise : toCount(variable, env[variable]);

function toCount(variable: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`${variable} has "${text}", which is no whole number above 0.`);
  return count;
}
