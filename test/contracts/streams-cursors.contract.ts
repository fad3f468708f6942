// Where a subscription begins and ends: cursors that are honoured or refused, and access that ends at a number.
import { describe, expect, test } from 'vitest';
import {
  append,
  appendMany,
  cursorAt,
  follow,
  forgetUpTo,
  newTopic,
  pullNumbers,
  range,
  startOf,
} from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

const expired = { code: 'CURSOR_EXPIRED' };

export function cursorsContract(stage: StreamsStage): void {
  describe('access that ends at a number', () => {
    const endsAccess = (): boolean => true;
    const forbidden = { code: 'FORBIDDEN' };

    test('live: what came before is delivered, and nothing after', async () => {
      const topic = newTopic();
      const ended = await follow(stage.far, topic, { endsAccess });
      const other = await follow(stage.far, topic, { endsAccess: () => false });
      await append(stage.near, topic);
      await append(stage.near, topic, {}, 'control');
      await append(stage.near, topic);
      expect(await pullNumbers(ended, 1)).toEqual([1]);
      await expect(ended.next()).rejects.toMatchObject(forbidden);
      expect(await ended.next()).toEqual({ done: true, value: undefined });
      expect(await pullNumbers(other, 2)).toEqual([1, 3]);
      await other.return();
      expect(stage.far.tails.size).toBe(0);
    });

    test('in a slow subscriber, wherever it reads it', async () => {
      const topic = newTopic();
      const slow = await follow(stage.far, topic, { endsAccess });
      await appendMany(stage.near, topic, { count: 300, writers: 4 });
      await append(stage.near, topic, {}, 'control');
      await append(stage.near, topic);
      expect(await pullNumbers(slow, 300)).toEqual(range(1, 300));
      await expect(slow.next()).rejects.toMatchObject(forbidden);
    });

    test('control entries that authorize knew of end nothing; the ones after it do', async () => {
      const topic = newTopic();
      await append(stage.near, topic);
      await append(stage.near, topic, {}, 'control');
      await append(stage.near, topic);
      const subscription = await follow(stage.far, topic, {
        endsAccess,
        after: cursorAt(stage.far, topic, startOf),
      });
      await append(stage.near, topic, {}, 'control');
      expect(await pullNumbers(subscription, 2)).toEqual([1, 3]);
      await expect(subscription.next()).rejects.toMatchObject(forbidden);
    });
  });

  describe('a cursor is honoured or says why not', () => {
    const open = async (topic: string, after: string): Promise<number> => {
      const subscription = await follow(stage.far, topic, { after });
      await append(stage.near, topic);
      const [first] = await pullNumbers(subscription, 1);
      await subscription.return();
      return first ?? 0;
    };

    test('of an empty stream, at the head and behind it', async () => {
      const topic = newTopic();
      expect(await open(topic, cursorAt(stage.far, topic, startOf))).toBe(1);
      expect(await open(topic, cursorAt(stage.far, topic, await stage.near.log.head(topic)))).toBe(2);
      expect(await open(topic, cursorAt(stage.far, topic, startOf))).toBe(1);
    });

    test('behind retention: CURSOR_EXPIRED; what is still there and the head go on', async () => {
      const topic = newTopic();
      await appendMany(stage.near, topic, { count: 10 });
      const entries = await stage.near.log.read(topic, { after: 0, limit: 10 });
      await forgetUpTo(stage.near, topic, 5);
      for (const position of [startOf, entries[0]!, entries[3]!]) {
        await expect(open(topic, cursorAt(stage.far, topic, position))).rejects.toMatchObject(expired);
      }
      // Number 5 itself is gone, but nothing that followed it.
      expect(await open(topic, cursorAt(stage.far, topic, entries[4]!))).toBe(6);
      const rewritten = { number: 5, eventId: 'another' };
      await expect(open(topic, cursorAt(stage.far, topic, rewritten))).rejects.toMatchObject(expired);
      expect(await open(topic, cursorAt(stage.far, topic, entries[5]!))).toBe(7);
      await forgetUpTo(stage.near, topic, 99);
      expect(await open(topic, cursorAt(stage.far, topic, await stage.near.log.head(topic)))).toBe(13);
      await expect(open(topic, cursorAt(stage.far, topic, entries[9]!))).rejects.toMatchObject(expired);
      await expect(open(topic, cursorAt(stage.far, topic, startOf))).rejects.toMatchObject(expired);
    });

    test.each([3, 300])(
      'retention that overtakes a slow subscriber after %i ends it with CURSOR_EXPIRED',
      async (last) => {
        const topic = newTopic();
        await appendMany(stage.near, topic, { count: 600, writers: 4 });
        const slow = await follow(stage.far, topic, { after: cursorAt(stage.far, topic, startOf) });
        expect(await pullNumbers(slow, 1)).toEqual([1]);
        // Beyond the page that it holds; with 300 still there it meets a hole, with 3 it meets nothing.
        await forgetUpTo(stage.near, topic, 600 - (last === 3 ? 0 : last));
        expect(await pullNumbers(slow, 199)).toEqual(range(2, 200));
        await expect(slow.next()).rejects.toMatchObject(expired);
        expect(stage.far.tails.size).toBe(0);
      },
    );

    test('ahead of the head, of another log, of a restored log: CURSOR_EXPIRED', async () => {
      const topic = newTopic();
      await appendMany(stage.near, topic, { count: 3 });
      const head = await stage.near.log.head(topic);
      const cursors = [
        cursorAt(stage.far, topic, { number: 4, eventId: head.eventId }),
        cursorAt(stage.far, topic, { number: Number.MAX_SAFE_INTEGER, eventId: head.eventId }),
        cursorAt(stage.far, topic, head, { logId: 'another' }),
        cursorAt(stage.far, topic, { ...head, eventId: 'another' }),
        cursorAt(stage.far, topic, { number: 2, eventId: 'another' }),
      ];
      for (const cursor of cursors) await expect(open(topic, cursor)).rejects.toMatchObject(expired);
      const message = await open(topic, cursors[0]!).catch((error: Error) => error.message);
      expect(message).toContain('Query `test` anew');
      expect(stage.far.tails.size).toBe(0);
    });

    test('of another stream, and nonsense: BAD_USER_INPUT', async () => {
      const topic = newTopic();
      const [entry] = await append(stage.near, topic);
      for (const cursor of [
        cursorAt(stage.far, newTopic(), entry!),
        '',
        'nonsense',
        `${cursorAt(stage.far, topic, entry!)}x`,
      ]) {
        await expect(open(topic, cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      }
      expect(stage.far.tails.size).toBe(0);
    });
  });
}
