// The broker's part of the engine contract.

import { describe, expect, test } from 'vitest';
import { createFollower, eventually } from '../support/engine-follower.ts';
import type { EngineSetup } from './engine.contract.ts';

export function brokerContract(setup: EngineSetup): void {
  describe('broker', () => {
    test('following is in force when it resolves: what is published right afterwards arrives, 200 times', async () => {
      await using nodes = await setup.open();
      for (let round = 0; round < 200; round += 1) {
        const follower = createFollower();
        const following = await nodes.near.engine.broker.follow('channel', follower);
        await nodes.far.engine.broker.publish('channel', `${round}`);
        await eventually(() => expect(follower.messages).toEqual([`${round}`]));
        await following.unfollow();
      }
    });

    test('messages of one publisher arrive in order, and on every node', async () => {
      await using nodes = await setup.open();
      const followers = [createFollower(), createFollower()] as const;
      await nodes.near.engine.broker.follow('channel', followers[0]);
      await nodes.far.engine.broker.follow('channel', followers[1]);
      const sent = Array.from({ length: 500 }, (_, index) => `message ${index} ✉`);
      await Promise.all(sent.map((message) => nodes.near.engine.broker.publish('channel', message)));
      for (const follower of followers) await eventually(() => expect(follower.messages).toEqual(sent));
    });

    test('nothing is delivered inside the call of publish', async () => {
      await using nodes = await setup.open();
      const follower = createFollower();
      await nodes.near.engine.broker.follow('channel', follower);
      const published = nodes.near.engine.broker.publish('channel', 'later');
      expect(follower.messages).toEqual([]);
      await published;
      await eventually(() => expect(follower.messages).toEqual(['later']));
    });

    test('a message is handed on as it is, whatever it looks like', async () => {
      await using nodes = await setup.open();
      const follower = createFollower();
      await nodes.near.engine.broker.follow('channel', follower);
      const sent = ['', '{"a":1}', '"text"', 'null', 'no JSON', '👋\u0000\n'];
      for (const message of sent) await nodes.far.engine.broker.publish('channel', message);
      await eventually(() => expect(follower.messages).toEqual(sent));
    });

    test('many followers share a channel, and hear nothing of another', async () => {
      await using nodes = await setup.open();
      const { broker } = nodes.near.engine;
      const followers = Array.from({ length: 20 }, createFollower);
      const other = createFollower();
      await Promise.all(followers.map((follower) => broker.follow('channel', follower)));
      await broker.follow('channels', other);
      await nodes.far.engine.broker.publish('channel', 'one');
      await nodes.far.engine.broker.publish('channels', 'other');
      for (const follower of followers) await eventually(() => expect(follower.messages).toEqual(['one']));
      await eventually(() => expect(other.messages).toEqual(['other']));
    });

    test('no callback comes after unfollow, while the other followers go on', async () => {
      await using nodes = await setup.open();
      const { broker } = nodes.near.engine;
      const [staying, leaving] = [createFollower(), createFollower()];
      await broker.follow('channel', staying);
      const following = await broker.follow('channel', leaving);
      const onItsWay = broker.publish('channel', 'on its way');
      const unfollowed = following.unfollow();
      await Promise.all([onItsWay, unfollowed, following.unfollow()]);
      await nodes.far.engine.broker.publish('channel', 'afterwards');
      await eventually(() => expect(staying.messages).toEqual(['on its way', 'afterwards']));
      expect(leaving.messages).toEqual([]);
    });

    test('one follower may follow twice, and each is ended by itself', async () => {
      await using nodes = await setup.open();
      const follower = createFollower();
      const first = await nodes.near.engine.broker.follow('channel', follower);
      await nodes.near.engine.broker.follow('channel', follower);
      await first.unfollow();
      await nodes.far.engine.broker.publish('channel', 'once');
      await nodes.far.engine.broker.publish('channel', 'again');
      await eventually(() => expect(follower.messages).toEqual(['once', 'again']));
    });

    test('quick following and unfollowing of one channel never loses what comes after a resolved follow', async () => {
      await using nodes = await setup.open();
      const { broker } = nodes.near.engine;
      for (let round = 0; round < 50; round += 1) {
        const [first, second, third] = [createFollower(), createFollower(), createFollower()];
        const opening = broker.follow('channel', first);
        const ended = opening.then((following) => following.unfollow());
        const reopening = broker.follow('channel', second);
        await opening;
        const [, kept] = await Promise.all([ended, reopening]);
        const swapped = Promise.all([kept.unfollow(), broker.follow('channel', third)]);
        const [, last] = await swapped;
        await nodes.far.engine.broker.publish('channel', `${round}`);
        await eventually(() => expect(third.messages).toContain(`${round}`));
        // Not awaited before the next round follows.
        void last.unfollow();
      }
    });

    test('a follower that throws harms nobody', async () => {
      await using nodes = await setup.open();
      const { broker } = nodes.near.engine;
      const follower = createFollower();
      await broker.follow('channel', {
        onMessage() {
          throw new Error('a follower that throws');
        },
        onRestored: () => undefined,
      });
      await broker.follow('channel', follower);
      await nodes.far.engine.broker.publish('channel', 'first');
      await nodes.far.engine.broker.publish('channel', 'second');
      await eventually(() => expect(follower.messages).toEqual(['first', 'second']));
    });

    test('is connected, and tells of no change where nothing changes', async () => {
      await using nodes = await setup.open();
      const states: string[] = [];
      const end = nodes.near.engine.broker.onStateChange((state) => states.push(state));
      expect(nodes.near.engine.broker.state).toBe('connected');
      end();
      expect(states).toEqual([]);
    });

    test('logs never meet', async () => {
      await using nodes = await setup.open();
      await using others = await setup.open();
      const [own, other] = [createFollower(), createFollower()];
      await nodes.near.engine.broker.follow('channel', own);
      await others.near.engine.broker.follow('channel', other);
      await nodes.far.engine.broker.publish('channel', 'ours');
      await others.far.engine.broker.publish('channel', 'theirs');
      await eventually(() => expect(own.messages).toEqual(['ours']));
      await eventually(() => expect(other.messages).toEqual(['theirs']));

      const session = { place: 'w', userId: 'u', sessionId: 's' };
      await nodes.near.engine.presence.track(session, 'live');
      await nodes.near.engine.expiring.put('set', 'member', 60_000);
      expect((await others.near.engine.presence.listOnline('w', { after: null, limit: 9 })).total).toBe(0);
      expect(await others.near.engine.expiring.list('set')).toEqual([]);
    });
  });
}
