// Writing to the log: numbers without holes, in one commit with the rows of the domain, or nothing at all.
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/streams/log-entry.ts';
import {
  append,
  appendMany,
  follow,
  numbersOf,
  newTopic,
  pull,
  pullNumbers,
  range,
  startOf,
} from '../support/streams-nodes.ts';
import type { StreamsStage } from './streams.contract.ts';

export function writingContract(stage: StreamsStage): void {
  describe('writing', () => {
    test('numbers have no holes under 32 concurrent writers of one stream, and moments never decrease', async () => {
      const topic = newTopic();
      await Promise.all([
        appendMany(stage.near, topic, { count: 160, writers: 16 }),
        appendMany(stage.far, topic, { count: 160, writers: 16 }),
      ]);
      const entries = await stage.near.log.read(topic, { after: 0, limit: 1_000 });
      expect(entries.map(({ number }) => number)).toEqual(range(1, 320));
      const moments = entries.map(({ occurredAt }) => occurredAt);
      expect(moments).toEqual(moments.toSorted());
      expect(new Set(entries.map(({ eventId }) => eventId)).size).toBe(320);
    });

    test('writers of overlapping pairs of streams in opposite orders never deadlock', async () => {
      const [a, b, c] = [newTopic(), newTopic(), newTopic()] as const;
      const pairs = [[a, b], [b, a], [b, c], [c, b], [c, a], [a, c], [a, b, c], [c, b, a]]; // prettier-ignore
      const write = async (index: number): Promise<void> => {
        for (let round = 0; round < 10; round++) {
          await append(index % 2 === 0 ? stage.near : stage.far, pairs[(index + round) % pairs.length] ?? []);
        }
      };
      await Promise.all(range(0, 31).map(write));
      for (const topic of [a, b, c]) {
        const numbers = await numbersOf(stage.near, topic);
        expect(numbers).toEqual(range(1, numbers.length));
        expect(await stage.near.log.head(topic)).toMatchObject({ number: numbers.length });
      }
    });

    test('new streams taken by many at once in opposite orders', async () => {
      for (let round = 0; round < 10; round++) {
        const topics = range(1, 8).map(newTopic);
        await Promise.all(
          range(0, 15).map((index) =>
            append(index % 2 === 0 ? stage.near : stage.far, index % 3 === 0 ? topics : topics.toReversed()),
          ),
        );
        for (const topic of topics) expect(await numbersOf(stage.near, topic)).toEqual(range(1, 16));
      }
    });

    test('what is appended is what is read, and what is heard', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      const payloads = [
        '12',
        'text\u0000 "quoted" \\ {}',
        null,
        7,
        [],
        { b: 1, a: { c: '👋' } },
        [{ '10': 1, '9': 2 }],
      ];
      const written: LogEntry[] = [];
      for (const payload of payloads) {
        const [{ number, eventId, kind, occurredAt }] = (await append(stage.near, topic, payload)) as [
          LogEntry,
        ];
        written.push({ topic, number, eventId, kind, occurredAt, payload });
      }
      const heard = await pull(subscription, payloads.length);
      expect(heard).toMatchObject(written);
      expect(await stage.far.log.read(topic, { after: 0, limit: 99 })).toMatchObject(written);
      for (const entry of written) {
        expect(await stage.far.log.find(topic, entry.number)).toMatchObject(entry);
      }
      expect(await stage.far.log.find(topic, payloads.length + 1)).toBeNull();
      await subscription.return();
    });

    test('a clock that was set back makes no moment of any stream decrease', async () => {
      const [ahead, other] = [newTopic(), newTopic()] as const;
      await append(stage.near, [ahead, other]);
      await stage.near.store.queries.execute(
        sql`update stream_heads set changed_at = changed_at + interval '1 hour' where topic = ${ahead}`,
      );
      const [together] = await append(stage.near, [other, ahead]);
      const [alone] = await append(stage.far, other);
      const [last] = await append(stage.far, ahead);
      expect([alone?.occurredAt, last?.occurredAt]).toEqual([together?.occurredAt, together?.occurredAt]);
    });

    test('a failing write leaves nothing: no number, no entry, no row, nothing heard', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      const failing = stage.near.log.write(async (write) => {
        const { position } = await write.take([topic]);
        await write.tx.execute(sql`insert into notes values (${topic}, ${position(topic).number})`);
        write.append({ topic, payload: {} });
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await stage.near.log.head(topic)).toEqual(startOf);
      expect(
        (await stage.near.store.queries.execute(sql`select * from notes where id = ${topic}`)).rows,
      ).toEqual([]);
      await append(stage.near, topic);
      expect(await pullNumbers(subscription, 1)).toEqual([1]);
      await subscription.return();
    });

    test('rows and entries of concurrent writers commit together or not at all', async () => {
      const topic = newTopic();
      const write = (index: number): Promise<unknown> =>
        (index % 2 === 0 ? stage.near : stage.far).log.write(async ({ tx, take, append }) => {
          const { position } = await take([topic]);
          await tx.execute(sql`insert into notes values (${`${topic} ${index}`}, ${position(topic).number})`);
          append({ topic, payload: { index } });
          // Breaks a constraint after everything else has been done.
          if (index % 5 === 0) await tx.execute(sql`insert into notes values (${`${topic} ${index}`}, 0)`);
        });
      const outcomes = await Promise.allSettled(range(1, 40).map(write));
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(8);
      const { rows } = await stage.near.store.queries.execute<{ id: string; number: number }>(
        sql`select id, number from notes where id like ${`${topic} %`} order by number`,
      );
      const entries = await stage.near.log.read(topic, { after: 0, limit: 100 });
      expect(entries.map(({ number }) => number)).toEqual(range(1, 32));
      expect(rows).toEqual(
        entries.map(({ number, payload }) => ({
          id: `${topic} ${(payload as { index: number }).index}`,
          number,
        })),
      );
    });

    test('an abandoned write answers its result and rolls its numbers back', async () => {
      const topic = newTopic();
      const subscription = await follow(stage.far, topic);
      const result = await stage.near.log.write(async (write): Promise<string> => {
        await write.take([topic]);
        write.append({ topic, payload: {} });
        return write.abandon('found before');
      });
      expect(result).toBe('found before');
      expect(await stage.near.log.head(topic)).toEqual(startOf);
      await append(stage.near, topic);
      expect(await pullNumbers(subscription, 1)).toEqual([1]);
      await subscription.return();
    });

    test('a work that is run again after a deadlock begins with nothing taken', async () => {
      const topic = newTopic();
      let attempts = 0;
      const [entry] = await stage.near.log.write(async (write) => {
        attempts += 1;
        await write.take([topic]);
        const entries = [write.append({ topic, payload: { attempts } })];
        if (attempts === 1)
          await write.tx.execute(sql`do $$ begin raise exception using errcode = '40P01'; end $$`);
        return entries;
      });
      expect(attempts).toBe(2);
      expect(entry).toMatchObject({ number: 1, payload: { attempts: 2 } });
      expect(await stage.near.log.read(topic, { after: 0, limit: 9 })).toMatchObject([{ number: 1 }]);
    });

    test('misuse is an error and leaves nothing', async () => {
      const [topic, other] = [newTopic(), newTopic()] as const;
      const misuses: Parameters<typeof stage.near.log.write>[0][] = [
        async (write) => write.append({ topic, payload: {} }),
        async (write) => {
          await write.take([topic]);
        },
        async (write) => {
          await write.take([topic]);
          write.append({ topic, payload: {} });
          write.append({ topic, payload: {} });
        },
        async (write) => {
          await write.take([topic]);
          await write.take([other]);
        },
        async (write) => {
          await Promise.all([write.take([topic]), write.take([other])]);
        },
        async (write) => {
          await write.take([]);
        },
      ];
      for (const misuse of misuses) await expect(stage.near.log.write(misuse)).rejects.toThrow();
      expect(await stage.near.log.heads([topic, other])).toEqual(new Map());
    });
  });
}
