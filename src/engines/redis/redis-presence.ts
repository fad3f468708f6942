// The presence registry in Redis. Scripts write and publish each change at once; node-lease.ts keeps this node's
// sessions alive there.

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import type { Broker, Place, PresenceRegistry, PresenceSetting, PresenceState } from '../engine.ts';
import type { NodeLease } from './node-lease.ts';
import type { NodeSessions } from './node-sessions.ts';
import { toUnavailable } from './redis-connections.ts';
import { type PlaceKind, type RedisKeys, toMember } from './redis-keys.ts';
import type { RedisScripts } from './redis-scripts.ts';

export interface RedisPresenceOptions {
  readonly kind: PlaceKind;
  readonly commands: Redis;
  readonly scripts: RedisScripts;
  readonly keys: RedisKeys;
  readonly sessions: NodeSessions;
  readonly lease: NodeLease;
  /** Whose channels are whole names of Redis channels. */
  readonly broker: Broker;
  readonly logger: Logger;
}

export function createRedisPresence(options: RedisPresenceOptions): PresenceRegistry {
  const { kind, commands, scripts, keys, sessions, lease, broker, logger } = options;
  const memberOf = (place: Place, userId: string) => toMember({ kind, place, userId });

  /** A change whose outcome is unknown is set right by registering everything anew. */
  const sure = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change;
    } catch (error) {
      lease.doubt();
      throw error;
    }
  };

  return {
    async track(session, phase) {
      const own = sessions.track(kind, session, phase);
      if (own === undefined) return;
      // The lease may be gone: then everything is registered anew, this session too. And once more, should the new
      // lease be gone as well.
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        if (!sessions.has(own) || (await sure(lease.register([own])))) return;
        await lease.renew();
      }
      lease.doubt();
      throw new TidingsError('UNAVAILABLE', 'The presence session could not be registered. Try again.');
    },

    async untrack({ place, userId, sessionId }) {
      sessions.untrack(sessionId);
      const member = memberOf(place, userId);
      const last = await sure(scripts.untrack(keys.user(member), keys.prefix, member, sessionId));
      if (typeof last === 'string') lease.tellGone(member, last);
    },

    async set(place, userId, setting) {
      const member = memberOf(place, userId);
      const json = settingToJson(setting);
      const kept = await scripts.set(keys.user(member), keys.prefix, member, json);
      if (kept === 1) sessions.learn(member, json);
      return kept === 1;
    },

    async read(place, userIds) {
      try {
        return await Promise.all(
          userIds.map(async (userId) => {
            const key = keys.user(memberOf(place, userId));
            return toState(userId, await commands.hmget(key, 'version', 'live', 'leaving', 'setting'));
          }),
        );
      } catch (error) {
        throw toUnavailable(error);
      }
    },

    async listOnline(place, { after, limit }) {
      const key = keys.online(kind, place);
      try {
        const [found, total] = await Promise.all([
          kind === 'workspace'
            ? readById(commands, key, after, limit + 1)
            : readByComing(commands, key, after, limit + 1),
          commands.zcard(key),
        ]);
        const page = found.slice(0, limit);
        const next = found.length > limit ? (page.at(-1)?.mark ?? null) : null;
        return { userIds: page.map(({ userId }) => userId), next, total };
      } catch (error) {
        throw toUnavailable(error);
      }
    },

    async count() {
      try {
        return await commands.scard(keys.everyone(kind));
      } catch (error) {
        throw toUnavailable(error);
      }
    },

    async follow(place, follower) {
      return broker.follow(keys.presence(kind, place), {
        onMessage: (message) => {
          const state = parseState(message);
          if (state === undefined) {
            logger.error({ place }, 'a presence change could not be read');
            return;
          }
          if (state.setting !== null) {
            sessions.learn(memberOf(place, state.userId), settingToJson(state.setting));
          }
          follower.onChange(state);
        },
        onRestored: () => follower.onRestored(),
      });
    },
  };
}

interface Listed {
  readonly userId: string;
  /** What a page after this one begins behind. */
  readonly mark: string;
}

async function readById(
  commands: Redis,
  key: string,
  after: string | null,
  limit: number,
): Promise<readonly Listed[]> {
  const start = after === null ? '-' : `(${after}`;
  const found = await commands.zrange(key, start, '+', 'BYLEX', 'LIMIT', 0, limit);
  return found.map((userId) => ({ userId, mark: userId }));
}

/** Scores are the versions with which they came. */
async function readByComing(
  commands: Redis,
  key: string,
  after: string | null,
  limit: number,
): Promise<readonly Listed[]> {
  const start = after === null ? '-inf' : `(${after}`;
  const found = await commands.zrange(key, start, '+inf', 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES');
  return Array.from({ length: found.length / 2 }, (_, index) => ({
    userId: found[index * 2] ?? '',
    mark: found[index * 2 + 1] ?? '',
  }));
}

/** Always the same bytes for the same setting, so that setting it again changes nothing. */
const settingToJson = ({ status, activity, setAt }: PresenceSetting): string =>
  JSON.stringify({
    status,
    activity: activity === null ? null : { kind: activity.kind, resource: activity.resource },
    setAt,
  });

/** Only our own scripts write these; undefined for what is not JSON all the same. */
function parseState(message: string): PresenceState | undefined {
  try {
    return JSON.parse(message) as PresenceState;
  } catch {
    return undefined;
  }
}

function toState(userId: string, fields: readonly (string | null)[]): PresenceState {
  const [version, live, leaving, setting] = fields;
  return {
    userId,
    version: Number(version ?? 0),
    live: Number(live ?? 0),
    leaving: Number(leaving ?? 0),
    setting: setting == null ? null : (JSON.parse(setting) as PresenceSetting),
  };
}
