// Publishing with an idempotency key: once, whoever asks again and at the same time.
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { IdempotencyClaim } from '../../src/streams/idempotency.ts';
import { numbersOf, newTopic, range, type StreamsNode } from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

export function idempotencyContract(stage: StreamsStage): void {
  describe('idempotency keys', () => {
    const createClaim = (key: string, rest: Partial<IdempotencyClaim> = {}): IdempotencyClaim => ({
      workspace: 'acme',
      field: 'publish',
      publisher: 'service',
      key,
      contentHash: 'content',
      reference: { number: 0 },
      ...rest,
    });

    /** Publishes to the topic under its own name as key; answers the number, or that of the first time. */
    const publish = (node: StreamsNode, topic: string, rest: Partial<IdempotencyClaim> = {}) =>
      node.log.write(async (write): Promise<{ number: number; deduplicated: boolean }> => {
        const { position } = await write.take([topic]);
        const { number } = position(topic);
        const claimed = await write.claim(createClaim(topic, { reference: { number }, ...rest }));
        if (claimed.outcome === 'used') {
          write.abandon({ number: (claimed.reference as { number: number }).number, deduplicated: true });
        }
        write.append({ topic, payload: {} });
        return { number, deduplicated: false };
      });

    test('of 16 concurrent requests one takes effect, and all answer its result', async () => {
      const topic = newTopic();
      const outcomes = await Promise.all(
        range(1, 16).map((n) => publish(n % 2 === 0 ? stage.near : stage.far, topic)),
      );
      expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
      expect(new Set(outcomes.map(({ number }) => number))).toEqual(new Set([1]));
      expect(await numbersOf(stage.near, topic)).toEqual([1]);
    });

    test('concurrent requests with the same key for different streams: one takes effect', async () => {
      const key = newTopic();
      const topics = range(1, 8).map(newTopic);
      const outcomes = await Promise.all(topics.map((topic) => publish(stage.near, topic, { key })));
      expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
      expect((await stage.near.log.heads(topics)).size).toBe(1);
    });

    test('other content is CONFLICT; another field, workspace or publisher is another key', async () => {
      const topic = newTopic();
      await publish(stage.near, topic);
      await expect(publish(stage.near, topic, { contentHash: 'other' })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect(await publish(stage.near, topic)).toEqual({ number: 1, deduplicated: true });
      for (const other of [{ field: 'other' }, { workspace: 'other' }, { publisher: 'other' }]) {
        expect(await publish(stage.near, topic, other)).toMatchObject({ deduplicated: false });
      }
      expect(await numbersOf(stage.near, topic)).toEqual(range(1, 4));
    });

    test('the key of a write that was rolled back is not kept', async () => {
      const topic = newTopic();
      const failing = stage.near.log.write(async (write) => {
        await write.take([topic]);
        await write.claim(createClaim(topic));
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow();
      expect(await publish(stage.near, topic)).toEqual({ number: 1, deduplicated: false });
    });

    test('a key lives for 24 hours, then one of many takes it over', async () => {
      const topic = newTopic();
      const age = (interval: string) =>
        stage.near.store.queries.execute(
          sql`update idempotency_keys set created_at = now() - ${interval}::interval where key = ${topic}`,
        );
      await publish(stage.near, topic);
      await age('23 hours 59 minutes');
      expect(await publish(stage.near, topic)).toEqual({ number: 1, deduplicated: true });
      await age('24 hours 1 minute');
      const outcomes = await Promise.all(
        range(1, 8).map((n) =>
          publish(n % 2 === 0 ? stage.near : stage.far, topic, { contentHash: 'new content' }),
        ),
      );
      expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
      expect(new Set(outcomes.map(({ number }) => number))).toEqual(new Set([2]));
    });
  });
}
