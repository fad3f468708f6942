// The configuration of a test's own server. What is given by mistake is told: a setting that nobody reads would test nothing.
import { ConfigError, parseConfig, type Config } from '../index.ts';

/**
 * @param own what the server of a test decides by itself
 * @param settings by their names in .env.example. Throws ConfigError where there is none of that name, or its value can not be.
 */
export function toConfig(
  own: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
): Config {
  const problems = Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (name in own)
      return `${name} is not for \`settings\`: \`startTidings\` decides it, or has an option for it.`;
    if (typeof value === 'string') return [];
    return `${name} is ${JSON.stringify(value)}, but settings are texts, as in an environment: '2'.`;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const read = new Set<string | symbol>();
  const environment = new Proxy(
    { ...settings, ...own },
    {
      get(target, name) {
        read.add(name);
        return Reflect.get(target, name) as unknown;
      },
    },
  );
  const config = parseConfig(environment, 'start');
  const unknown = Object.keys(settings).filter((name) => !read.has(name));
  if (unknown.length > 0) {
    throw new ConfigError(unknown.map((name) => `There is no setting ${name}: .env.example lists them all.`));
  }
  return config;
}
