import { CombinedError } from '@urql/core';
import { describe, expect, it } from 'vitest';
import type { ConversationQuery, MessageFragment } from '../client/generated.ts';
import {
  changeConversation as change,
  unknownConversation,
  withDetails,
  type ConversationChange,
  type ConversationState,
} from './conversation-state.ts';

const message = (id: string, more: Partial<MessageFragment> = {}): MessageFragment => ({
  id,
  conversationId: 'c',
  sender: { id: 'bob', name: 'Bob', avatarUrl: null },
  body: `text of ${id}`,
  sentAt: '2026-01-01T00:00:00.000Z',
  editedAt: null,
  deletedAt: null,
  attachments: [],
  clientMessageId: null,
  ...more,
});

const page = (
  ids: readonly string[],
  startCursor: string | null = null,
): ConversationQuery['conversation'] => ({
  id: 'c',
  title: 'Lunch',
  participants: [],
  lastMessage: null,
  unreadCount: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  cursor: 'cursor',
  readReceipts: [],
  messages: {
    nodes: ids.map((id) => message(id)),
    pageInfo: { hasPreviousPage: startCursor !== null, hasNextPage: false, startCursor, endCursor: null },
  },
});

const after = (...changes: ConversationChange[]): ConversationState =>
  changes.reduce(change, unknownConversation);
const idsOf = ({ messages }: ConversationState) => messages.map(({ id }) => id);
const queued = (clientMessageId: string): ConversationChange => ({
  type: 'queued',
  message: { clientMessageId, body: `text of ${clientMessageId}`, attachments: [] },
});
const read: ConversationChange = { type: 'read', conversation: page(['2', '3'], 'before 2') };
const error = new CombinedError({ graphQLErrors: ['no'] });

it('what is read is shown, and what happens from there on', () => {
  const state = after(
    read,
    { type: 'event', kind: 'SENT', message: message('4') },
    { type: 'event', kind: 'EDITED', message: message('3', { body: 'another text' }) },
    { type: 'event', kind: 'DELETED', message: message('2', { body: '', deletedAt: 'now' }) },
  );
  expect(idsOf(state)).toEqual(['2', '3', '4']);
  expect(state.messages.map(({ body }) => body)).toEqual(['', 'another text', 'text of 4']);
  expect(state).toMatchObject({ status: 'live', title: 'Lunch', hasOlder: true });
});

it('what happens to a message that was not loaded changes nothing', () => {
  const state = after(read);
  expect(change(state, { type: 'event', kind: 'EDITED', message: message('1') })).toBe(state);
});

it('a change that is older than what was read is past', () => {
  const edited = message('3', { body: 'newest', editedAt: '2026-01-03T00:00:00.000Z' });
  const state = after(read, { type: 'event', kind: 'EDITED', message: edited });
  const older = message('3', { body: 'older', editedAt: '2026-01-02T00:00:00.000Z' });
  expect(change(state, { type: 'event', kind: 'EDITED', message: older })).toBe(state);
  const deleted = change(state, {
    type: 'event',
    kind: 'DELETED',
    message: message('3', { body: '', deletedAt: 'then' }),
  });
  expect(deleted.messages.at(-1)?.body).toBe('');
  expect(change(deleted, { type: 'event', kind: 'EDITED', message: edited })).toBe(deleted);
});

it('a page that was asked for before all was read anew does not fit any more', () => {
  const state = after(read, { type: 'older-asked' }, { type: 'read', conversation: page(['8'], 'before 8') });
  const late: ConversationChange = {
    type: 'older-read',
    before: 'before 2',
    conversation: page(['0', '1']),
  };
  expect(change(state, late)).toBe(state);
});

it('what happens to messages whose page is on its way is not forgotten', () => {
  const state = after(
    read,
    { type: 'older-asked' },
    { type: 'event', kind: 'DELETED', message: message('1', { body: '', deletedAt: 'now' }) },
    { type: 'older-read', before: 'before 2', conversation: page(['0', '1']) },
  );
  expect(state.messages.map(({ body }) => body)).toEqual(['text of 0', '', 'text of 2', 'text of 3']);
});

it('what was read already does not come twice, and stays as it was read', () => {
  const state = after(
    read,
    { type: 'event', kind: 'SENT', message: message('3', { body: 'an older text' }) },
    { type: 'event', kind: 'SENT', message: message('4') },
  );
  expect(state.messages.map(({ body }) => body)).toEqual(['text of 2', 'text of 3', 'text of 4']);
});

describe('older messages', () => {
  it('come in front, until there are none', () => {
    const asked = after(read, { type: 'older-asked' });
    expect(asked.isLoadingOlder).toBe(true);
    const state = change(asked, { type: 'older-read', before: 'before 2', conversation: page(['0', '1']) });
    expect(idsOf(state)).toEqual(['0', '1', '2', '3']);
    expect(state).toMatchObject({ hasOlder: false, isLoadingOlder: false });
  });

  it('that are there already do not come twice', () => {
    expect(
      idsOf(after(read, { type: 'older-read', before: 'before 2', conversation: page(['1', '2']) })),
    ).toEqual(['1', '2', '3']);
  });

  it('that could not be loaded can be asked for again', () => {
    const asked = after(read, { type: 'older-asked' });
    expect(change(asked, { type: 'older-failed', before: 'before 2' })).toEqual(after(read));
    // What was asked for before all was read anew is nobody's business any more.
    expect(change(asked, { type: 'older-failed', before: 'before 1' })).toBe(asked);
  });
});

describe('what is sent', () => {
  const sending = after(read, queued('a'), queued('b'));

  it('is pending until it comes back, whatever comes between', () => {
    expect(sending.pending.map(({ clientMessageId, status }) => [clientMessageId, status])).toEqual([
      ['a', 'sending'],
      ['b', 'sending'],
    ]);
    const state = [message('4'), message('5', { clientMessageId: 'a' })].reduce(
      (before, sent) => change(before, { type: 'event', kind: 'SENT', message: sent }),
      sending,
    );
    expect(idsOf(state)).toEqual(['2', '3', '4', '5']);
    expect(state.pending.map(({ clientMessageId }) => clientMessageId)).toEqual(['b']);
  });

  it('and has arrived by the time that all is read anew is pending no more', () => {
    const conversation = page(['2', '3']);
    const stored = [message('4', { clientMessageId: 'a' })];
    const state = change(sending, {
      type: 'read',
      conversation: conversation && {
        ...conversation,
        messages: { ...conversation.messages, nodes: stored },
      },
    });
    expect(state.pending.map(({ clientMessageId }) => clientMessageId)).toEqual(['b']);
  });

  it('and stored is about to come back, unless that is past', () => {
    const stored = message('9', { clientMessageId: 'a', sentAt: '2026-01-01T00:00:01.000Z' });
    const sent = change(sending, { type: 'sent', message: stored });
    expect(sent.pending[0]).toMatchObject({ clientMessageId: 'a', status: 'sent' });
    expect(change(sent, { type: 'event', kind: 'SENT', message: stored }).pending).toHaveLength(1);
    const readAt = (sentAt: string) => {
      const conversation = page(['20'], 'before 20');
      const nodes = [message('20', { sentAt })];
      return change(sent, {
        type: 'read',
        conversation: conversation && { ...conversation, messages: { ...conversation.messages, nodes } },
      });
    };
    expect(readAt('2026-01-01T00:00:02.000Z').pending).toHaveLength(1);
    // Read before it was stored: its event comes.
    expect(readAt('2026-01-01T00:00:00.500Z').pending).toHaveLength(2);
    // It came before what is shown: its page was not loaded.
    const newer = message('30', { sentAt: '2026-01-01T00:00:02.000Z' });
    const beyond = change(sending, { type: 'event', kind: 'SENT', message: newer });
    expect(change(beyond, { type: 'sent', message: stored }).pending).toHaveLength(1);
  });

  it('and refused says why, until it is retried or discarded', () => {
    const refused = change(sending, { type: 'send-failed', clientMessageId: 'a', error });
    expect(refused.pending[0]).toMatchObject({ status: 'failed', error });
    expect(refused.pending[1]).toMatchObject({ status: 'sending', error: null });
    expect(change(refused, { type: 'retried', clientMessageId: 'a' })).toEqual(sending);
    const discarded = change(refused, { type: 'discarded', clientMessageId: 'a' });
    expect(discarded.pending).toHaveLength(1);
    expect(change(discarded, { type: 'discarded', clientMessageId: 'a' })).toBe(discarded);
  });
});

it('who takes part, and its title, are as the list has them', () => {
  const listed = { title: 'Dinner', participants: [{ id: 'carol', name: 'Carol', avatarUrl: null }] };
  expect(withDetails(after(read), listed)).toMatchObject(listed);
  expect(withDetails(after(read), undefined)).toMatchObject({ title: 'Lunch' });
  const missing = after({ type: 'read', conversation: null });
  expect(withDetails(missing, listed)).toBe(missing);
});

it('the newest receipt of each reader counts', () => {
  const receipt = (user: string, lastReadMessageId: string): ConversationChange => ({
    type: 'receipt',
    receipt: { user: { id: user, name: user, avatarUrl: null }, lastReadMessageId, readAt: 'now' },
  });
  const state = after(read, receipt('bob', '2'), receipt('carol', '2'), receipt('bob', '3'));
  expect(state.readReceipts.map(({ user, lastReadMessageId }) => [user.id, lastReadMessageId])).toEqual([
    ['carol', '2'],
    ['bob', '3'],
  ]);
});

it('one that is not there is not found, and one that fails keeps what was read', () => {
  expect(after({ type: 'read', conversation: null }).status).toBe('not-found');
  const failed = after(read, { type: 'failed', error });
  expect(failed).toMatchObject({ status: 'failed', error });
  expect(idsOf(failed)).toEqual(['2', '3']);
});
