// The rates' part of the engine contract.

import { describe, expect, test } from 'vitest';
import { eventually } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

/** Long enough for a test. */
const limit = { points: 10, windowSeconds: 60 };

export function ratesContract(setup: EngineSetup): void {
  describe('rates', () => {
    test('all nodes together take no more than the limit, to the last point', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.rates, nodes.far.engine.rates];
      expect(await near.take('alice', 4, limit)).toMatchObject({ granted: 4 });
      expect(await far.take('alice', 4, limit)).toMatchObject({ granted: 4 });
      // Two are left of what is wanted, and then nothing.
      const last = await near.take('alice', 4, limit);
      expect(last.granted).toBe(2);
      expect(last.resetsInMs).toBeGreaterThan(0);
      expect(last.resetsInMs).toBeLessThanOrEqual(60_000);
      expect(await far.take('alice', 1, limit)).toMatchObject({ granted: 0 });
      expect(await far.take('bob', 1, limit)).toMatchObject({ granted: 1 });
    });

    test('many at once are granted exactly what there is', async () => {
      await using nodes = await setup.open();
      const taken = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? nodes.near : nodes.far).engine.rates.take('crowd', 3, limit),
        ),
      );
      expect(taken.reduce((sum, { granted }) => sum + granted, 0)).toBe(10);
    });

    test('a window that is over begins anew', async () => {
      await using nodes = await setup.open();
      const { rates } = nodes.near.engine;
      const short = { points: 1, windowSeconds: 1 };
      expect((await rates.take('short', 1, short)).granted).toBe(1);
      expect((await rates.take('short', 1, short)).granted).toBe(0);
      await eventually(async () => expect((await rates.take('short', 1, short)).granted).toBe(1));
    });
  });
}
