// What an audit does to the nodes and to what they stand on. Each fault ends what it began before it resolves.
import type { PostgresServer } from '../../test/support/postgres.ts';
import type { RedisServer } from '../../test/support/redis.ts';
import { isUp, type AuditNode } from './nodes.ts';
import type { FaultKind, ScheduledFault } from './schedule.ts';
import type { Subscriber } from './subscriber.ts';

export interface Scene {
  readonly nodes: readonly AuditNode[];
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly subscribers: readonly Subscriber[];
  /** Publishes to the sources that are silent otherwise: whose event is lost now is not healed by the next one. */
  publishRare(): void;
  /** Resolves when all of that is acknowledged. */
  rareAcknowledged(): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const downMs = 2_000;
const freezeMs = 10_000;
const awayMs = 4_000;
/** For how long something is dropped or cut. */
const lossMs = 5_000;

export async function commit(fault: ScheduledFault, scene: Scene): Promise<void> {
  const { nodes, redis, postgres, subscribers, publishRare } = scene;
  const node = nodes[Math.floor(fault.place * nodes.length)];
  if (node === undefined) throw new Error('There is no node.');
  const restart = async (): Promise<void> => {
    await pause(downMs);
    await node.start();
  };

  const faults: Readonly<Record<FaultKind, () => Promise<void>>> = {
    async 'rolling restart'() {
      for (const one of nodes) {
        publishRare();
        await one.stop();
        await one.start();
      }
    },
    async 'kill a node'() {
      publishRare();
      await node.kill();
      await restart();
    },
    async 'kill a node between commit and publish'() {
      // Every node publishes within a second or two: there are more publishers than nodes.
      await new Promise<void>((resolve) => {
        node.gate.beforeNextPublish = () => void node.kill().then(resolve);
        publishRare();
      });
      await restart();
    },
    async 'freeze a node for 10 s'() {
      node.freeze();
      publishRare();
      await pause(freezeMs);
      node.thaw();
    },
    async 'drop what nodes publish'() {
      for (const { gate } of nodes) gate.dropping = true;
      publishRare();
      await pause(lossMs);
      for (const { gate } of nodes) gate.dropping = false;
    },
    async 'restart Redis, empty'() {
      publishRare();
      await redis.restart();
    },
    async 'cut the subscribers of Redis'() {
      for (let count = 0; count < 5; count += 1) {
        publishRare();
        await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub').catch(() => undefined);
        await pause(lossMs / 10);
      }
    },
    async 'stop PostgreSQL for 4 s'() {
      publishRare();
      await postgres.stop();
      await pause(awayMs);
      await postgres.start();
    },
    async 'crash PostgreSQL'() {
      publishRare();
      await postgres.crash();
      await postgres.start();
    },
    async 'lose the answers to commits'() {
      for (const { cutter } of nodes) cutter.cut();
      publishRare();
      await pause(lossMs / 2);
      for (const { cutter } of nodes) cutter.mend();
    },
    async 'cut clients'() {
      subscribers.forEach((subscriber, index) => {
        if ((index + Math.floor(fault.place * 3)) % 3 === 0) subscriber.cut();
      });
      publishRare();
    },
  };
  await faults[fault.kind]();
  if (!nodes.some(isUp)) throw new Error('No node is left.');
}
