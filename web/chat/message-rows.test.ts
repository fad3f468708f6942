import { describe, expect, it } from 'vitest';
import type { MessageFragment, ReadReceiptFragment } from '../../src/client/index.ts';
import { toMessageRows } from './message-rows.ts';

const user = (id: string) => ({ id, name: id, avatarUrl: null });

const message = (id: string, sender: string, sentAt: string): MessageFragment => ({
  id,
  conversationId: 'c',
  sender: user(sender),
  body: id,
  sentAt,
  editedAt: null,
  deletedAt: null,
  attachments: [],
  clientMessageId: null,
});

const receipt = (userId: string, lastReadMessageId: string): ReadReceiptFragment => ({
  user: user(userId),
  lastReadMessageId,
  readAt: '2026-01-02T12:00:00.000Z',
});

describe('message rows', () => {
  const messages = [
    message('m1', 'alice', '2026-01-01T12:00:00.000Z'),
    message('m2', 'alice', '2026-01-01T12:01:00.000Z'),
    message('m3', 'alice', '2026-01-01T12:20:00.000Z'),
    message('m4', 'bob', '2026-01-03T12:00:00.000Z'),
    message('m5', 'alice', '2026-01-03T12:01:00.000Z'),
  ];

  it('begin a day and a turn where the day, the sender or the occasion is another one', () => {
    const rows = toMessageRows(messages, [], 'alice');
    expect(rows.map(({ beginsDay }) => beginsDay)).toEqual([true, false, false, true, false]);
    expect(rows.map(({ beginsTurn }) => beginsTurn)).toEqual([true, false, true, true, true]);
    expect(rows.map(({ isOwn }) => isOwn)).toEqual([true, true, true, false, true]);
  });

  it('tell at the newest own message who has seen it', () => {
    const receipts = [
      receipt('bob', 'm4'),
      receipt('carol', 'm2'),
      receipt('alice', 'm5'),
      receipt('dan', 'older'),
    ];
    const seenBy = toMessageRows(messages, receipts, 'alice').map((row) => row.seenBy.map(({ id }) => id));
    expect(seenBy).toEqual([[], ['carol'], ['bob'], [], []]);
  });
});
