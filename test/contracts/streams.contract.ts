// What streams promise on every set-up (the invariants of the architecture page): written on `near`, followed on `far`.
import { randomInt } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdempotencyClaim } from '../../src/streams/idempotency.ts';
import type { StreamSubscription } from '../../src/streams/subscribe.ts';
import { eventually } from '../support/engine-follower.ts';
import {
  append,
  appendMany,
  cursorAt,
  follow,
  forgetUpTo,
  newTopic,
  pull,
  pullNumbers,
  range,
  rewind,
  startOf,
  type StreamsNode,
} from '../support/streams-nodes.ts';

export interface StreamsNodes extends AsyncDisposable {
  readonly near: StreamsNode;
  /** Another process of the same log, where the set-up has several. */
  readonly far: StreamsNode;
}

export interface StreamsSetup {
  open(): Promise<StreamsNodes>;
}

const expired = { code: 'CURSOR_EXPIRED' };

export function streamsContract(name: string, setup: StreamsSetup): void {
  describe(`streams on ${name}`, () => {
    let nodes: StreamsNodes;
    let near: StreamsNode;
    let far: StreamsNode;
    beforeAll(async () => {
      nodes = await setup.open();
      ({ near, far } = nodes);
      await near.store.queries.execute(
        sql`create table if not exists notes (id text primary key, number bigint)`,
      );
    });
    afterAll(async () => nodes[Symbol.asyncDispose]());

    const numbersOf = async (topic: string): Promise<number[]> =>
      (await near.log.read(topic, { after: 0, limit: 100_000 })).map(({ number }) => number);

    describe('writing', () => {
      test('numbers have no holes under 32 concurrent writers of one stream, and moments never decrease', async () => {
        const topic = newTopic();
        await Promise.all([
          appendMany(near, topic, { count: 160, writers: 16 }),
          appendMany(far, topic, { count: 160, writers: 16 }),
        ]);
        const entries = await near.log.read(topic, { after: 0, limit: 1_000 });
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
            await append(index % 2 === 0 ? near : far, pairs[(index + round) % pairs.length] ?? []);
          }
        };
        await Promise.all(range(0, 31).map(write));
        for (const topic of [a, b, c]) {
          const numbers = await numbersOf(topic);
          expect(numbers).toEqual(range(1, numbers.length));
          expect(await near.log.head(topic)).toMatchObject({ number: numbers.length });
        }
      });

      test('new streams taken by many at once in opposite orders', async () => {
        for (let round = 0; round < 10; round++) {
          const topics = range(1, 8).map(newTopic);
          await Promise.all(
            range(0, 15).map((index) =>
              append(index % 2 === 0 ? near : far, index % 3 === 0 ? topics : topics.toReversed()),
            ),
          );
          for (const topic of topics) expect(await numbersOf(topic)).toEqual(range(1, 16));
        }
      });

      test('what is appended is what is read, and what is heard', async () => {
        const topic = newTopic();
        const subscription = await follow(far, topic);
        const payloads = [
          '12',
          'text\u0000 "quoted" \\ {}',
          null,
          7,
          [],
          { b: 1, a: { c: '👋' } },
          [{ '10': 1, '9': 2 }],
        ];
        const written = [];
        for (const payload of payloads) written.push((await append(near, topic, payload))[0]);
        const heard = await pull(subscription, payloads.length);
        expect(heard).toMatchObject(written);
        expect(await far.log.read(topic, { after: 0, limit: 99 })).toMatchObject(written);
        for (const entry of written)
          expect(await far.log.find(topic, entry?.number ?? 0)).toMatchObject(entry ?? {});
        expect(await far.log.find(topic, payloads.length + 1)).toBeNull();
        await subscription.return();
      });

      test('a clock that was set back makes no moment of any stream decrease', async () => {
        const [ahead, other] = [newTopic(), newTopic()] as const;
        await append(near, [ahead, other]);
        await near.store.queries.execute(
          sql`update stream_heads set changed_at = changed_at + interval '1 hour' where topic = ${ahead}`,
        );
        const [together] = await append(near, [other, ahead]);
        const [alone] = await append(far, other);
        const [last] = await append(far, ahead);
        expect([alone?.occurredAt, last?.occurredAt]).toEqual([together?.occurredAt, together?.occurredAt]);
      });

      test('a failing write leaves nothing: no number, no entry, no row, nothing heard', async () => {
        const topic = newTopic();
        const subscription = await follow(far, topic);
        const failing = near.log.write(async (write) => {
          const { position } = await write.take([topic]);
          await write.tx.execute(sql`insert into notes values (${topic}, ${position(topic).number})`);
          write.append({ topic, payload: {} });
          throw new Error('changed my mind');
        });
        await expect(failing).rejects.toThrow('changed my mind');
        expect(await near.log.head(topic)).toEqual(startOf);
        expect((await near.store.queries.execute(sql`select * from notes where id = ${topic}`)).rows).toEqual(
          [],
        );
        await append(near, topic);
        expect(await pullNumbers(subscription, 1)).toEqual([1]);
        await subscription.return();
      });

      test('rows and entries of concurrent writers commit together or not at all', async () => {
        const topic = newTopic();
        const write = (index: number): Promise<unknown> =>
          (index % 2 === 0 ? near : far).log.write(async ({ tx, take, append }) => {
            const { position } = await take([topic]);
            await tx.execute(
              sql`insert into notes values (${`${topic} ${index}`}, ${position(topic).number})`,
            );
            append({ topic, payload: { index } });
            // Breaks a constraint after everything else has been done.
            if (index % 5 === 0) await tx.execute(sql`insert into notes values (${`${topic} ${index}`}, 0)`);
          });
        const outcomes = await Promise.allSettled(range(1, 40).map(write));
        expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(8);
        const { rows } = await near.store.queries.execute<{ id: string; number: number }>(
          sql`select id, number from notes where id like ${`${topic} %`} order by number`,
        );
        const entries = await near.log.read(topic, { after: 0, limit: 100 });
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
        const subscription = await follow(far, topic);
        const result = await near.log.write(async (write): Promise<string> => {
          await write.take([topic]);
          write.append({ topic, payload: {} });
          return write.abandon('found before');
        });
        expect(result).toBe('found before');
        expect(await near.log.head(topic)).toEqual(startOf);
        await append(near, topic);
        expect(await pullNumbers(subscription, 1)).toEqual([1]);
        await subscription.return();
      });

      test('a work that is run again after a deadlock begins with nothing taken', async () => {
        const topic = newTopic();
        let attempts = 0;
        const [entry] = await near.log.write(async (write) => {
          attempts += 1;
          await write.take([topic]);
          const entries = [write.append({ topic, payload: { attempts } })];
          if (attempts === 1)
            await write.tx.execute(sql`do $$ begin raise exception using errcode = '40P01'; end $$`);
          return entries;
        });
        expect(attempts).toBe(2);
        expect(entry).toMatchObject({ number: 1, payload: { attempts: 2 } });
        expect(await near.log.read(topic, { after: 0, limit: 9 })).toMatchObject([{ number: 1 }]);
      });

      test('misuse is an error and leaves nothing', async () => {
        const [topic, other] = [newTopic(), newTopic()] as const;
        const misuses: Parameters<typeof near.log.write>[0][] = [
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
        for (const misuse of misuses) await expect(near.log.write(misuse)).rejects.toThrow();
        expect(await near.log.heads([topic, other])).toEqual(new Map());
      });
    });

    describe('following', () => {
      test('subscribers who start anywhere while 8 writers write hear everything after it, once and in order', async () => {
        const topic = newTopic();
        const [before, total] = [60, 460];
        await appendMany(near, topic, { count: before });
        const known = await near.log.read(topic, { after: 0, limit: before });
        const positions = [startOf, ...known];
        let writing = true;
        const written = Promise.all([
          appendMany(near, topic, { count: (total - before) / 2, writers: 4 }),
          appendMany(far, topic, { count: (total - before) / 2, writers: 4 }),
        ]).finally(() => (writing = false));

        const listen = async (position: { number: number; eventId: string } | null): Promise<void> => {
          const after = position === null ? null : cursorAt(far, topic, position);
          const subscription = await follow(far, topic, { after });
          const [first] = await pullNumbers(subscription, 1);
          if (position !== null) expect(first).toBe(position.number + 1);
          expect(await pullNumbers(subscription, total - (first ?? 0))).toEqual(
            range((first ?? 0) + 1, total),
          );
          await subscription.return();
        };
        const listening: Promise<void>[] = [];
        // Some of them begin where the stream stands by then.
        for (let round = 0; writing && listening.length < 400; round++) {
          const latest = await far.log.head(topic);
          if (latest.number >= total) break;
          const known = positions[randomInt(positions.length)] ?? startOf;
          listening.push(listen(round % 3 === 0 ? latest : known));
        }
        await written;
        await Promise.all(listening);
        expect(listening.length).toBeGreaterThan(10);
        expect(far.tails.size).toBe(0);
      });

      test('resumes from every cursor', async () => {
        const topic = newTopic();
        await appendMany(near, topic, { count: 30 });
        for (const position of [startOf, ...(await near.log.read(topic, { after: 0, limit: 30 }))]) {
          const subscription = await follow(far, topic, { after: cursorAt(far, topic, position) });
          expect(await pullNumbers(subscription, 30 - position.number)).toEqual(
            range(position.number + 1, 30),
          );
          await subscription.return();
        }
      });

      test('a subscriber that pulls nothing until the end of 5,000 events receives all of them', async () => {
        const topic = newTopic();
        const live = await follow(far, topic);
        await append(near, topic);
        const caughtUp = await follow(far, topic, { after: cursorAt(far, topic, startOf) });
        // Most are put there in one statement: the tail learns of them as it does of a gap.
        await append(near, topic);
        await near.store.transaction(async (tx) => {
          await tx.execute(sql`
            insert into stream_entries (topic, number, event_id, kind, payload, occurred_at)
            select ${topic}, number, 'event-' || number, 'event', '{}', now() from generate_series(3, 4700) as number`);
          await tx.execute(
            sql`update stream_heads set number = 4700, event_id = 'event-4700' where topic = ${topic}`,
          );
        });
        await appendMany(near, topic, { count: 300, writers: 8 });
        expect(await pullNumbers(live, 5_000)).toEqual(range(1, 5_000));
        expect(await pullNumbers(caughtUp, 5_000)).toEqual(range(1, 5_000));
        await append(near, topic);
        expect([await pullNumbers(live, 1), await pullNumbers(caughtUp, 1)]).toEqual([[5_001], [5_001]]);
        await Promise.all([live.return(), caughtUp.return()]);
      });

      test('large entries reach a slow subscriber and one that catches up', async () => {
        const topic = newTopic();
        const slow = await follow(far, topic);
        const text = 'x'.repeat(60_000);
        for (let count = 0; count < 40; count++) await append(near, topic, { text });
        const late = await follow(far, topic, { after: cursorAt(far, topic, startOf) });
        const pages = await far.log.readOn(topic, { after: startOf, limit: 100 });
        expect(pages?.map(({ number }) => number)).toEqual(range(1, 18));
        for (const subscription of [slow, late]) {
          const entries = await pull(subscription, 40);
          expect(entries.map(({ number }) => number)).toEqual(range(1, 40));
          expect(entries.every(({ payload }) => (payload as { text: string }).text === text)).toBe(true);
          await subscription.return();
        }
      });

      test('500 subscribers of one stream cost one follower, which leaves with the last of them', async () => {
        const topic = newTopic();
        const [follows, following] = [far.broker.follows, far.broker.following];
        const subscriptions = await Promise.all(range(1, 500).map(() => follow(far, topic)));
        expect([far.broker.follows, far.broker.following, far.tails.size]).toEqual([
          follows + 1,
          following + 1,
          1,
        ]);
        await append(near, topic);
        for (const subscription of subscriptions) expect(await pullNumbers(subscription, 1)).toEqual([1]);
        const [last, ...others] = subscriptions as [StreamSubscription, ...StreamSubscription[]];
        await Promise.all(others.map((subscription) => subscription.return()));
        expect(far.tails.size).toBe(1);
        await append(near, topic);
        expect(await pullNumbers(last, 1)).toEqual([2]);
        await last.return();
        expect(far.tails.size).toBe(0);
        await eventually(() => expect(far.broker.following).toBe(following));
      });

      test('joining and leaving again and again misses nothing', async () => {
        const topic = newTopic();
        for (let round = 1; round <= 50; round++) {
          const subscription = await follow(far, topic);
          const leaving = round % 2 === 0 ? follow(far, topic).then((other) => other.return()) : null;
          await append(near, topic);
          expect(await pullNumbers(subscription, 1)).toEqual([round]);
          void subscription.return();
          await leaving;
        }
        expect(far.tails.size).toBe(0);
      });

      test('a filter skips entries without ending the sequence', async () => {
        const topic = newTopic();
        const isEven = ({ number }: { number: number }): boolean => number % 2 === 0;
        const live = await follow(far, topic, { filter: isEven });
        await appendMany(near, topic, { count: 500, writers: 4 });
        const late = await follow(far, topic, { filter: isEven, after: cursorAt(far, topic, startOf) });
        for (const subscription of [live, late]) {
          expect(await pullNumbers(subscription, 250)).toEqual(range(1, 250).map((half) => half * 2));
          await subscription.return();
        }
      });

      test('where authorize rejects no tail remains', async () => {
        const topic = newTopic();
        const refused = new Error('refused');
        await expect(follow(far, topic, { authorize: () => Promise.reject(refused) })).rejects.toBe(refused);
        expect(far.tails.size).toBe(0);
      });
    });

    describe('access that ends at a number', () => {
      const endsAccess = (): boolean => true;
      const forbidden = { code: 'FORBIDDEN' };

      test('live: what came before is delivered, and nothing after', async () => {
        const topic = newTopic();
        const ended = await follow(far, topic, { endsAccess });
        const other = await follow(far, topic, { endsAccess: () => false });
        await append(near, topic);
        await append(near, topic, {}, 'control');
        await append(near, topic);
        expect(await pullNumbers(ended, 1)).toEqual([1]);
        await expect(ended.next()).rejects.toMatchObject(forbidden);
        expect(await ended.next()).toEqual({ done: true, value: undefined });
        expect(await pullNumbers(other, 2)).toEqual([1, 3]);
        await other.return();
        expect(far.tails.size).toBe(0);
      });

      test('in a slow subscriber, wherever it reads it', async () => {
        const topic = newTopic();
        const slow = await follow(far, topic, { endsAccess });
        await appendMany(near, topic, { count: 300, writers: 4 });
        await append(near, topic, {}, 'control');
        await append(near, topic);
        expect(await pullNumbers(slow, 300)).toEqual(range(1, 300));
        await expect(slow.next()).rejects.toMatchObject(forbidden);
      });

      test('control entries that authorize knew of end nothing; the ones after it do', async () => {
        const topic = newTopic();
        await append(near, topic);
        await append(near, topic, {}, 'control');
        await append(near, topic);
        const subscription = await follow(far, topic, { endsAccess, after: cursorAt(far, topic, startOf) });
        await append(near, topic, {}, 'control');
        expect(await pullNumbers(subscription, 2)).toEqual([1, 3]);
        await expect(subscription.next()).rejects.toMatchObject(forbidden);
      });
    });

    describe('a cursor is honoured or says why not', () => {
      const open = async (topic: string, after: string): Promise<number> => {
        const subscription = await follow(far, topic, { after });
        await append(near, topic);
        const [first] = await pullNumbers(subscription, 1);
        await subscription.return();
        return first ?? 0;
      };

      test('of an empty stream, at the head and behind it', async () => {
        const topic = newTopic();
        expect(await open(topic, cursorAt(far, topic, startOf))).toBe(1);
        expect(await open(topic, cursorAt(far, topic, await near.log.head(topic)))).toBe(2);
        expect(await open(topic, cursorAt(far, topic, startOf))).toBe(1);
      });

      test('behind retention: CURSOR_EXPIRED; what is still there and the head go on', async () => {
        const topic = newTopic();
        await appendMany(near, topic, { count: 10 });
        const entries = await near.log.read(topic, { after: 0, limit: 10 });
        await forgetUpTo(near, topic, 5);
        for (const position of [startOf, entries[0]!, entries[3]!, entries[4]!]) {
          await expect(open(topic, cursorAt(far, topic, position))).rejects.toMatchObject(expired);
        }
        expect(await open(topic, cursorAt(far, topic, entries[5]!))).toBe(7);
        await forgetUpTo(near, topic, 99);
        expect(await open(topic, cursorAt(far, topic, await near.log.head(topic)))).toBe(12);
        await expect(open(topic, cursorAt(far, topic, entries[9]!))).rejects.toMatchObject(expired);
        await expect(open(topic, cursorAt(far, topic, startOf))).rejects.toMatchObject(expired);
      });

      test.each([3, 300])(
        'retention that overtakes a slow subscriber after %i ends it with CURSOR_EXPIRED',
        async (last) => {
          const topic = newTopic();
          await appendMany(near, topic, { count: 600, writers: 4 });
          const slow = await follow(far, topic, { after: cursorAt(far, topic, startOf) });
          expect(await pullNumbers(slow, 1)).toEqual([1]);
          // Beyond the page that it holds; with 300 still there it meets a hole, with 3 it meets nothing.
          await forgetUpTo(near, topic, 600 - (last === 3 ? 0 : last));
          expect(await pullNumbers(slow, 199)).toEqual(range(2, 200));
          await expect(slow.next()).rejects.toMatchObject(expired);
          expect(far.tails.size).toBe(0);
        },
      );

      test('ahead of the head, of another log, of a restored log: CURSOR_EXPIRED', async () => {
        const topic = newTopic();
        await appendMany(near, topic, { count: 3 });
        const head = await near.log.head(topic);
        const cursors = [
          cursorAt(far, topic, { number: 4, eventId: head.eventId }),
          cursorAt(far, topic, { number: Number.MAX_SAFE_INTEGER, eventId: head.eventId }),
          cursorAt(far, topic, head, { logId: 'another' }),
          cursorAt(far, topic, { ...head, eventId: 'another' }),
          cursorAt(far, topic, { number: 2, eventId: 'another' }),
        ];
        for (const cursor of cursors) await expect(open(topic, cursor)).rejects.toMatchObject(expired);
        const message = await open(topic, cursors[0]!).catch((error: Error) => error.message);
        expect(message).toContain('Query `test` anew');
        expect(far.tails.size).toBe(0);
      });

      test('of another stream, and nonsense: BAD_USER_INPUT', async () => {
        const topic = newTopic();
        const [entry] = await append(near, topic);
        for (const cursor of [
          cursorAt(far, newTopic(), entry!),
          '',
          'nonsense',
          `${cursorAt(far, topic, entry!)}x`,
        ]) {
          await expect(open(topic, cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
        }
        expect(far.tails.size).toBe(0);
      });
    });

    describe('what was never told', () => {
      test('the next entry brings it', async () => {
        const topic = newTopic();
        const subscription = await follow(far, topic);
        near.broker.drop = (message) => message.includes('"dropped"');
        await append(near, topic);
        await append(near, topic, 'dropped');
        await append(near, topic, 'dropped');
        await append(near, topic);
        near.broker.drop = () => false;
        expect(await pullNumbers(subscription, 4)).toEqual([1, 2, 3, 4]);
        await subscription.return();
      });

      test('a check of the heads finds it', async () => {
        const topic = newTopic();
        const subscription = await follow(far, topic);
        near.broker.drop = () => true;
        await appendMany(near, topic, { count: 3 });
        near.broker.drop = () => false;
        await far.tails.check();
        expect(await pullNumbers(subscription, 3)).toEqual([1, 2, 3]);
        await subscription.return();
      });

      test('a head behind the tail ends live subscriptions with CURSOR_EXPIRED', async () => {
        const topic = newTopic();
        const subscription = await follow(far, topic);
        await append(near, topic);
        const head = await near.log.head(topic);
        await append(near, topic);
        expect(await pullNumbers(subscription, 1)).toEqual([1]);
        await eventually(async () => expect(await far.log.head(topic)).toMatchObject({ number: 2 }));
        expect(await pullNumbers(subscription, 1)).toEqual([2]);
        await rewind(near, topic, head);
        await far.tails.check();
        await expect(subscription.next()).rejects.toMatchObject(expired);
        const anew = await follow(far, topic);
        await append(near, topic);
        expect(await pullNumbers(anew, 1)).toEqual([2]);
        await anew.return();
      });
    });

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
        const outcomes = await Promise.all(range(1, 16).map((n) => publish(n % 2 === 0 ? near : far, topic)));
        expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
        expect(new Set(outcomes.map(({ number }) => number))).toEqual(new Set([1]));
        expect(await numbersOf(topic)).toEqual([1]);
      });

      test('concurrent requests with the same key for different streams: one takes effect', async () => {
        const key = newTopic();
        const topics = range(1, 8).map(newTopic);
        const outcomes = await Promise.all(topics.map((topic) => publish(near, topic, { key })));
        expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
        expect((await near.log.heads(topics)).size).toBe(1);
      });

      test('other content is CONFLICT; another field, workspace or publisher is another key', async () => {
        const topic = newTopic();
        await publish(near, topic);
        await expect(publish(near, topic, { contentHash: 'other' })).rejects.toMatchObject({
          code: 'CONFLICT',
        });
        expect(await publish(near, topic)).toEqual({ number: 1, deduplicated: true });
        for (const other of [{ field: 'other' }, { workspace: 'other' }, { publisher: 'other' }]) {
          expect(await publish(near, topic, other)).toMatchObject({ deduplicated: false });
        }
        expect(await numbersOf(topic)).toEqual(range(1, 4));
      });

      test('the key of a write that was rolled back is not kept', async () => {
        const topic = newTopic();
        const failing = near.log.write(async (write) => {
          await write.take([topic]);
          await write.claim(createClaim(topic));
          throw new Error('changed my mind');
        });
        await expect(failing).rejects.toThrow();
        expect(await publish(near, topic)).toEqual({ number: 1, deduplicated: false });
      });

      test('a key lives for 24 hours, then one of many takes it over', async () => {
        const topic = newTopic();
        const age = (interval: string) =>
          near.store.queries.execute(
            sql`update idempotency_keys set created_at = now() - ${interval}::interval where key = ${topic}`,
          );
        await publish(near, topic);
        await age('23 hours 59 minutes');
        expect(await publish(near, topic)).toEqual({ number: 1, deduplicated: true });
        await age('24 hours 1 minute');
        const outcomes = await Promise.all(
          range(1, 8).map((n) => publish(n % 2 === 0 ? near : far, topic, { contentHash: 'new content' })),
        );
        expect(outcomes.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
        expect(new Set(outcomes.map(({ number }) => number))).toEqual(new Set([2]));
      });
    });
  });
}
