// The rooms' part of the engine contract: what presence.contract.ts asks of workspaces holds for them, but for the order.
import { describe, expect, test } from 'vitest';
import { createPresenceFollower, eventually } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

const session = (userId: string, place = 'acme/lobby') => ({
  place,
  userId,
  sessionId: `${place}-${userId}`,
});

export function roomsContract(setup: EngineSetup): void {
  describe('rooms', () => {
    test('lists who is there in the order in which they came, page by page, and counts them', async () => {
      await using nodes = await setup.open();
      const [near, far] = [nodes.near.engine.rooms, nodes.far.engine.rooms];
      const users = ['zoe', 'bob', 'alice', 'é', 'dan'];
      for (const userId of users) await near.track(session(userId), 'live');
      await near.track(session('elsewhere', 'acme/hall'), 'live');
      // A second session changes nothing; whoever goes and comes back has come last.
      await far.track({ ...session('zoe'), sessionId: 'another' }, 'live');
      await near.untrack(session('bob'));
      await near.track(session('bob'), 'live');

      const pages: (readonly string[])[] = [];
      let after: string | null = null;
      do {
        const page = await far.listOnline('acme/lobby', { after, limit: 2 });
        expect(page.total).toBe(5);
        pages.push(page.userIds);
        after = page.next;
        // The last of a page goes: the next one begins where it would have begun.
        if (pages.length === 1) {
          await near.untrack(session('alice'));
          await near.track(session('alice'), 'live');
        }
      } while (after !== null);
      expect(pages).toEqual([
        ['zoe', 'alice'],
        ['é', 'dan'],
        ['bob', 'alice'],
      ]);
    });

    test('a room is no workspace, whatever it is called, and its users are not told as gone', async () => {
      await using nodes = await setup.open();
      const { near, far } = nodes;
      const follower = createPresenceFollower();
      await far.engine.presence.follow('acme', follower);
      const inRoom = createPresenceFollower();
      await far.engine.rooms.follow('acme', inRoom);
      await near.engine.rooms.track(session('alice', 'acme'), 'live');
      await near.engine.presence.track({ ...session('bob', 'acme') }, 'live');
      await near.engine.presence.track({ ...session('carol', ':acme') }, 'live');
      await eventually(() => expect(follower.changes.map(({ userId }) => userId)).toEqual(['bob']));
      await eventually(() => expect(inRoom.changes.map(({ userId }) => userId)).toEqual(['alice']));
      expect((await far.engine.presence.listOnline('acme', { after: null, limit: 5 })).userIds).toEqual([
        'bob',
      ]);
      expect((await far.engine.rooms.listOnline('acme', { after: null, limit: 5 })).userIds).toEqual([
        'alice',
      ]);
      await near.engine.rooms.untrack(session('alice', 'acme'));
      await near.engine.presence.untrack(session('bob', 'acme'));
      await eventually(() => expect([...near.events.gone]).toEqual(['acme/bob']));
    });

    test.runIf(setup.abilities.manyNodes)(
      'a node that closes takes its members with it at once',
      async () => {
        await using nodes = await setup.open();
        const { near, far } = nodes;
        const follower = createPresenceFollower();
        await far.engine.rooms.follow('acme/lobby', follower);
        await near.engine.rooms.track(session('alice'), 'live');
        await near.engine.close();
        await eventually(() => expect(follower.changes.map(({ live }) => live)).toEqual([1, 0]));
        expect(await far.engine.rooms.listOnline('acme/lobby', { after: null, limit: 5 })).toMatchObject({
          total: 0,
        });
        expect([...near.events.gone, ...far.events.gone]).toEqual([]);
      },
    );
  });
}
