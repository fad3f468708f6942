// The Lua scripts beside this file as functions.

import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { toUnavailable } from './redis-connections.ts';

/** Keys first, then arguments. Rejects with UNAVAILABLE. */
export type Script = (...keysAndArguments: (string | number)[]) => Promise<unknown>;

export interface RedisScripts {
  readonly beat: Script;
  readonly reap: Script;
  readonly track: Script;
  readonly untrack: Script;
  readonly set: Script;
  readonly putExpiring: Script;
  readonly listExpiring: Script;
}

const load = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** `publish` is the command by which scripts tell of changes: within a Cluster, that of the slot they run in. */
export function defineRedisScripts(client: Redis, publish: 'PUBLISH' | 'SPUBLISH'): RedisScripts {
  const define = (command: string, numberOfKeys: number, ...files: string[]): Script => {
    const lua = [`local PUBLISH = '${publish}'`, ...files.map(load)].join('\n');
    client.defineCommand(command, { numberOfKeys, lua });
    const run = Reflect.get(client, command) as Script;
    return async (...keysAndArguments) => {
      try {
        return await run.apply(client, keysAndArguments);
      } catch (error) {
        throw toUnavailable(error);
      }
    };
  };
  return {
    beat: define('tidingsBeat', 1, './lease-beat.lua'),
    reap: define('tidingsReap', 2, './presence-user.lua', './lease-reap.lua'),
    track: define('tidingsTrack', 2, './presence-user.lua', './presence-track.lua'),
    untrack: define('tidingsUntrack', 1, './presence-user.lua', './presence-untrack.lua'),
    set: define('tidingsSet', 1, './presence-user.lua', './presence-set.lua'),
    putExpiring: define('tidingsPutExpiring', 2, './expiring-put.lua'),
    listExpiring: define('tidingsListExpiring', 1, './expiring-list.lua'),
  };
}
