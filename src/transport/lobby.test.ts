import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lobby } from './lobby.ts';

let late: string[];
const arriving = (name: string) => ({ onLate: () => void late.push(name) });

beforeEach(() => {
  late = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('tells each that has not left, once its own time is over', () => {
  const lobby = new Lobby(5_000);
  const leaving = arriving('leaving');
  lobby.enter(arriving('first'));
  lobby.enter(leaving);
  vi.advanceTimersByTime(2_000);
  lobby.enter(arriving('second'));
  lobby.leave(leaving);

  vi.advanceTimersByTime(2_999);
  expect(late).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(late).toEqual(['first']);
  vi.advanceTimersByTime(1_999);
  expect(late).toEqual(['first']);
  vi.advanceTimersByTime(1);
  expect(late).toEqual(['first', 'second']);
});

it('has one timer for all, and none where nobody is', () => {
  const lobby = new Lobby(5_000);
  const all = Array.from({ length: 1_000 }, (_, place) => arriving(String(place)));
  for (const one of all) lobby.enter(one);
  expect(vi.getTimerCount()).toBe(1);
  for (const one of all) lobby.leave(one);
  vi.advanceTimersByTime(5_000);
  expect(vi.getTimerCount()).toBe(0);

  lobby.enter(arriving('later'));
  vi.advanceTimersByTime(5_000);
  expect(late).toEqual(['later']);
});

it('tells nobody once it is closed', () => {
  const lobby = new Lobby(5_000);
  lobby.enter(arriving('open'));
  lobby.close();
  vi.advanceTimersByTime(10_000);
  expect(late).toEqual([]);
});
