// The presence registry's part of the engine contract.

import { describe, expect, test } from 'vitest';
import type { PresenceSetting } from '../../src/engines/engine.ts';
import { createPresenceFollower, eventually, readOne } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

const session = (userId: string, sessionId: string, workspace = 'acme') => ({
  place: workspace,
  userId,
  sessionId,
});
const setting = (status: PresenceSetting['status'], setAt = '2026-11-21T10:00:00.000Z'): PresenceSetting => ({
  status,
  activity: { kind: 'EDITING', resource: 'doc/"1"' },
  setAt,
});

export function presenceContract(setup: EngineSetup): void {
  describe('presence', () => {
    test('a session goes live, leaves, comes back and ends; everybody sees the same', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine, nodes.far.engine];
      const counts = async () => {
        const { live, leaving } = await readOne(far, 'acme', 'alice');
        return { live, leaving };
      };
      expect(await readOne(far, 'acme', 'alice')).toEqual({
        userId: 'alice',
        version: 0,
        live: 0,
        leaving: 0,
        setting: null,
      });
      await near.presence.track(session('alice', '1'), 'live');
      expect(await counts()).toEqual({ live: 1, leaving: 0 });
      await near.presence.track(session('alice', '1'), 'leaving');
      expect(await counts()).toEqual({ live: 0, leaving: 1 });
      await near.presence.track(session('alice', '1'), 'live');
      expect(await counts()).toEqual({ live: 1, leaving: 0 });
      await near.presence.untrack(session('alice', '1'));
      expect(await readOne(far, 'acme', 'alice')).toMatchObject({ version: 0, live: 0, leaving: 0 });
    });

    test('leaving of an unknown session registers nothing', async () => {
      await using nodes = await setup.open();
      await nodes.near.engine.presence.track(session('alice', '1'), 'leaving');
      expect(await readOne(nodes.near.engine, 'acme', 'alice')).toMatchObject({ version: 0, leaving: 0 });
    });

    test('two sessions make one user, who is gone once: with the last of them', async () => {
      await using nodes = await setup.open();
      const { near, far } = nodes;
      await near.engine.presence.track(session('alice', '1'), 'live');
      await far.engine.presence.track(session('alice', '2'), 'live');
      await near.engine.presence.track(session('alice', '1'), 'leaving');
      expect(await readOne(near.engine, 'acme', 'alice')).toMatchObject({ live: 1, leaving: 1 });
      await near.engine.presence.untrack(session('alice', '1'));
      await near.engine.presence.untrack(session('alice', '1'));
      expect([...near.events.gone, ...(far === near ? [] : far.events.gone)]).toEqual([]);
      await far.engine.presence.untrack(session('alice', '2'));
      await eventually(() => expect(far.events.gone).toEqual(['acme/alice']));
      if (setup.abilities.manyNodes) expect(near.events.gone).toEqual([]);
    });

    test('a setting stands until the last session ends, and is kept for nobody without one', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine, nodes.far.engine];
      expect(await near.presence.set('acme', 'alice', setting('BUSY'))).toBe(false);
      expect((await readOne(near, 'acme', 'alice')).setting).toBeNull();

      await near.presence.track(session('alice', '1'), 'live');
      await near.presence.track(session('alice', '2'), 'live');
      expect(await far.presence.set('acme', 'alice', setting('BUSY'))).toBe(true);
      expect((await readOne(near, 'acme', 'alice')).setting).toEqual(setting('BUSY'));
      await near.presence.untrack(session('alice', '1'));
      expect((await readOne(far, 'acme', 'alice')).setting).toEqual(setting('BUSY'));
      await near.presence.untrack(session('alice', '2'));
      await near.presence.track(session('alice', '3'), 'live');
      expect((await readOne(far, 'acme', 'alice')).setting).toBeNull();
    });

    test('reads in the order asked for, with the unknown ones, and twice where asked twice', async () => {
      await using nodes = await setup.open();
      const { presence } = nodes.near.engine;
      await presence.track(session('b', '1'), 'live');
      await presence.track(session('a', '2'), 'live');
      const states = await presence.read('acme', ['b', 'nobody', 'a', 'b']);
      expect(states.map(({ userId, live }) => [userId, live])).toEqual([
        ['b', 1],
        ['nobody', 0],
        ['a', 1],
        ['b', 1],
      ]);
      expect(await presence.read('acme', [])).toEqual([]);
    });

    test('lists who is online page by page, without those who appear offline, and counts them', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.presence, nodes.far.engine.presence];
      const users = ['10', '9', 'B', 'a', 'hidden', 'é', '\uffee', '😀'];
      for (const userId of users.toReversed()) await near.track(session(userId, `s-${userId}`), 'live');
      await near.track(session('elsewhere', 'e', 'other'), 'live');
      await near.track(session('a', 's-a'), 'leaving');
      await far.set('acme', 'hidden', setting('OFFLINE'));

      const pages: (readonly string[])[] = [];
      let after: string | null = null;
      for (let more = true; more;) {
        const page = await far.listOnline('acme', { after, limit: 3 });
        expect(page.total).toBe(7);
        pages.push(page.userIds);
        after = page.userIds.at(-1) ?? null;
        more = page.next !== null;
      }
      expect(pages).toEqual([['10', '9', 'B'], ['a', 'é', '\uffee'], ['😀']]);

      await far.set('acme', 'hidden', setting('ONLINE', '2026-11-21T11:00:00.000Z'));
      expect((await near.listOnline('acme', { after: 'a', limit: 1 })).userIds).toEqual(['hidden']);
      await near.untrack(session('hidden', 's-hidden'));
      expect((await far.listOnline('acme', { after: null, limit: 20 })).total).toBe(7);
      expect(await far.listOnline('nowhere', { after: null, limit: 5 })).toEqual({
        userIds: [],
        next: null,
        total: 0,
      });
    });

    test('a follower gets each change once, as the whole state, in the order of versions', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.presence, nodes.far.engine.presence];
      const follower = createPresenceFollower();
      const elsewhere = createPresenceFollower();
      await far.follow('acme', follower);
      await far.follow('other', elsewhere);
      await near.track(session('alice', '1'), 'live');
      await far.track(session('bob', '2'), 'live');
      await near.set('acme', 'alice', setting('AWAY'));
      await near.track(session('alice', '1'), 'leaving');
      await near.untrack(session('alice', '1'));
      await eventually(() => expect(follower.changes).toHaveLength(5));
      expect(follower.changes.map(({ userId, live, leaving }) => [userId, live, leaving])).toEqual([
        ['alice', 1, 0],
        ['bob', 1, 0],
        ['alice', 1, 0],
        ['alice', 0, 1],
        ['alice', 0, 0],
      ]);
      expect(follower.changes.map((change) => change.setting)).toEqual([
        null,
        null,
        setting('AWAY'),
        setting('AWAY'),
        null,
      ]);
      const versions = follower.changes.map(({ version }) => version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(5);
      expect(await readOne(nodes.near.engine, 'acme', 'bob')).toEqual(follower.changes[1]);
      expect(elsewhere.changes).toEqual([]);
    });

    test('where nothing changed nothing is told and no version is used', async () => {
      await using nodes = await setup.open();
      const { presence } = nodes.near.engine;
      const follower = createPresenceFollower();
      await presence.follow('acme', follower);
      await presence.track(session('alice', '1'), 'live');
      await presence.set('acme', 'alice', setting('BUSY'));
      const before = await readOne(nodes.near.engine, 'acme', 'alice');

      await presence.track(session('alice', '1'), 'live');
      await presence.set('acme', 'alice', setting('BUSY'));
      await presence.untrack(session('alice', 'unknown'));
      await presence.track(session('alice', 'unknown'), 'leaving');
      await presence.set('acme', 'nobody', setting('BUSY'));
      await presence.untrack(session('nobody', 'unknown'));
      await presence.track(session('bob', '2'), 'live');

      await eventually(() => expect(follower.changes.at(-1)?.userId).toBe('bob'));
      expect(follower.changes).toHaveLength(3);
      expect(follower.changes[2]?.version).toBe(before.version + 1);
      expect(await readOne(nodes.near.engine, 'acme', 'alice')).toEqual(before);
      expect(nodes.near.events.gone).toEqual([]);
    });

    test('a follower that throws or has unfollowed harms nobody', async () => {
      await using nodes = await setup.open();
      const { presence } = nodes.near.engine;
      const [ended, follower] = [createPresenceFollower(), createPresenceFollower()];
      await presence.follow('acme', {
        onChange() {
          throw new Error('a follower that throws');
        },
        onRestored: () => undefined,
      });
      const following = await presence.follow('acme', ended);
      await presence.follow('acme', follower);
      await following.unfollow();
      await nodes.far.engine.presence.track(session('alice', '1'), 'live');
      await eventually(() => expect(follower.changes).toHaveLength(1));
      expect(ended.changes).toEqual([]);
    });

    test('names may hold whatever separates names', async () => {
      await using nodes = await setup.open();
      const { near, far } = nodes;
      const odd = { place: ':a/b%2F:{}', userId: 'u/%25 "é"', sessionId: 'x y' };
      const follower = createPresenceFollower();
      await far.engine.presence.follow(odd.place, follower);
      await near.engine.presence.track(odd, 'live');
      expect(await readOne(far.engine, odd.place, odd.userId)).toMatchObject({ live: 1 });
      expect((await far.engine.presence.listOnline(odd.place, { after: null, limit: 2 })).userIds).toEqual([
        odd.userId,
      ]);
      await near.engine.presence.untrack(odd);
      await eventually(() =>
        expect(follower.changes.map(({ userId }) => userId)).toEqual([odd.userId, odd.userId]),
      );
      expect(near.events.gone).toEqual([`${odd.place}/${odd.userId}`]);
    });

    test.runIf(setup.abilities.manyNodes)(
      'a node that closes takes its sessions with it at once',
      async () => {
        await using nodes = await setup.open();
        const { near, far } = nodes;
        const follower = createPresenceFollower();
        await far.engine.presence.follow('acme', follower);
        await near.engine.presence.track(session('alice', '1'), 'live');
        await near.engine.presence.track(session('bob', '2'), 'live');
        await far.engine.presence.track(session('bob', '3'), 'live');
        await near.engine.close();
        expect(await readOne(far.engine, 'acme', 'alice')).toMatchObject({ version: 0, live: 0 });
        expect(await readOne(far.engine, 'acme', 'bob')).toMatchObject({ live: 1 });
        await eventually(() => expect(follower.changes).toHaveLength(5));
        expect(near.events.gone).toEqual(['acme/alice']);
        expect(far.events.gone).toEqual([]);
      },
    );
  });
}
