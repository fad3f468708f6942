import { describe, expect, test } from 'vitest';
import { toMember, toTypists, TypingState, userOf } from './typing-state.ts';

const ada = { id: 'ada', name: 'Ada', avatarUrl: null };
const bob = { id: 'bob', name: 'Bob', avatarUrl: null };

describe('who is typing', () => {
  test('starts, is renewed and stops; stopping twice changes nothing', () => {
    const state = new TypingState();
    expect(state.start(ada, 6_000)).toEqual({ user: ada, expiresAt: 6_000 });
    state.start(ada, 8_000);
    expect(state.typists).toEqual([{ user: ada, expiresAt: 8_000 }]);
    expect(state.stop('ada')).toEqual({ user: ada, expiresAt: null });
    expect(state.stop('ada')).toBeNull();
  });

  test('lapses by itself, one after the other', () => {
    const state = new TypingState();
    expect(state.nextLapseAt).toBeNull();
    state.start(ada, 6_000);
    state.start(bob, 7_000);
    expect(state.nextLapseAt).toBe(6_000);
    expect(state.lapse(5_999)).toEqual([]);
    expect(state.lapse(6_000)).toEqual([{ user: ada, expiresAt: null }]);
    expect(state.nextLapseAt).toBe(7_000);
  });
});

test('a user of several connections types until the last of them lapses', () => {
  const members = [
    { member: toMember('ada', 'one'), expiresInMs: 100 },
    { member: toMember('ada', null), expiresInMs: 900 },
    { member: toMember('bob', 'two'), expiresInMs: 500 },
  ];
  expect([...toTypists(members)]).toEqual([
    ['ada', 900],
    ['bob', 500],
  ]);
  expect(userOf(toMember('a","b', null))).toBe('a","b');
});
