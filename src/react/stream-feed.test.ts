// Reading and following where the two do not agree.
import { CombinedError, gql } from '@urql/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Follower, TidingsClient } from '../client/tidings-client.ts';
import { StreamFeed } from './stream-feed.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Told {
  readonly reads: number;
  readonly follower: Follower<object>;
}

/** `follows` is told of each following. */
function openFeed(follows: (told: Told) => void): {
  readonly reads: () => number;
  start(): Promise<void>;
  stop(): void;
} {
  let reads = 0;
  const client = {
    query: () => ({
      subscribe: (told: (result: object) => void) => {
        queueMicrotask(() => told({ data: { cursor: 'c' } }));
        return { unsubscribe: () => undefined };
      },
    }),
    follow: (_document: unknown, _variables: object, follower: Follower<object>) => {
      queueMicrotask(() => follows({ reads, follower }));
      return () => undefined;
    },
    onConnectionState: () => () => undefined,
  } as unknown as TidingsClient;
  const feed = new StreamFeed<{ cursor: string }, object, object, object>({
    client,
    query: gql('{ things { cursor } }'),
    queryVariables: {},
    subscription: gql('subscription { thing { cursor } }'),
    subscriptionVariables: {},
    read: ({ cursor }) => {
      reads += 1;
      return cursor;
    },
    event: () => undefined,
    failed: () => undefined,
  });
  void feed.start();
  return { reads: () => reads, start: () => feed.start(), stop: () => feed.stop() };
}
const expired = new CombinedError({ graphQLErrors: ['expired'] });

it('a cursor that has expired is read anew at once, and less and less often where that does not help', async () => {
  const feed = openFeed(({ follower }) => follower.ended?.(expired, 'CURSOR_EXPIRED'));
  await vi.advanceTimersByTimeAsync(1);
  expect(feed.reads()).toBe(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(feed.reads()).toBeGreaterThan(4);
  expect(feed.reads()).toBeLessThan(14);
  const read = feed.reads();
  feed.stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(feed.reads()).toBe(read);
});

it('where an event has come in between it is the first time again', async () => {
  const at: number[] = [];
  const began = Date.now();
  const feed = openFeed(({ reads, follower }) => {
    at.push(Date.now() - began);
    if (reads > 3) follower.event({});
    if (reads < 6) follower.ended?.(expired, 'CURSOR_EXPIRED');
  });
  await vi.advanceTimersByTimeAsync(10_000);
  feed.stop();
  const waits = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
  expect(waits).toHaveLength(5);
  const [first, second, third, ...afterAnEvent] = waits as [number, number, number, number, number];
  expect(first).toBeLessThan(50);
  expect(second).toBeGreaterThanOrEqual(250);
  expect(third).toBeGreaterThanOrEqual(500);
  for (const wait of afterAnEvent) expect(wait).toBeLessThan(50);
});

it('read anew in the moment of an answer, it follows once', async () => {
  let follows = 0;
  const feed = openFeed(() => (follows += 1));
  // As whoever hears of the same answer may.
  queueMicrotask(() => queueMicrotask(() => void feed.start()));
  await vi.advanceTimersByTimeAsync(10);
  expect(follows).toBe(1);
  feed.stop();
});
