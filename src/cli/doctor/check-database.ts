// The database: reachable, new enough, writable, near, and as this version expects it.
import { existsSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { examineDatabase, type StoreExamination } from '../../maintenance.ts';
import { createPlainLogger } from '../plain-logger.ts';
import { compareClock, medianLatency, type ClockDifference } from './clocks.ts';
import { about, type Finding } from './finding.ts';

export interface Checked {
  readonly findings: readonly Finding[];
  readonly clock: ClockDifference | null;
}

/** Every publish waits for a few of its answers. */
const slowMs = 20;

const { fine, notice, broken } = about('database');

export async function checkDatabase(config: Config): Promise<Checked> {
  let examination: StoreExamination | 'in use';
  try {
    examination = await examineDatabase({ config, logger: createPlainLogger(() => {}) });
  } catch (error) {
    return { findings: [broken(error instanceof Error ? error.message : String(error))], clock: null };
  }
  if (examination === 'in use') {
    const what = `the embedded one in ${config.dataDir} is in use by a server that runs, and was left alone`;
    return { findings: [fine(what)], clock: null };
  }
  if (examination.server === null) {
    const failure = await tryToWrite(examination.place);
    if (failure !== null)
      return {
        findings: [
          broken(
            `DATA_DIR "${examination.place}" can not be made or written: ${failure}`,
            'correct DATA_DIR, or give this user the right to it',
          ),
        ],
        clock: null,
      };
  }
  return {
    findings: [...judgeServer(examination), ...judgeMigrations(examination)],
    // The embedded one has this machine's.
    clock: examination.kind === 'pglite' ? null : compareClock(examination.server?.clock ?? []),
  };
}

/** In the nearest folder that there is, in one that is gone again at once: what a system allows, only trying tells. */
async function tryToWrite(directory: string): Promise<string | null> {
  let place = resolve(directory);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    await rmdir(await mkdtemp(join(place, '.tidings-doctor-')));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function judgeServer({ kind, place, server }: StoreExamination): readonly Finding[] {
  if (server === null) return [fine(`embedded, not there yet: the first start makes it in ${place}`)];
  const { version, isSupported, acceptsChanges, clock } = server;
  const name = `${kind === 'pglite' ? 'embedded ' : ''}PostgreSQL ${version} ${kind === 'pglite' ? 'in' : 'at'} ${place}`;
  if (!isSupported)
    return [broken(`${name} is too old`, 'upgrade it to 14 or newer, or let DATABASE_URL name another')];
  if (!acceptsChanges)
    return [
      broken(
        `${name} accepts no changes: it is a standby, or read-only`,
        'let DATABASE_URL name the primary',
      ),
    ];
  const latencyMs = medianLatency(clock);
  const answers = `${name} answers in ${latencyMs.toFixed(1)} ms`;
  if (latencyMs <= slowMs) return [fine(answers)];
  return [notice(answers, 'every publish waits for a few answers: run it near to the nodes')];
}

function judgeMigrations({ server, migrations: { pending, unknown } }: StoreExamination): readonly Finding[] {
  if (unknown > 0) {
    const what = `${unknown} migrations were applied by a newer version of Tidings`;
    return [notice(what, 'fine while a deploy is under way; otherwise install that version here')];
  }
  if (server === null || pending.length === 0)
    return server === null ? [] : [fine('migrations are all applied')];
  return [
    notice(
      `${pending.length} migrations are pending: ${pending.join(', ')}`,
      '`tidings migrate` applies them, and so does the next start',
    ),
  ];
}
