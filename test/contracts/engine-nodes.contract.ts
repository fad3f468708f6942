// The part of the engine contract that tells which nodes live, and what they say.
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

export function nodesContract(setup: EngineSetup): void {
  describe('nodes', () => {
    test('each node that lives is told of, with what it said last about a subject', async () => {
      await using nodes = await setup.open();
      const { near, far } = nodes;
      const all = [...new Set([near.engine, far.engine])];
      const read = async (subject: string) =>
        new Map([...(await far.engine.nodes.read(subject))].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const expected = (text: (nodeId: string) => string | null) =>
        new Map(
          all.map(({ nodeId }) => [nodeId, text(nodeId)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        );

      expect(await read('figures')).toEqual(expected(() => null));
      for (const { nodes: registry, nodeId } of all) await registry.report('figures', `first of ${nodeId}`);
      for (const { nodes: registry, nodeId } of all) await registry.report('figures', `second of ${nodeId}`);
      await near.engine.nodes.report('a/b:c', 'another subject');
      expect(await read('figures')).toEqual(expected((nodeId) => `second of ${nodeId}`));
      expect((await read('a/b:c')).get(near.engine.nodeId)).toBe('another subject');
      await near.engine.nodes.report('figures', null);
      expect((await read('figures')).get(near.engine.nodeId)).toBeNull();
      expect(all.map((engine) => engine.nodes.isAlive)).toEqual(all.map(() => true));
    });

    test.runIf(setup.abilities.manyNodes)('a node that closes is told of no more', async () => {
      await using nodes = await setup.open();
      const { near, far } = nodes;
      await near.engine.nodes.report('figures', 'mine');
      await near.engine.close();
      await eventually(async () =>
        expect([...(await far.engine.nodes.read('figures')).keys()]).toEqual([far.engine.nodeId]),
      );
    });
  });
}
