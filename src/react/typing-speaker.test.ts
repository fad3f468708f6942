import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TypingSpeaker } from './typing-speaker.ts';

let said: boolean[];
let speaker: TypingSpeaker;
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  speaker = new TypingSpeaker({ say: (isTyping) => said.push(isTyping) });
});
afterEach(() => vi.useRealTimers());

it('says so at the first keystroke, and again every few seconds while they come', () => {
  for (let ms = 0; ms < 9_000; ms += 200) {
    speaker.typed();
    vi.advanceTimersByTime(200);
  }
  expect(said).toEqual([true, true, true]);
});

it('says by itself that nobody types any more', () => {
  speaker.typed();
  vi.advanceTimersByTime(4_000);
  expect(said).toEqual([true, false]);
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(2);
});

it('says it at once where the field is left, and nothing where nothing stands', () => {
  speaker.stopped();
  speaker.typed();
  speaker.stopped();
  speaker.stopped();
  expect(said).toEqual([true, false]);
  speaker.typed();
  expect(said).toEqual([true, false, true]);
});

it('says nothing behind a message: the server knows', () => {
  speaker.typed();
  speaker.sent();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([true]);
  speaker.typed();
  expect(said).toEqual([true, true]);
});
