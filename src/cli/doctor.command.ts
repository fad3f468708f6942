// `tidings doctor`: looks at everything that a server needs, and says what to do.
import { readConfig, type Config, type Mode } from '../config.ts';
import { exitCodes, type TidingsCommand } from './command.ts';
import { checkNode, checkOpenFiles, checkPort } from './doctor/check-machine.ts';
import { judgeClocks } from './doctor/clocks.ts';
import { about, toLine, type Finding } from './doctor/finding.ts';
import { parseServerUrl } from './server-access.ts';
import { print, say } from './terminal.ts';

interface DoctorOptions {
  readonly dev?: true;
  readonly url?: string;
  readonly json?: true;
}

export function addDoctorCommand(program: TidingsCommand): void {
  program
    .command('doctor')
    .summary('look at settings, database, Redis and clocks, and say what to do')
    .description(
      'Looks at the settings in the environment and at what they name: database, Redis, clocks, issuers of tokens, this machine. ' +
        'Changes nothing, and prints no secrets. ✓ is fine, ! is worth a look, ✗ has to be mended.',
    )
    .option('--dev', 'as `tidings dev` would start, in place of `tidings start`')
    .option('--url <url>', 'look also at a server that runs, through the proxy in front of it')
    .option('--json', 'the findings as JSON')
    .action(examine).withNotes(`
Examples:
  set -a && . ./.env && set +a && tidings doctor
  tidings doctor --url https://tidings.example

Exit codes: 0 nothing has to be mended, 1 something has to, 2 wrong usage.`);
}

async function examine(options: DoctorOptions, command: TidingsCommand): Promise<void> {
  const base = options.url === undefined ? null : parseServerUrl(options.url);
  if (options.url !== undefined && (base === null || new URL(base).username !== ''))
    command.refuse('--url has to be like https://tidings.example.');
  const mode: Mode = options.dev === true ? 'dev' : 'start';
  const findings: Finding[] = [];
  const add = async (...found: readonly (Finding | null)[]): Promise<void> => {
    for (const finding of found) {
      if (finding === null) continue;
      findings.push(finding);
      if (options.json !== true) await print(toLine(finding));
    }
  };

  const { config, problems } = readConfig(process.env, mode);
  const allProblems = [...problems, ...(await problemsOfNamed(config))];
  await add(...judgeSettings(config, allProblems), checkNode(process.versions.node));
  const clocks = await checkDatabases(config, add);
  await add(...judgeClocks(clocks));
  const { checkIssuers } = await import('./doctor/check-issuers.ts');
  await add(...(await checkIssuers(config)), await checkOpenFiles(config), await checkPort(config));
  if (base !== null) {
    const { checkServer } = await import('./doctor/check-server.ts');
    await add(...(await checkServer(base)));
  }

  const broken = findings.filter(({ verdict }) => verdict === 'broken').length;
  if (options.json === true) await print(JSON.stringify({ ok: broken === 0, findings }, null, 2));
  else say(broken === 0 ? 'Nothing has to be mended.' : `${broken} to be mended (✗).`);
  if (broken > 0) process.exitCode = exitCodes.failed;
}

function judgeSettings({ mode, host, port }: Config, problems: readonly string[]): readonly Finding[] {
  const { fine, broken } = about('settings');
  if (problems.length > 0) return problems.map((problem) => broken(problem));
  return [fine(`all can be read; \`tidings ${mode}\` listens at ${host}:${port}`)];
}

/** Loaded only where there is something to look up: the schema is large. */
async function problemsOfNamed(config: Config): Promise<readonly string[]> {
  if (config.persistedOperations === null && config.mutationRates.size === 0) return [];
  const { checkNamed } = await import('./doctor/check-named.ts');
  return checkNamed(config);
}

/** Those whose address can not be read were told of already, and are left out. */
async function checkDatabases(config: Config, add: (...found: readonly Finding[]) => Promise<void>) {
  // Loaded here: nobody else waits for the drivers.
  const [{ checkDatabase }, { checkRedis }] = await Promise.all([
    import('./doctor/check-database.ts'),
    import('./doctor/check-redis.ts'),
  ]);
  const isUnread = (variable: string, value: string | null) =>
    value === null && (process.env[variable] ?? '').trim() !== '';
  const checks = [
    ...(isUnread('DATABASE_URL', config.databaseUrl)
      ? []
      : [{ name: 'the database', check: () => checkDatabase(config) }]),
    ...(isUnread('REDIS_URL', config.redisUrl)
      ? []
      : [{ name: 'Redis', check: () => checkRedis(config.redisUrl) }]),
  ];
  const clocks = [];
  for (const { name, check } of checks) {
    const { findings, clock } = await check();
    await add(...findings);
    if (clock !== null) clocks.push({ ...clock, name });
  }
  return clocks;
}
