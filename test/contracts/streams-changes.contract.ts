// What was written since a mark, and the look at many topics that stands on it.
import { describe, expect, test, vi } from 'vitest';
import { append, follow, newTopic, pullNumbers, range, rewind } from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

export function changesContract(stage: StreamsStage): void {
  describe('what was written since a mark', () => {
    test('everything committed since, with the newest number of each stream; nothing is told without a mark', async () => {
      const { near, far } = stage;
      const [quiet, busy] = [newTopic(), newTopic()] as const;
      await append(near, [quiet, busy]);
      const first = await far.log.changes(null);
      expect(first.written).toBeNull();
      await append(near, busy);
      const [newest] = await append(near, busy);
      const second = await far.log.changes(first.mark);
      expect(second.written?.get(busy)).toEqual({ number: 3, eventId: newest?.eventId });
      // Transactions of other databases of this server, begun before, make it be told again for as long as they last.
      let { mark } = second;
      await vi.waitFor(async () => {
        const next = await far.log.changes(mark);
        mark = next.mark;
        expect(next.written?.has(quiet)).toBe(false);
      });
    });

    test('also what a transaction wrote that had begun before the mark', async () => {
      const { near, far } = stage;
      const topic = newTopic();
      const mark = await near.log.write(async (write) => {
        await write.take([topic]);
        // On the embedded database, whose one connection this transaction holds, nobody else can look.
        const look = async () => {
          await append(far, newTopic());
          return (await far.log.changes(null)).mark;
        };
        const told = near.store.kind === 'pglite' ? null : await look();
        write.append({ topic, payload: {} });
        return told;
      });
      if (mark === null) return;
      expect((await far.log.changes(mark)).written?.get(topic)?.number).toBe(1);
    });

    test('a mark of another server tells nothing', async () => {
      const { mark } = await stage.far.log.changes(null);
      const { written } = await stage.far.log.changes({ ...mark, serverStartedAt: 'another time' });
      expect(written).toBeNull();
    });
  });

  test('one look at 1,100 topics finds what was never told; a few looks find the one that went back', async () => {
    const { near, far } = stage;
    const topics = range(1, 1_100).map(newTopic);
    const [early, late] = [topics[0]!, topics.at(-1)!] as const;
    const [kept] = await append(near, late);
    const subscriptions = await Promise.all(topics.map((topic) => follow(far, topic)));
    await far.tails.check();
    near.broker.drop = () => true;
    await append(near, [early, late]);
    near.broker.drop = () => false;
    await far.tails.check();
    expect(await pullNumbers(subscriptions[0]!, 1)).toEqual([1]);
    expect(await pullNumbers(subscriptions.at(-1)!, 1)).toEqual([2]);
    await rewind(near, late, kept!);
    await far.tails.check();
    await far.tails.check();
    await expect(subscriptions.at(-1)!.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await Promise.all(subscriptions.map((subscription) => subscription.return()));
  });
}
