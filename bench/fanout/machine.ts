// What the figures were measured on, and whether the machine can hold as many connections as are asked for.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import pg from 'pg';

export async function describeMachine(postgresUrl: string): Promise<string> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  const redis = /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1];
  const postgres = rows[0]?.server_version.split(' ')[0];
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memory}, Node ${process.version}, Redis ${redis}, PostgreSQL ${postgres}`;
}

/** What a process opens beside its connections. */
const spareDescriptors = 200;

/** A sentence where processes may not open so many files; null where they may, or where the system does not tell. */
export function findDescriptorShortage(connections: number): string | null {
  const limit = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout);
  if (Number.isNaN(limit) || limit >= connections + spareDescriptors) return null;
  return (
    `A process may open ${limit} files, and ${connections} connections need ${connections + spareDescriptors}: ` +
    `run \`ulimit -n ${connections + spareDescriptors}\` first, or ask for fewer with CONNECTIONS or SIZES.`
  );
}
