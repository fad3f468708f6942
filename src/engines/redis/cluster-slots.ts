// Which master of a Redis Cluster serves which slot, from what the nodes say. No connections: cluster-master.ts asks.

import type { HostAndPort } from '../../redis-url.ts';

export const slotCount = 16_384;

/** What one node of a Cluster says of itself and the others. */
export interface ClusterView {
  /** Whether it takes part: a node that is cut off from most masters says `fail`, and what it tells is out of date. */
  readonly takesPart: boolean;
  /** Of its slots: of two masters that claim one slot, that with the greater epoch serves it. */
  readonly epoch: number;
  /** The slots that it serves itself; none for a replica. */
  readonly own: readonly SlotRange[];
  /** Every master with slots that it knows of, itself among them. */
  readonly masters: readonly HostAndPort[];
  /** Their replicas too. */
  readonly nodes: readonly HostAndPort[];
}

export interface SlotRange {
  readonly first: number;
  readonly last: number;
}

/**
 * From the answers of CLUSTER MYID, CLUSTER INFO and CLUSTER SLOTS; `asked` stands for whoever does not know its own
 * address. Throws for what is none of those.
 */
export function parseClusterView(answers: {
  readonly myId: unknown;
  readonly info: unknown;
  readonly slots: unknown;
  readonly asked: HostAndPort;
}): ClusterView {
  const { myId, info, slots, asked } = answers;
  const read = (field: string): string | undefined =>
    new RegExp(`^${field}:(\\S+)`, 'm').exec(String(info))?.[1];
  const epoch = Number(read('cluster_my_epoch'));
  if (!Array.isArray(slots) || !Number.isSafeInteger(epoch))
    throw new Error('CLUSTER SLOTS is not understood');

  const own: SlotRange[] = [];
  const masters = new Map<string, HostAndPort>();
  const nodes = new Map<string, HostAndPort>();
  // First slot, last slot, the master, its replicas.
  for (const [first, last, ...servers] of slots as readonly (readonly unknown[])[]) {
    for (const [index, server] of servers.entries()) {
      const [host, port, id] = server as readonly unknown[];
      const isNamed = typeof host === 'string' && host !== '' && host !== '?';
      const address = { host: isNamed ? host : asked.host, port: Number(port) };
      nodes.set(String(id), address);
      if (index > 0) continue;
      masters.set(String(id), address);
      if (String(id) === String(myId)) own.push({ first: Number(first), last: Number(last) });
    }
  }
  return {
    takesPart: read('cluster_state') === 'ok',
    epoch,
    own,
    masters: [...masters.values()],
    nodes: [...nodes.values()],
  };
}

export interface Claimant {
  readonly view: ClusterView | null;
}

/**
 * Who serves each slot, undefined where nobody does. Every master speaks for itself, as it does among the nodes: hearsay
 * lags behind. A slot moves from A to B: B claims it first, with a greater epoch, then A gives it up, then C hears of it.
 */
export function assignSlots<T extends Claimant>(claimants: Iterable<T>): readonly (T | undefined)[] {
  const owners = Array.from<T | undefined>({ length: slotCount });
  const byEpoch = [...claimants].toSorted((a, b) => (a.view?.epoch ?? 0) - (b.view?.epoch ?? 0));
  for (const claimant of byEpoch) {
    if (claimant.view?.takesPart !== true) continue;
    for (const { first, last } of claimant.view.own) owners.fill(claimant, first, last + 1);
  }
  return owners;
}

/** The slot of a key or channel: of what stands in its first braces, where something does. */
export function toSlot(name: string): number {
  const open = name.indexOf('{');
  const close = open === -1 ? -1 : name.indexOf('}', open + 1);
  return crc16(Buffer.from(close > open + 1 ? name.slice(open + 1, close) : name)) % slotCount;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (crcTable[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  return crc & 0xffff;
});
