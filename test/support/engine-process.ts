// The program of a node that a test may kill or freeze: opens a Redis engine and does what its parent sends.
// engine-child.ts starts it and speaks to it.

import { pino } from 'pino';
import type { LeaseTimings, PresenceSession, PresenceSetting } from '../../src/engines/engine.ts';
import { openRedisEngine } from '../../src/engines/redis/redis-engine.ts';

export interface EngineProcessOptions {
  readonly url: string;
  readonly logId: string;
  readonly timings: LeaseTimings;
}

export type EngineProcessCommand =
  | { readonly id: number; readonly track: PresenceSession }
  | { readonly id: number; readonly set: PresenceSession; readonly setting: PresenceSetting };

export type EngineProcessAnswer =
  { readonly ready: string } | { readonly done: number } | { readonly gone: string };

const say = (answer: EngineProcessAnswer): void => void process.send?.(answer);

const options = JSON.parse(process.argv[2] ?? '') as EngineProcessOptions;
const engine = await openRedisEngine({
  ...options,
  logger: pino({ level: 'silent' }),
  events: { onUserGone: ({ workspace, userId }) => say({ gone: `${workspace}/${userId}` }) },
});
process.on('message', (command: EngineProcessCommand) => {
  const done =
    'track' in command
      ? engine.presence.track(command.track, 'live')
      : engine.presence.set(command.set.place, command.set.userId, command.setting);
  void done.then(() => say({ done: command.id }));
});
process.on('disconnect', () => process.exit());
say({ ready: engine.nodeId });
