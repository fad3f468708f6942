// What every engine guarantees, whatever joins the nodes. Missing abilities are visible flags.

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import type { RecordingEvents } from '../support/engine-follower.ts';
import { brokerContract } from './engine-broker.contract.ts';
import { expiringContract } from './engine-expiring.contract.ts';
import { nodesContract } from './engine-nodes.contract.ts';
import { presenceContract } from './engine-presence.contract.ts';
import { ratesContract } from './engine-rates.contract.ts';
import { roomsContract } from './engine-rooms.contract.ts';

export interface ContractNode {
  readonly engine: Engine;
  readonly events: RecordingEvents;
}

/** The nodes of one new log. `near` and `far` are the same where an engine serves one process only. */
export interface OpenedNodes extends AsyncDisposable {
  readonly near: ContractNode;
  readonly far: ContractNode;
}

export interface EngineSetup {
  readonly kind: Engine['kind'];
  /** Opens a log of its own at each call. */
  open(): Promise<OpenedNodes>;
  readonly abilities: {
    /** Several processes can share a log. */
    readonly manyNodes: boolean;
  };
}

export function engineContract(name: string, setup: EngineSetup): void {
  describe(`the ${name} engine`, () => {
    brokerContract(setup);
    nodesContract(setup);
    presenceContract(setup);
    roomsContract(setup);
    expiringContract(setup);
    ratesContract(setup);

    test('says what it is, and that it can serve', async () => {
      await using nodes = await setup.open();
      expect(nodes.near.engine.kind).toBe(setup.kind);
      expect(nodes.near.engine.description).not.toBe('');
      await expect(nodes.near.engine.check()).resolves.toBeUndefined();
    });

    test('refuses to publish and to follow once it is closed, and says so when it is checked', async () => {
      const nodes = await setup.open();
      const { engine } = nodes.near;
      await engine.close();
      const unavailable = { code: 'UNAVAILABLE' };
      await expect(engine.broker.publish('channel', 'message')).rejects.toMatchObject(unavailable);
      await expect(
        engine.broker.follow('channel', { onMessage: () => undefined, onRestored: () => undefined }),
      ).rejects.toMatchObject(unavailable);
      await expect(engine.check()).rejects.toMatchObject(unavailable);
      await nodes[Symbol.asyncDispose]();
    });

    test.runIf(setup.abilities.manyNodes)('gives each node an id of its own', async () => {
      await using nodes = await setup.open();
      expect(nodes.near.engine.nodeId).not.toBe(nodes.far.engine.nodeId);
    });
  });
}
