// All masters of a Redis Cluster together, as the broker sees them: which there are, who serves which slot, and whether
// every channel is certainly heard. Each is asked about itself every few seconds, and at once where something looks
// wrong: a connection lost, a channel taken away, a command answered with MOVED.
//
//   away ──every slot is served, every master listens, commands ready──▶ connected
//    ▲                                                                      │ any of these no longer, or a slot moved
//    └──────────────────────────────────────────────────────────────────────┘

import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { formatHost, type HostAndPort } from '../../redis-url.ts';
import type { Broker } from '../engine.ts';
import { ClusterMaster, type OpenConnection, readClusterView } from './cluster-master.ts';
import { assignSlots, type ClusterView, toSlot } from './cluster-slots.ts';
import { LinkState } from './link-state.ts';
import type { Listening, Publisher } from './listening.ts';
import { type ProbeTimings, toReason } from './redis-connections.ts';

export interface ClusterLinkOptions {
  readonly seeds: readonly HostAndPort[];
  /** The connection for keys: without it nobody is told that Redis is back. */
  readonly commands: Redis;
  readonly open: OpenConnection;
  readonly logger: Logger;
  readonly probe: ProbeTimings;
  /** Slots are served by others than before: see `masterOf`. */
  readonly onAssigned: () => void;
}

const firstLookMs = 50;
const slowestLookMs = 1_000;

export class ClusterLink implements Listening, Publisher {
  readonly #options: ClusterLinkOptions;
  readonly #state: LinkState;
  readonly #masters = new Map<string, ClusterMaster>();
  /** By slot. */
  #owners: readonly (ClusterMaster | undefined)[] = assignSlots<ClusterMaster>([]);
  /** Who is asked when no master answers any more: every node last heard of. */
  #nodes: readonly HostAndPort[];
  readonly #channels = new Set<string>();
  #hear: (channel: string, message: string) => void = () => undefined;
  /** Grows whenever listening is no longer certain. */
  #epoch = 0;
  #timer: NodeJS.Timeout | undefined;
  #looksWhileAway = 0;
  #phase: 'open' | 'closed' = 'open';

  constructor(options: ClusterLinkOptions) {
    this.#options = options;
    this.#state = new LinkState(options.logger);
    this.#nodes = options.seeds;
    options.commands.on('ready', () => this.#update());
    options.commands.on('close', () => this.#update());
  }

  /** Finds the masters by the first of its nodes that answers. Rejects with the reason where none does. */
  async open(): Promise<void> {
    this.#meet([await this.#askAnyone()]);
    this.#lookLater();
  }

  get state(): Broker['state'] {
    return this.#state.current;
  }

  /** For people: why it is not connected. */
  get obstacle(): string {
    const silent = [...this.#masters].flatMap(([name, { view }]) => (view === null ? [name] : []));
    if (silent.length > 0)
      return `its nodes say that ${silent.join(' and ')} serve slots, but nobody answers there`;
    return this.#owners.includes(undefined)
      ? 'not every slot is served'
      : 'listening did not come into force';
  }

  onStateChange(listener: (state: Broker['state']) => void): () => void {
    return this.#state.onChange(listener);
  }

  onMessage(listener: (channel: string, message: string) => void): void {
    this.#hear = listener;
  }

  /** undefined while nobody is known to serve the slot. */
  masterOf(slot: number): HostAndPort | undefined {
    return this.#owners[slot]?.address;
  }

  async publish(channel: string, message: string): Promise<unknown> {
    const master = this.#owners[toSlot(channel)];
    if (master === undefined) throw new Error('no master of the Redis Cluster serves this channel now');
    return master.publish(channel, message);
  }

  async subscribe(channel: string): Promise<void> {
    const master = this.#owners[toSlot(channel)];
    if (this.state === 'away' || master === undefined)
      throw new Error('the Redis Cluster is not heard as a whole');
    const epoch = this.#epoch;
    await master.subscribe(channel);
    if (epoch !== this.#epoch) {
      master.unsubscribe(channel);
      throw new Error('the Redis Cluster has changed meanwhile');
    }
    this.#channels.add(channel);
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#owners[toSlot(channel)]?.unsubscribe(channel);
  }

  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    for (const master of this.#masters.values()) master.close();
    this.#masters.clear();
    this.#owners = [];
    this.#channels.clear();
    this.#epoch += 1;
    this.#state.close();
  }

  /** Opens connections to masters that are new, and closes those to nodes that everybody takes for masters no more. */
  #meet(views: readonly ClusterView[]): void {
    const told = new Map(
      views.flatMap(({ masters }) => masters.map((address) => [formatHost(address), address])),
    );
    this.#nodes = views.flatMap(({ nodes }) => nodes);
    for (const [name, master] of this.#masters) {
      if (told.has(name)) continue;
      this.#masters.delete(name);
      master.close();
    }
    const { open, logger, probe } = this.#options;
    const onChange = (): void => this.#update();
    const onMessage = (channel: string, message: string): void => this.#hear(channel, message);
    for (const [name, address] of told) {
      if (this.#masters.has(name)) continue;
      this.#masters.set(name, new ClusterMaster({ address, open, logger, probe, onChange, onMessage }));
    }
  }

  /** Whatever has changed: who serves what, who has to listen to what, and whether all of it is in force. */
  #update(): void {
    if (this.#phase === 'closed') return;
    const views = this.#views();
    if (views.length > 0) this.#meet(views);

    const owners = assignSlots(this.#masters.values());
    const hasMoved = owners.some((owner, slot) => owner !== this.#owners[slot]);
    this.#owners = owners;
    // Before anybody listens anew, so that followers are told in any case that something may be lost.
    if (hasMoved || !this.#isInForce()) this.#goAway();
    if (hasMoved) this.#options.onAssigned();
    if (this.#state.current === 'away') this.#distribute();
    if (this.#isInForce()) this.#confirm();
  }

  #views(): readonly ClusterView[] {
    return [...this.#masters.values()].flatMap(({ view }) => (view?.takesPart === true ? [view] : []));
  }

  #distribute(): void {
    const shares = new Map([...new Set(this.#owners)].map((owner) => [owner, new Set<string>()]));
    for (const channel of this.#channels) shares.get(this.#owners[toSlot(channel)])?.add(channel);
    for (const [owner, channels] of shares) owner?.listenTo(channels);
  }

  #isInForce(): boolean {
    if (this.#options.commands.status !== 'ready') return false;
    // One that was heard of and has not spoken may have taken over slots: what the others claim is not the last word.
    if (this.#views().length < this.#masters.size) return false;
    return [...new Set(this.#owners)].every((owner) => owner?.isListening === true);
  }

  #confirm(): void {
    if (this.#state.current === 'connected') return;
    this.#state.change('connected');
    this.#lookLater();
  }

  #goAway(): void {
    this.#epoch += 1;
    if (this.#state.current === 'away') return;
    this.#looksWhileAway = 0;
    this.#state.change('away');
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#phase === 'closed') return;
    clearTimeout(this.#timer);
    const pause =
      this.#state.current === 'connected'
        ? this.#options.probe.everyMs
        : Math.min(firstLookMs * 2 ** this.#looksWhileAway++, slowestLookMs) * (1 + Math.random() / 5);
    this.#timer = setTimeout(() => void this.#look(), pause);
  }

  async #look(): Promise<void> {
    for (const master of this.#masters.values()) void master.look();
    if (this.#views().length === 0) {
      try {
        const view = await this.#askAnyone();
        if (this.#phase === 'open') this.#meet([view]);
      } catch (error) {
        this.#options.logger.debug(
          { reason: toReason(error as Error) },
          'no node of the Redis Cluster answers',
        );
      }
    }
    // Whoever has refused to let us listen is asked again.
    this.#update();
    this.#lookLater();
  }

  /** What the first node says that answers and takes part; rejects with the reason of one where none does. */
  async #askAnyone(): Promise<ClusterView> {
    try {
      const addresses = new Map(
        [...this.#options.seeds, ...this.#nodes].map((address) => [formatHost(address), address]),
      );
      return await Promise.any([...addresses.values()].map((address) => this.#ask(address)));
    } catch (error) {
      throw (error as AggregateError).errors[0];
    }
  }

  async #ask(address: HostAndPort): Promise<ClusterView> {
    const client = this.#options.open('commands', address);
    try {
      let failure: Error | undefined;
      client.on('error', (error: Error) => (failure ??= error));
      await client.connect().catch((error: Error) => {
        throw failure ?? error;
      });
      const view = await readClusterView(client, address);
      if (!view.takesPart) throw new Error(`${formatHost(address)} says that the Cluster is down`);
      return view;
    } finally {
      client.disconnect();
    }
  }
}
