// The engine of a single process: nothing to connect to, nothing that can be away. Several processes need redis/.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { TidingsError } from '../../errors.ts';
import type { Broker, Engine, EngineEvents } from '../engine.ts';
import { LocalFanOut } from './local-fan-out.ts';
import { createMemoryExpiringSets } from './memory-expiring-sets.ts';
import { createMemoryNodes } from './memory-nodes.ts';
import { createMemoryPresence } from './memory-presence.ts';
import { createMemoryRates } from './memory-rates.ts';

export interface MemoryEngineOptions {
  readonly logger: Logger;
  readonly events: EngineEvents;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export function openMemoryEngine(options: MemoryEngineOptions): Engine {
  const { logger, events } = options;
  const messages = new LocalFanOut<string>(logger);
  const nodeId = randomUUID();
  const presence = createMemoryPresence({
    logger,
    order: 'by-id',
    onUserGone: (workspace, userId, setting) => events.onUserGone({ workspace, userId }, setting),
  });
  const rooms = createMemoryPresence({ logger, order: 'by-coming', onUserGone: () => undefined });
  const expiring = createMemoryExpiringSets(options.now);
  let phase: 'open' | 'closed' = 'open';

  const requireOpen = (): void => {
    if (phase === 'closed') throw new TidingsError('UNAVAILABLE', 'The engine has been closed.');
  };

  const broker: Broker = {
    state: 'connected',
    async publish(channel, message) {
      requireOpen();
      messages.publish(channel, message);
    },
    async follow(channel, follower) {
      requireOpen();
      const end = messages.listen(channel, (message) => follower.onMessage(message));
      return { unfollow: async () => end() };
    },
    onStateChange: () => () => undefined,
  };

  return {
    kind: 'memory',
    description: 'memory, for one process',
    nodeId,
    nodes: createMemoryNodes(nodeId),
    broker,
    presence,
    rooms,
    expiring,
    rates: createMemoryRates(),
    async check() {
      requireOpen();
    },
    async close() {
      phase = 'closed';
      messages.close();
      presence.close();
      rooms.close();
      expiring.close();
    },
  };
}
