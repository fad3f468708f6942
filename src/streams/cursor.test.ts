import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseCursor, toCursorText, type Cursor } from './cursor.ts';
import { compareTopics, toTopic } from './topic.ts';

const cursors: Cursor[] = [
  { logId: 'log', topic: 'acme/order/42', number: 7, eventId: 'event-7' },
  { logId: 'log', topic: 'acme/order/42', number: 0, eventId: '' },
  { logId: 'log', topic: 'acme/order/%F0%9F%91%8B', number: Number.MAX_SAFE_INTEGER, eventId: '👋"\\' },
];

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const rejection = (text: string): unknown => {
  try {
    parseCursor(text);
    return null;
  } catch (error) {
    return error;
  }
};
const badInput = expect.objectContaining({ code: 'BAD_USER_INPUT' }) as unknown;

test.each(cursors)('number $number of $topic comes back as it was', (cursor) => {
  expect(parseCursor(toCursorText(cursor, cursor.logId))).toEqual(cursor);
  expect(toCursorText(cursor, cursor.logId)).toMatch(/^[\w-]+$/);
});

describe('what is no cursor is BAD_USER_INPUT', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'nonsense'],
    ['another version', encode([2, 'log', 'topic', 1, 'event'])],
    ['too short', encode([1, 'log', 'topic', 1])],
    ['too long', encode([1, 'log', 'topic', 1, 'event', 1])],
    ['a number that is a text', encode([1, 'log', 'topic', '1', 'event'])],
    ['a negative number', encode([1, 'log', 'topic', -1, 'event'])],
    ['half a number', encode([1, 'log', 'topic', 1.5, 'event'])],
    ['a number beyond all', Buffer.from('[1,"log","topic",1e400,"event"]').toString('base64url')],
    ['an event at the start', encode([1, 'log', 'topic', 0, 'event'])],
    ['no event at a number', encode([1, 'log', 'topic', 1, ''])],
    ['an object', encode({ logId: 'log', topic: 'topic', number: 1, eventId: 'event' })],
    ['null', encode(null)],
    ['nesting', encode(Array.from({ length: 500 }).reduce<unknown>((inner) => [inner], 1))],
  ])('%s', (_name, text) => expect(rejection(text)).toEqual(badInput));

  test('a cursor with something added', () => {
    const text = toCursorText(cursors[0]!, cursors[0]!.logId);
    for (const changed of [` ${text}`, `${text}=`, `${text}\n`, `${text}!`]) {
      expect(rejection(changed)).toEqual(badInput);
    }
  });

  test('20,000 random texts and changed cursors: never anything else', () => {
    const text = toCursorText(cursors[0]!, cursors[0]!.logId);
    for (let round = 0; round < 20_000; round++) {
      const random = randomBytes(randomInt(120)).toString('base64url');
      const place = randomInt(text.length);
      const changed = text.slice(0, place) + random.slice(0, randomInt(4)) + text.slice(place + randomInt(3));
      expect(rejection(random)).toEqual(badInput);
      const error = rejection(changed);
      // Another letter may make another cursor, which the log then does not know.
      if (error !== null) expect(error).toEqual(badInput);
    }
  });
});

test('topics keep their parts apart, and have one order everywhere', () => {
  expect(toTopic({ workspace: 'a/b', kind: 'order', key: 'ü 1' })).toBe('a%2Fb/order/%C3%BC%201');
  expect(['b', 'a', 'B', 'ä', 'a-'].sort(compareTopics)).toEqual(['B', 'a', 'a-', 'b', 'ä']);
});
