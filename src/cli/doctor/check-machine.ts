// This machine: Node, how many files may be open, and whether the port is free.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isLoopback, type Config } from '../../config.ts';
import { formatHost } from '../../redis-url.ts';
import { about, type Finding } from './finding.ts';

const oldestNode = [20, 19] as const;

export function checkNode(version: string): Finding {
  const { fine, broken } = about('node');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isOldEnough
    ? fine(`Node ${version}`)
    : broken(`Node ${version} is too old`, `install ${oldestNode.join('.')} or newer`);
}

/** What a node has open beside its clients: connections to the database and to Redis, files, pipes. */
const ownFiles = 100;

/** null where the system does not tell. */
export async function checkOpenFiles({ connectionLimits }: Config): Promise<Finding | null> {
  const { fine, notice } = about('open files');
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return null;
  const most = soft === 'unlimited' ? Infinity : Number(soft);
  const needed = connectionLimits.total + ownFiles;
  const what = `a process may have ${soft} files open, and MAX_CONNECTIONS is ${connectionLimits.total}`;
  if (most >= needed) return fine(what);
  return notice(
    `${what}: further connections fail beyond about ${Math.max(0, most - ownFiles)}`,
    `raise it with \`ulimit -n ${needed}\` or LimitNOFILE=${needed} in the systemd unit, or lower MAX_CONNECTIONS`,
  );
}

/** null where the system chooses the port. */
export async function checkPort({ host, port }: Config): Promise<Finding | null> {
  const { fine, notice, broken } = about('port');
  if (port === 0) return null;
  const failure = await tryToListen(host, port);
  if (failure === null) return fine(`${host}:${port} is free`);
  if (failure === 'EACCES')
    return broken(`${port} needs more rights than this user has`, 'set PORT to 1024 or above');
  if (failure !== 'EADDRINUSE') return broken(`HOST "${host}" is no address of this machine`, 'correct HOST');
  const address = formatHost({ host: isLoopback(host) ? host : '127.0.0.1', port });
  const alive = await fetch(`http://${address}/healthz`, { signal: AbortSignal.timeout(2_000) })
    .then((response) => response.text())
    .catch(() => '');
  if (alive.includes('"alive"')) return fine(`Tidings listens at ${host}:${port} already`);
  return notice(
    `something else listens at ${host}:${port}`,
    'stop it before a start, or set PORT to another one',
  );
}

async function tryToListen(host: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    server.close();
  }
}
