// One master of a Redis Cluster: what it says of its slots, and the channels in them that this node follows. It decides
// nothing: cluster-link.ts says which channels are its own.
//
//   idle ──listenTo──▶ asking: SSUBSCRIBE all, PING ──answered──▶ listening
//    ▲ ▲                      │ refused                              │ a slot was taken from it
//    │ └──a moment later── refused ◀─────────────────────────────────┘
//    └──lost── from each of them

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { HostAndPort } from '../../redis-url.ts';
import { coalesceWrites } from '../../store/coalescing-socket.ts';
import { type ClusterView, parseClusterView, toSlot } from './cluster-slots.ts';
import { type ProbeTimings, toReason } from './redis-connections.ts';

/** To the node at the address, not connected yet. */
export type OpenConnection = (purpose: 'commands' | 'subscriber', address: HostAndPort) => Redis;

export interface ClusterMasterOptions {
  readonly address: HostAndPort;
  readonly open: OpenConnection;
  readonly logger: Logger;
  readonly probe: ProbeTimings;
  /** What it says of itself, or whether it listens, has changed; or it can be listened to. */
  readonly onChange: () => void;
  readonly onMessage: (channel: string, message: string) => void;
}

const channelsPerSubscribe = 500;
/** The slot is served elsewhere, or nowhere yet. That is looked after, and no reason to alarm anybody. */
const elsewhere = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/;
/** By then it is known who serves the slot. */
const movedRetryMs = 100;
const refusedRetryMs = 1_000;

export class ClusterMaster {
  readonly #options: ClusterMasterOptions;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #probe: NodeJS.Timeout;
  #channels = new Set<string>();
  #phase: 'idle' | 'asking' | 'listening' | 'refused' | 'closed' = 'idle';
  /** Grows with each change of the phase: what was asked for before counts no longer. */
  #epoch = 0;
  #retry: NodeJS.Timeout | undefined;
  #view: ClusterView | null = null;
  #isLooking = false;

  constructor(options: ClusterMasterOptions) {
    const { address, open, probe } = options;
    this.#options = options;
    this.#publisher = open('commands', address);
    this.#subscriber = open('subscriber', address);

    this.#publisher.on('connect', () => coalesceWrites(this.#publisher.stream));
    this.#publisher.on('ready', () => void this.look());
    this.#publisher.on('close', () => this.#see(null));
    this.#subscriber.on('ready', () => options.onChange());
    this.#subscriber.on('close', () => this.#enter('idle'));
    // Told by ioredis when the server takes a channel away because its slot has moved, or refuses one as moved.
    this.#subscriber.on('moved', () => this.#refuse(movedRetryMs));
    this.#subscriber.on('smessage', (channel: string, message: string) => {
      // Of a channel that has moved, only its new master is heard.
      if (this.#channels.has(channel)) options.onMessage(channel, message);
    });
    // The answer is not awaited: the connection's deadline cuts it where it stays silent.
    this.#probe = setInterval(() => {
      if (this.#subscriber.status === 'ready') this.#subscriber.ping().catch(() => undefined);
    }, probe.everyMs);

    // They connect again and again by themselves.
    for (const client of [this.#publisher, this.#subscriber]) client.connect().catch(() => undefined);
  }

  get address(): HostAndPort {
    return this.#options.address;
  }

  /** What it said last; null while it can not be asked. */
  get view(): ClusterView | null {
    return this.#view;
  }

  /** Whether all that it was asked to listen to is in force, and publishing is possible. */
  get isListening(): boolean {
    return this.#phase === 'listening' && this.#publisher.status === 'ready';
  }

  /** Asks it about its slots. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#publisher.status !== 'ready') return;
    this.#isLooking = true;
    try {
      this.#see(await readClusterView(this.#publisher, this.address));
    } catch (error) {
      this.#options.logger.debug({ reason: toReason(error as Error) }, 'a master could not be asked');
    } finally {
      this.#isLooking = false;
    }
  }

  async publish(channel: string, message: string): Promise<unknown> {
    try {
      return await this.#publisher.spublish(channel, message);
    } catch (error) {
      if (elsewhere.test(toReason(error as Error))) void this.look();
      throw error;
    }
  }

  /** From now on to these channels. Nothing happens where it does so already, or can not yet. */
  listenTo(channels: ReadonlySet<string>): void {
    const gone = [...this.#channels].filter((channel) => !channels.has(channel));
    const isSame = gone.length === 0 && channels.size === this.#channels.size;
    if (this.#phase === 'closed' || (this.#phase !== 'idle' && isSame)) return;
    this.#channels = new Set(channels);
    if (this.#phase === 'refused' || this.#subscriber.status !== 'ready') return;
    for (const channel of gone) this.#leave(channel);
    void this.#bringIntoForce();
  }

  async subscribe(channel: string): Promise<void> {
    const epoch = this.#epoch;
    if (this.#phase !== 'listening') throw new Error('the subscriber connection is away');
    await this.#subscriber.ssubscribe(channel);
    if (epoch !== this.#epoch) {
      this.#leave(channel);
      throw new Error('the subscriber connection broke');
    }
    this.#channels.add(channel);
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#leave(channel);
  }

  close(): void {
    this.#phase = 'closed';
    this.#epoch += 1;
    this.#view = null;
    clearInterval(this.#probe);
    clearTimeout(this.#retry);
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  /** Refused where the slot has moved, lost with the connection: either way the server has forgotten the channel. */
  #leave(channel: string): void {
    this.#subscriber.sunsubscribe(channel).catch(() => undefined);
  }

  async #bringIntoForce(): Promise<void> {
    const epoch = this.#enter('asking');
    try {
      const asked = groupBySlot(this.#channels).map((channels) => this.#subscriber.ssubscribe(...channels));
      // Its answer proves that the connection carries what comes after the SSUBSCRIBEs, in both directions.
      await Promise.all([...asked, this.#subscriber.ping()]);
      if (epoch === this.#epoch) this.#enter('listening');
    } catch (error) {
      if (epoch !== this.#epoch) return;
      const reason = toReason(error as Error);
      const isElsewhere = elsewhere.test(reason);
      this.#options.logger[isElsewhere ? 'debug' : 'error'](
        { reason },
        'a master of the Redis Cluster refused to let this node listen; trying anew',
      );
      this.#refuse(isElsewhere ? movedRetryMs : refusedRetryMs);
    }
  }

  /** It is asked what it serves, and not to listen again for a moment: else both would answer each other without end. */
  #refuse(retryMs: number): void {
    const epoch = this.#enter('refused');
    void this.look();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => epoch === this.#epoch && this.#enter('idle'), retryMs);
  }

  #enter(phase: 'idle' | 'asking' | 'listening' | 'refused'): number {
    if (this.#phase === 'closed') return this.#epoch;
    this.#phase = phase;
    const epoch = ++this.#epoch;
    this.#options.onChange();
    return epoch;
  }

  #see(view: ClusterView | null): void {
    if (this.#phase === 'closed' || JSON.stringify(view) === JSON.stringify(this.#view)) return;
    this.#view = view;
    this.#options.onChange();
  }
}

export async function readClusterView(client: Redis, asked: HostAndPort): Promise<ClusterView> {
  const [myId, info, slots] = await Promise.all([
    client.call('CLUSTER', 'MYID'),
    client.call('CLUSTER', 'INFO'),
    client.call('CLUSTER', 'SLOTS'),
  ]);
  return parseClusterView({ myId, info, slots, asked });
}

/** One SSUBSCRIBE may name channels of one slot only. */
function groupBySlot(channels: ReadonlySet<string>): readonly (readonly string[])[] {
  const groups: string[][] = [];
  const open = new Map<number, string[]>();
  for (const channel of channels) {
    const slot = toSlot(channel);
    const group = open.get(slot);
    if (group !== undefined && group.length < channelsPerSubscribe) {
      group.push(channel);
    } else {
      const begun = [channel];
      groups.push(begun);
      open.set(slot, begun);
    }
  }
  return groups;
}
