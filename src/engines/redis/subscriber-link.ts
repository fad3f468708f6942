// The subscriber connection as the broker sees it: which channels it listens to, brought back into force after every
// loss, and whether that has been confirmed.
//
//   away ──ready──▶ SUBSCRIBE all, PING ──answered, commands ready too──▶ connected
//    ▲                     │ refused or lost                                 │ lost
//    └─────────────────────┴─────────────────────────────────────────────────┘

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Broker } from '../engine.ts';
import { LinkState } from './link-state.ts';
import type { Listening } from './listening.ts';
import type { ProbeTimings } from './redis-connections.ts';
import { toUnavailable } from './redis-connections.ts';

const channelsPerSubscribe = 500;
const refusedRetryMs = 1_000;

export class SubscriberLink implements Listening {
  readonly #commands: Redis;
  readonly #client: Redis;
  readonly #logger: Logger;
  /** Channels in force, or to be brought into force with the next connection. */
  readonly #channels = new Set<string>();
  readonly #state: LinkState;
  readonly #probe: NodeJS.Timeout;
  #retry: NodeJS.Timeout | null = null;
  /** Each connection has its own number, and so has each time without one. */
  #epoch = 0;
  /** The epoch whose connection has answered the PING behind its SUBSCRIBEs. */
  #answered = -1;

  constructor(options: { commands: Redis; subscriber: Redis; logger: Logger; probe: ProbeTimings }) {
    this.#commands = options.commands;
    this.#client = options.subscriber;
    this.#logger = options.logger;
    this.#state = new LinkState(options.logger);
    this.#client.on('ready', () => void this.#bringIntoForce());
    this.#client.on('close', () => this.#lose());
    this.#commands.on('ready', () => this.#confirm());
    // The answer is not awaited: the connection's deadline cuts it where it stays silent.
    this.#probe = setInterval(() => {
      if (this.#client.status === 'ready') this.#client.ping().catch(() => undefined);
    }, options.probe.everyMs);
  }

  get state(): Broker['state'] {
    return this.#state.current;
  }

  onStateChange(listener: (state: Broker['state']) => void): () => void {
    return this.#state.onChange(listener);
  }

  onMessage(listener: (channel: string, message: string) => void): void {
    this.#client.on('message', listener);
  }

  async subscribe(channel: string): Promise<void> {
    if (this.#state.current === 'away') throw new Error('the subscriber connection is away');
    const epoch = this.#epoch;
    await this.#client.subscribe(channel);
    if (epoch !== this.#epoch) throw new Error('the subscriber connection broke');
    this.#channels.add(channel);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    // Lost with its connection, it has done what it should: the next one does not ask for this channel.
    this.#client.unsubscribe(channel).catch(() => undefined);
  }

  close(): void {
    clearInterval(this.#probe);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#state.close();
    this.#channels.clear();
    this.#epoch += 1;
  }

  async #bringIntoForce(): Promise<void> {
    const epoch = ++this.#epoch;
    try {
      const channels = [...this.#channels];
      const asked: Promise<unknown>[] = [];
      for (let start = 0; start < channels.length; start += channelsPerSubscribe) {
        asked.push(this.#client.subscribe(...channels.slice(start, start + channelsPerSubscribe)));
      }
      await Promise.all(asked);
      // Its answer proves that the connection carries what comes after the SUBSCRIBEs, in both directions.
      await this.#client.ping();
      if (epoch !== this.#epoch) return;
      this.#answered = epoch;
      this.#confirm();
    } catch (error) {
      if (epoch !== this.#epoch) return;
      this.#logger.error(
        { reason: toUnavailable(error).cause },
        'Redis refused to let this node listen again; trying anew',
      );
      this.#retry = setTimeout(() => this.#client.disconnect(true), refusedRetryMs);
    }
  }

  /** Waits for the other connection too, so that whoever is told that Redis is back can publish at once. */
  #confirm(): void {
    if (this.#state.current === 'connected' || this.#answered !== this.#epoch) return;
    if (this.#commands.status !== 'ready') return;
    this.#state.change('connected');
  }

  #lose(): void {
    this.#epoch += 1;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#state.change('away');
  }
}
