// Following a stream: in order, once, without holes, however far behind and whatever was never told.
import { randomInt } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { Backlog } from '../../src/streams/backlog.ts';
import type { EventIndex } from '../../src/streams/event-filter.ts';
import type { StreamSubscription } from '../../src/streams/subscribe.ts';
import { eventually } from '../support/engine-follower.ts';
import {
  append,
  appendMany,
  cursorAt,
  follow,
  newTopic,
  pull,
  pullNumbers,
  range,
  rewind,
  startOf,
} from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

const expired = { code: 'CURSOR_EXPIRED' };

export function followingContract(stage: StreamsStage): void {
  describe('following', () => {
    test('subscribers who start anywhere while 8 writers write hear everything after it, once and in order', async () => {
      const topic = newTopic();
      const [before, total] = [60, 460];
      await appendMany(stage.near, topic, { count: before });
      const known = await stage.near.log.read(topic, { after: 0, limit: before });
      const positions = [startOf, ...known];
      let writing = true;
      const written = Promise.all([
        appendMany(stage.near, topic, { count: (total - before) / 2, writers: 4 }),
        appendMany(stage.far, topic, { count: (total - before) / 2, writers: 4 }),
      ]).finally(() => (writing = false));

      const listen = async (position: { number: number; eventId: string } | null): Promise<void> => {
        const after = position === null ? null : cursorAt(stage.far, topic, position);
        const subscription = await follow(stage.far, topic, { after });
        const [first] = await pullNumbers(subscription, 1);
        if (position !== null) expect(first).toBe(position.number + 1);
        expect(await pullNumbers(subscription, total - (first ?? 0))).toEqual(range((first ?? 0) + 1, total));
        await subscription.return();
      };
      const listening: Promise<void>[] = [];
      // Some of them begin where the stream stands by then.
      for (let round = 0; writing && listening.length < 400; round++) {
        const latest = await stage.far.log.head(topic);
        if (latest.number >= total) break;
        const known = positions[randomInt(positions.length)] ?? startOf;
        listening.push(listen(round % 3 === 0 ? latest : known));
      }
      await written;
      await Promise.all(listening);
      expect(listening.length).toBeGreaterThan(10);
      expect(stage.far.tails.size).toBe(0);
    });

    test('resumes from every cursor', async () => {
      const topic = newTopic();
      await appendMany(stage.near, topic, { count: 30 });
      for (const position of [startOf, ...(await stage.near.log.read(topic, { after: 0, limit: 30 }))]) {
        const subscription = await follow(stage.far, topic, { after: cursorAt(stage.far, topic, position) });
        expect(await pullNumbers(subscription, 30 - position.number)).toEqual(range(position.number + 1, 30));
        await subscription.return();
      }
    });

    test('a subscriber that pulls nothing until the end of 5,000 events receives all of them', async () => {
      const topic = newTopic();
      const live = await follow(stage.far, topic);
      await append(stage.near, topic);
      const caughtUp = await follow(stage.far, topic, { after: cursorAt(stage.far, topic, startOf) });
      // Most are put there in one statement: the tail learns of them as it does of a gap.
      await append(stage.near, topic);
      await stage.near.store.transaction(async (tx) => {
        await tx.execute(sql`
          insert into stream_entries (topic, number, event_id, previous_event_id, kind, payload, occurred_at)
          select ${topic}, n, 'event-' || n, coalesce(before.event_id, 'event-' || n - 1), 'event', '{}', now()
          from generate_series(3, 4700) as n
          left join stream_entries before on before.topic = ${topic} and before.number = n - 1`);
        await tx.execute(
          sql`update stream_heads set number = 4700, event_id = 'event-4700' where topic = ${topic}`,
        );
      });
      await appendMany(stage.near, topic, { count: 300, writers: 8 });
      expect(await pullNumbers(live, 5_000)).toEqual(range(1, 5_000));
      expect(await pullNumbers(caughtUp, 5_000)).toEqual(range(1, 5_000));
      await append(stage.near, topic);
      expect([await pullNumbers(live, 1), await pullNumbers(caughtUp, 1)]).toEqual([[5_001], [5_001]]);
      await Promise.all([live.return(), caughtUp.return()]);
    });

    test('large entries reach a slow subscriber and one that catches up', async () => {
      const topic = newTopic();
      const slow = await follow(stage.far, topic);
      const text = 'x'.repeat(60_000);
      for (let count = 0; count < 40; count++) await append(stage.near, topic, { text });
      const late = await follow(stage.far, topic, { after: cursorAt(stage.far, topic, startOf) });
      const pages = await stage.far.log.readOn(topic, { after: startOf, limit: 100 });
      expect(pages?.map(({ number }) => number)).toEqual(range(1, 18));
      for (const subscription of [slow, late]) {
        const entries = await pull(subscription, 40);
        expect(entries.map(({ number }) => number)).toEqual(range(1, 40));
        expect(entries.every(({ payload }) => (payload as { text: string }).text === text)).toBe(true);
        await subscription.return();
      }
    });

    test('many streams that one connection catches up with keep little more than its bound', async () => {
      const [pages, pageBytes, bound] = [12, 4 * 100_000, 256 * 1_024] as const;
      const topics = range(1, pages).map(newTopic);
      for (let number = 1; number <= 4; number += 1)
        for (const topic of topics) await append(stage.near, topic, { filler: 'x'.repeat(pageBytes / 4) });
      let [kept, most] = [0, 0];
      class Watched extends Backlog {
        override add(bytes: number): void {
          super.add(bytes);
          kept += bytes;
          most = Math.max(most, kept);
        }
        override remove(bytes: number): void {
          kept -= bytes;
          super.remove(bytes);
        }
      }
      const backlog = new Watched(bound);
      const subscriptions = await Promise.all(
        topics.map((topic) =>
          follow(stage.far, topic, { backlog, after: cursorAt(stage.far, topic, startOf) }),
        ),
      );
      const firsts = subscriptions.map((subscription) => pullNumbers(subscription, 1));
      // What is read in turn behind them comes when they have read whatever they may.
      for (const topic of topics) await stage.far.tails.catchUp.readOn(topic, startOf);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(bound + 2 * pageBytes);
      const numbers = subscriptions.map(async (subscription, index) => [
        ...((await firsts[index]) ?? []),
        ...(await pullNumbers(subscription, 3)),
      ]);
      for (const all of await Promise.all(numbers)) expect(all).toEqual([1, 2, 3, 4]);
      expect(most).toBeLessThan(bound + 2 * pageBytes);
      for (const subscription of subscriptions) await subscription.return();
      expect(kept).toBe(0);
    });

    test('500 subscribers of one stream cost one follower, which leaves with the last of them', async () => {
      const topic = newTopic();
      const [follows, following] = [stage.far.broker.follows, stage.far.broker.following];
      const subscriptions = await Promise.all(range(1, 500).map(() => follow(stage.far, topic)));
      expect([stage.far.broker.follows, stage.far.broker.following, stage.far.tails.size]).toEqual([
        follows + 1,
        following + 1,
        1,
      ]);
      await append(stage.near, topic);
      for (const subscription of subscriptions) expect(await pullNumbers(subscription, 1)).toEqual([1]);
      const [last, ...others] = subscriptions as [StreamSubscription, ...StreamSubscription[]];
      await Promise.all(others.map((subscription) => subscription.return()));
      expect(stage.far.tails.size).toBe(1);
      await append(stage.near, topic);
      expect(await pullNumbers(last, 1)).toEqual([2]);
      await last.return();
      expect(stage.far.tails.size).toBe(0);
      await eventually(() => expect(stage.far.broker.following).toBe(following));
    });

    test('joining and leaving again and again misses nothing', async () => {
      const topic = newTopic();
      for (let round = 1; round <= 50; round++) {
        const subscription = await follow(stage.far, topic);
        const leaving = round % 2 === 0 ? follow(stage.far, topic).then((other) => other.return()) : null;
        await append(stage.near, topic);
        expect(await pullNumbers(subscription, 1)).toEqual([round]);
        void subscription.return();
        await leaving;
      }
      expect(stage.far.tails.size).toBe(0);
    });

    test('a filter skips entries without ending the sequence', async () => {
      const topic = newTopic();
      const byRest: EventIndex = { keysOf: ({ number }) => [String(number % 2)] };
      const filter = { index: byRest, keys: ['0'] };
      const live = await follow(stage.far, topic, { filter });
      await appendMany(stage.near, topic, { count: 500, writers: 4 });
      const late = await follow(stage.far, topic, {
        filter,
        after: cursorAt(stage.far, topic, startOf),
      });
      for (const subscription of [live, late]) {
        expect(await pullNumbers(subscription, 250)).toEqual(range(1, 250).map((half) => half * 2));
        await subscription.return();
      }
    });

    test('where authorize rejects no tail remains', async () => {
      const topic = newTopic();
      const refused = new Error('refused');
      await expect(follow(stage.far, topic, { authorize: () => Promise.reject(refused) })).rejects.toBe(
        refused,
      );
      expect(stage.far.tails.size).toBe(0);
    });
  });

  describe('what was never told', () => {
    test('the next entry brings it', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      stage.near.broker.drop = (message) => message.includes('"dropped"');
      await append(stage.near, topic);
      await append(stage.near, topic, 'dropped');
      await append(stage.near, topic, 'dropped');
      await append(stage.near, topic);
      stage.near.broker.drop = () => false;
      expect(await pullNumbers(subscription, 4)).toEqual([1, 2, 3, 4]);
      await subscription.return();
    });

    test('a check of the heads finds it', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      stage.near.broker.drop = () => true;
      await appendMany(stage.near, topic, { count: 3 });
      stage.near.broker.drop = () => false;
      await stage.far.tails.check();
      expect(await pullNumbers(subscription, 3)).toEqual([1, 2, 3]);
      await subscription.return();
    });

    test('a head behind the tail ends live subscriptions with CURSOR_EXPIRED', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      await append(stage.near, topic);
      const head = await stage.near.log.head(topic);
      await append(stage.near, topic);
      expect(await pullNumbers(subscription, 1)).toEqual([1]);
      await eventually(async () => expect(await stage.far.log.head(topic)).toMatchObject({ number: 2 }));
      expect(await pullNumbers(subscription, 1)).toEqual([2]);
      await rewind(stage.near, topic, head);
      await stage.far.tails.check();
      await expect(subscription.next()).rejects.toMatchObject(expired);
      const anew = await follow(stage.far, topic);
      await append(stage.near, topic);
      expect(await pullNumbers(anew, 1)).toEqual([2]);
      await anew.return();
    });
  });
}
