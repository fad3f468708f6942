// What is shown of people while a connection is lost and found, over a subscription that does what the test says.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PresenceChangedSubscription } from '../client/generated.ts';
import type { Follower, TidingsClient } from '../client/tidings-client.ts';
import { changePresence, toSeed, unknownPresence } from './presence-state.ts';
import { PresenceStore } from './presence-store.ts';

const bob = { userId: 'bob', status: 'ONLINE' } as PresenceChangedSubscription['presenceChanged'];
const carol = { ...bob, userId: 'carol' };

let follower: Follower<PresenceChangedSubscription>;
const client = {
  follow: (_document: unknown, _variables: object, given: typeof follower) => {
    follower = given;
    return () => undefined;
  },
  onConnectionState: () => () => undefined,
} as unknown as TidingsClient;
const shown = (store: PresenceStore) => [...store.state.byUser.keys()];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('who is not told anew soon behind the others has left', () => {
  const store = new PresenceStore(client, null, unknownPresence);
  store.start();
  for (const presenceChanged of [bob, carol]) follower.event({ presenceChanged });
  follower.resumed?.();
  vi.advanceTimersByTime(8_000);
  expect(shown(store)).toEqual(['bob', 'carol']);
  follower.event({ presenceChanged: carol });
  vi.advanceTimersByTime(2_000);
  expect(shown(store)).toEqual(['bob', 'carol']);
  vi.advanceTimersByTime(2_000);
  expect(shown(store)).toEqual(['carol']);
  store.stop();
});

it('where nobody is told nobody is there', () => {
  const store = new PresenceStore(client, null, unknownPresence);
  store.start();
  follower.event({ presenceChanged: bob });
  follower.resumed?.();
  vi.advanceTimersByTime(10_000);
  expect(shown(store)).toEqual([]);
  const seeded = new PresenceStore(client, null, toSeed(changePresence(unknownPresence, bob), null));
  seeded.start();
  expect(shown(seeded)).toEqual(['bob']);
  vi.advanceTimersByTime(10_000);
  expect(shown(seeded)).toEqual([]);
  for (const each of [store, seeded]) each.stop();
});
