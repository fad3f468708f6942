// Retention: the oldest entries go first, heads and numbers stay, and what can't be honoured any more says so.
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { advisoryLock, removeEntries, removeKeys, startRetention } from '../../src/streams/retention.ts';
import type { Topic } from '../../src/streams/topic.ts';
import {
  append,
  appendMany,
  cursorAt,
  follow,
  newTopic,
  numbersOf,
  pullNumbers,
  range,
  silent,
  type StreamsNode,
} from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

const dayMs = 86_400_000;

/** As if they had been written so long ago. */
const age = ({ store }: StreamsNode, topic: Topic, upTo: number, interval: string) =>
  store.queries.execute(
    sql`update stream_entries set occurred_at = now() - ${interval}::interval where topic = ${topic} and number <= ${upTo}`,
  );

/** Swept when it is told to, and not before. */
const retentionOf = ({ store }: StreamsNode, batchSize = 1_000) =>
  startRetention({ store, logger: silent, keepMs: 7 * dayMs, everyMs: dayMs, batchSize });

export function retentionContract(stage: StreamsStage): void {
  describe('retention', () => {
    test('removes what is older, in batches, and no number is used again', async () => {
      const [topic, gone] = [newTopic(), newTopic()] as const;
      await appendMany(stage.near, topic, { count: 25 });
      await appendMany(stage.near, gone, { count: 3 });
      const read = await stage.near.log.read(topic, { after: 0, limit: 25 });
      await age(stage.near, topic, 20, '7 days 1 second');
      await age(stage.near, gone, 3, '30 days');
      const retention = retentionOf(stage.near, 4);
      expect((await retention.sweep()).entries).toBe(23);
      expect((await retention.sweep()).entries).toBe(0);
      await retention.close();
      expect(await numbersOf(stage.near, topic)).toEqual(range(21, 25));
      expect(await numbersOf(stage.near, gone)).toEqual([]);

      const after = (number: number) => cursorAt(stage.far, topic, read[number - 1]!);
      await expect(follow(stage.far, topic, { after: after(19) })).rejects.toMatchObject({
        code: 'CURSOR_EXPIRED',
      });
      const kept = await follow(stage.far, topic, { after: after(20) });
      expect(await pullNumbers(kept, 5)).toEqual(range(21, 25));
      await kept.return();
      const atHead = cursorAt(stage.far, gone, await stage.far.log.head(gone));
      const subscription = await follow(stage.far, gone, { after: atHead });
      await append(stage.near, gone);
      expect(await pullNumbers(subscription, 1)).toEqual([4]);
      await subscription.return();
    });

    test('looks for what is old in an index, however much there is that is not', async () => {
      for (const { text } of [removeEntries, removeKeys]) {
        const plan = await stage.near.store.transaction(async (tx) => {
          // As for a large table; this one is small.
          await tx.execute(sql`set local enable_seqscan = off`);
          const explained = `explain ${text.replace('$1', `${7 * dayMs}`).replace('$2', '1000')}`;
          return tx.execute<{ 'QUERY PLAN': string }>(sql.raw(explained));
        });
        const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(lines).toMatch(/Index Cond: \((occurred|created)_at < /);
      }
    });

    test('several nodes at once remove everything once, while others write and follow', async () => {
      const topic = newTopic();
      await appendMany(stage.near, topic, { count: 200, writers: 4 });
      await age(stage.near, topic, 150, '8 days');
      const subscription = await follow(stage.far, topic);
      const retentions = [stage.near, stage.far, stage.near].map((node) => retentionOf(node, 7));
      const [, ...swept] = await Promise.all([
        appendMany(stage.near, topic, { count: 50, writers: 2 }),
        ...retentions.map((retention) => retention.sweep()),
      ]);
      // Whoever found another at it has left it to that one.
      const last = await retentions[0]!.sweep();
      await Promise.all(retentions.map((retention) => retention.close()));
      expect([...swept, last].reduce((sum, { entries }) => sum + entries, 0)).toBe(150);
      expect(await numbersOf(stage.near, topic)).toEqual(range(151, 250));
      expect(await pullNumbers(subscription, 50)).toEqual(range(201, 250));
      await subscription.return();
    });

    test('while one node is at it, another leaves it to that one', async ({ skip }) => {
      skip(stage.near === stage.far, 'the embedded database has one process, and nobody to leave it to');
      const topic = newTopic();
      await appendMany(stage.near, topic, { count: 3 });
      await age(stage.near, topic, 2, '8 days');
      const retention = retentionOf(stage.far);
      await stage.near.store.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLock})`);
        expect((await retention.sweep()).entries).toBe(0);
        expect(await numbersOf(stage.far, topic)).toEqual(range(1, 3));
      });
      expect((await retention.sweep()).entries).toBe(2);
      await retention.close();
    });

    test('idempotency keys go when they have expired', async () => {
      const { queries } = stage.near.store;
      const field = newTopic();
      const insert = (key: string, interval: string) =>
        queries.execute(sql`
          insert into idempotency_keys (workspace, field, publisher, key, content_hash, reference, created_at)
          values ('acme', ${field}, 'shop', ${key}, '', '1', now() - ${interval}::interval)`);
      await insert('expired', '24 hours 1 second');
      await insert('valid', '23 hours 59 minutes');
      const retention = retentionOf(stage.near);
      await retention.sweep();
      await retention.close();
      const { rows } = await queries.execute(sql`select key from idempotency_keys where field = ${field}`);
      expect(rows).toEqual([{ key: 'valid' }]);
    });
  });
}
