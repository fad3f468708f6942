// The expiring sets' part of the engine contract.

import { describe, expect, test } from 'vitest';
import { eventually } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

export function expiringContract(setup: EngineSetup): void {
  describe('expiring sets', () => {
    test('a member is new once, is renewed, listed everywhere and removed once', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.expiring, nodes.far.engine.expiring];
      expect(await near.put('set', 'alice', 60_000)).toBe(true);
      expect(await far.put('set', 'alice', 90_000)).toBe(false);
      expect(await far.put('set', 'bob/é', 60_000)).toBe(true);
      expect(await far.put('other/set', 'alice', 60_000)).toBe(true);

      const listed = (await near.list('set')).toSorted((a, b) => (a.member < b.member ? -1 : 1));
      expect(listed.map(({ member }) => member)).toEqual(['alice', 'bob/é']);
      expect(listed[0]?.expiresInMs).toBeGreaterThan(60_000);
      expect(listed[0]?.expiresInMs).toBeLessThanOrEqual(90_000);

      expect(await near.remove('set', 'alice')).toBe(true);
      expect(await far.remove('set', 'alice')).toBe(false);
      expect((await far.list('set')).map(({ member }) => member)).toEqual(['bob/é']);
      expect(await near.list('unknown')).toEqual([]);
    });

    test('a member lapses by itself, and is new again afterwards; the others stay', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.expiring, nodes.far.engine.expiring];
      await near.put('set', 'staying', 60_000);
      await near.put('set', 'lapsing', 30);
      await eventually(async () => {
        expect((await far.list('set')).map(({ member }) => member)).toEqual(['staying']);
      });
      expect(await far.remove('set', 'lapsing')).toBe(false);
      expect(await far.put('set', 'lapsing', 60_000)).toBe(true);
    });

    test('renewing with a shorter time shortens it', async () => {
      await using nodes = await setup.open();
      const { expiring } = nodes.near.engine;
      await expiring.put('set', 'member', 60_000);
      await expiring.put('set', 'member', 20);
      await eventually(async () => expect(await expiring.list('set')).toEqual([]));
    });
  });
}
