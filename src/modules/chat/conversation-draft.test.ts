import { expect, test } from 'vitest';
import { requireConversationDraft } from './conversation-draft.ts';

test('the creator takes part once, whoever is named', () => {
  expect(requireConversationDraft('alice', { participantIds: ['bob', 'alice', 'bob'] }).userIds).toEqual([
    'alice',
    'bob',
  ]);
  expect(requireConversationDraft('alice', { participantIds: [] }).userIds).toEqual(['alice']);
});

test('the order of the participants makes no other content, a title does', () => {
  const hash = (participantIds: string[], title?: string | null) =>
    requireConversationDraft('alice', { participantIds, title }).contentHash;
  expect(hash(['bob', 'carol'])).toBe(hash(['carol', 'alice', 'bob'], null));
  expect(hash(['bob'])).not.toBe(hash(['bob'], 'Trip'));
  expect(hash(['bob'])).not.toBe(hash(['carol']));
});

test.each([
  ['an empty title', { title: '', participantIds: [] }, /`title` is empty/],
  ['an empty id', { participantIds: [''] }, /`participantIds` is empty/],
  ['501 people', { participantIds: Array.from({ length: 500 }, (_, index) => `u${index}`) }, /501/],
  ['an empty client id', { participantIds: [], clientConversationId: '' }, /`clientConversationId`/],
])('%s is refused', (_what, input, message) => {
  expect(() => requireConversationDraft('alice', input)).toThrow(message);
});
