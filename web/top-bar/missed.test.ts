import { expect, it } from 'vitest';
import { missedBetween, toCounts, type Standing } from './missed.ts';

const step = { status: 'PENDING', note: null, occurredAt: '2026-01-01T00:00:00Z' } as const;
const before: Standing = {
  conversations: [
    { id: 'lunch', unreadCount: 2 },
    { id: 'support', unreadCount: 4 },
  ],
  notifications: [{ id: 'n2' }, { id: 'n1' }],
  orders: [{ id: '1001', timeline: [step] }],
};

it('counts what has come since, in what was known and in what is new', () => {
  const missed = missedBetween(before, {
    conversations: [
      { id: 'party', unreadCount: 1 },
      { id: 'lunch', unreadCount: 5 },
      { id: 'support', unreadCount: 4 },
    ],
    notifications: [{ id: 'n4' }, { id: 'n3' }, { id: 'n2' }, { id: 'n1' }],
    orders: [
      { id: '1002', timeline: [step] },
      { id: '1001', timeline: [step, step, step] },
    ],
  });
  expect(missed).toEqual({ messages: 4, notifications: 2, orderSteps: 3 });
  expect(toCounts(missed)).toEqual(['4 messages', '2 notifications', '3 order steps']);
});

it('what another window has read is not counted against the rest', () => {
  const conversations = [
    { id: 'lunch', unreadCount: 0 },
    { id: 'support', unreadCount: 5 },
  ];
  const missed = missedBetween(before, { ...before, conversations });
  expect(missed).toEqual({ messages: 1, notifications: 0, orderSteps: 0 });
  expect(toCounts(missed)).toEqual(['1 message']);
});
