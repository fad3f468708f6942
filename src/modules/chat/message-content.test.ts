import { describe, expect, test } from 'vitest';
import { requireMessageContent, toDeleted, toEdited } from './message-content.ts';
import type { MessageView } from './message-view.ts';

const file = { url: 'https://files.test/a.png', name: 'a.png', contentType: 'image/png' };
const sent: MessageView = {
  id: 'm',
  conversationId: 'c',
  sender: { id: 'alice', name: 'Alice', avatarUrl: null },
  body: 'Hello',
  attachments: [],
  clientMessageId: null,
  sentAt: '2026-01-01T00:00:00.000Z',
  editedAt: null,
  deletedAt: null,
};
const later = '2026-01-01T00:01:00.000Z';

describe('what a message may hold', () => {
  test('a text is kept as sent, and white space is a text', () => {
    expect(requireMessageContent({ body: '  a\n' })).toEqual({ body: '  a\n', attachments: [] });
    expect(requireMessageContent({ body: ' ', attachments: null }).body).toBe(' ');
  });

  test('10,000 characters are counted as people count them', () => {
    expect(requireMessageContent({ body: '👋'.repeat(10_000) }).body).toHaveLength(20_000);
    expect(() => requireMessageContent({ body: 'x'.repeat(10_001) })).toThrow(/10001 characters/);
  });

  test('it may be empty where there are attachments', () => {
    expect(requireMessageContent({ body: '', attachments: [file] }).attachments).toEqual([
      { ...file, size: null },
    ]);
    expect(() => requireMessageContent({ body: '', attachments: [] })).toThrow(/`body` is empty/);
  });

  test.each([
    ['another scheme', { ...file, url: 'ftp://files.test/a' }, /`attachments.url`/],
    ['no name', { ...file, name: '' }, /`attachments.name`/],
    ['a long name', { ...file, name: 'x'.repeat(257) }, /`attachments.name`/],
    ['a long content type', { ...file, contentType: 'x'.repeat(129) }, /`attachments.contentType`/],
    ['a negative size', { ...file, size: -1 }, /`attachments.size` is -1/],
  ])('an attachment with %s is refused', (_what, attachment, message) => {
    expect(() => requireMessageContent({ body: 'x', attachments: [attachment] })).toThrow(message);
  });

  test('at most 10 attachments', () => {
    const files = (count: number) => ({ body: '', attachments: Array.from({ length: count }, () => file) });
    expect(requireMessageContent(files(10)).attachments).toHaveLength(10);
    expect(() => requireMessageContent(files(11))).toThrow(/11 files/);
  });
});

describe('what becomes of a message', () => {
  test('editing changes the text and says when', () => {
    expect(toEdited(sent, 'Bye', later)).toEqual({ ...sent, body: 'Bye', editedAt: later });
  });

  test('the text that it has already changes nothing', () => {
    expect(toEdited(sent, 'Hello', later)).toBe(sent);
  });

  test('the text may be emptied only where there are attachments', () => {
    const attachments = [{ ...file, size: 1 }];
    expect(toEdited({ ...sent, attachments }, '', later)).toMatchObject({ body: '', attachments });
    expect(() => toEdited(sent, '', later)).toThrow(/`body` is empty/);
  });

  test('deleting empties it, once', () => {
    const deleted = toDeleted({ ...sent, attachments: [{ ...file, size: 1 }] }, later);
    expect(deleted).toEqual({ ...sent, body: '', attachments: [], deletedAt: later });
    expect(toDeleted(deleted, '2026-01-02T00:00:00.000Z')).toBe(deleted);
    expect(() => toEdited(deleted, 'x', later)).toThrow(
      expect.objectContaining({ code: 'CONFLICT' }) as Error,
    );
  });
});
