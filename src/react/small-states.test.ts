// The states that are so small that they share a file of tests.
import { CombinedError } from '@urql/core';
import { describe, expect, it } from 'vitest';
import type {
  ConversationFragment,
  OrderFragment,
  PresenceFragment,
  UserFragment,
} from '../client/generated.ts';
import {
  toChangedConversations,
  unknownConversations,
  withMoreConversations,
} from './conversations-state.ts';
import { toReadOrder, toUpdatedOrder, unknownOrder } from './order-state.ts';
import { changePresence, toOutdated, toSeed, unknownPresence, withoutOutdated } from './presence-state.ts';
import { unknownRoom, withStatusOf, type RoomState } from './room-state.ts';
import { toFailedList, toReadList, withNewest } from './stream-list.ts';
import { changeTypists, nobodyTypes } from './typing-state.ts';

const user = (id: string): UserFragment => ({ id, name: id, avatarUrl: null });

describe('an order', () => {
  const order = { id: '1', status: 'PENDING' } as OrderFragment;
  it('is as it was read, or there is none', () => {
    expect(toReadOrder(unknownOrder, order)).toMatchObject({ status: 'live', order });
    expect(toReadOrder(unknownOrder, null)).toMatchObject({ status: 'not-found', order: null });
  });
  it('stays as it was read while events come that were before', () => {
    const [then, now] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    const read = toReadOrder(unknownOrder, { ...order, status: 'DELIVERED', updatedAt: now });
    const update = { cursor: 'c', occurredAt: then, previousStatus: null, note: 'sent' };
    const state = toUpdatedOrder(read, {
      ...update,
      order: { ...order, status: 'SHIPPED', updatedAt: then },
    });
    expect(state).toMatchObject({ order: { status: 'DELIVERED' }, lastUpdate: { note: 'sent' } });
  });
  it('is as its newest event says', () => {
    const update = {
      cursor: 'c',
      occurredAt: 'now',
      previousStatus: order.status,
      note: 'sent',
      order: { ...order, status: 'SHIPPED' },
    } as const;
    expect(toUpdatedOrder(toReadOrder(unknownOrder, order), update)).toMatchObject({
      order: { status: 'SHIPPED' },
      lastUpdate: { note: 'sent' },
    });
  });
});

describe('those who type', () => {
  const says = (id: string, isTyping: boolean) => ({
    conversationId: 'c',
    user: user(id),
    isTyping,
    expiresInMs: null,
  });
  it('are listed from their first word to their last, once', () => {
    const both = [says('bob', true), says('carol', true), says('bob', true)].reduce(
      changeTypists,
      nobodyTypes,
    );
    expect(both.map(({ id }) => id)).toEqual(['bob', 'carol']);
    expect(changeTypists(both, says('bob', false)).map(({ id }) => id)).toEqual(['carol']);
    expect(changeTypists(both, says('dan', false))).toBe(both);
  });
});

describe('presence', () => {
  const is = (userId: string, status: PresenceFragment['status']): PresenceFragment => ({
    userId,
    user: user(userId),
    status,
    activity: null,
    deviceCount: 1,
    lastSeenAt: null,
  });
  it('is the newest of each user', () => {
    const view = [is('bob', 'ONLINE'), is('carol', 'ONLINE'), is('bob', 'AWAY')].reduce(
      changePresence,
      unknownPresence,
    );
    expect([...view.byUser.values()].map(({ userId, status }) => [userId, status])).toEqual([
      ['bob', 'AWAY'],
      ['carol', 'ONLINE'],
    ]);
  });
  it('is shown as it was over an interruption, until the news have come', () => {
    const before = [is('bob', 'ONLINE'), is('carol', 'ONLINE')].reduce(changePresence, unknownPresence);
    const outdated = toOutdated(before);
    expect(outdated.byUser).toBe(before.byUser);
    const told = changePresence(outdated, is('carol', 'AWAY'));
    expect([...told.byUser.keys()]).toEqual(['bob', 'carol']);
    expect([...withoutOutdated(told).byUser.keys()]).toEqual(['carol']);
    expect(withoutOutdated(before)).toBe(before);
  });
});

describe('presence of others', () => {
  const bob = { userId: 'bob', status: 'ONLINE' } as PresenceFragment;
  const carol = { userId: 'carol', status: 'AWAY' } as PresenceFragment;
  const known = [bob, carol].reduce(changePresence, unknownPresence);
  it('begins with what is known of them, until it is told', () => {
    const seed = toSeed(known, ['carol', 'dan']);
    expect(seed).toMatchObject({ status: 'loading', error: null });
    expect([...seed.byUser.keys()]).toEqual(['carol']);
    expect([...withoutOutdated(seed).byUser.keys()]).toEqual([]);
    expect([...toSeed(known, null).byUser.keys()]).toEqual(['bob', 'carol']);
    expect(toSeed(unknownPresence, ['bob'])).toBe(unknownPresence);
  });
});

describe('a room with its events', () => {
  it('is live when both are, and failed when one has', () => {
    const room = (status: RoomState['status'], error: CombinedError | null = null): RoomState => ({
      ...unknownRoom,
      status,
      error,
    });
    const error = new CombinedError({ graphQLErrors: ['no'] });
    expect(withStatusOf(room('live'), room('live')).status).toBe('live');
    expect(withStatusOf(room('live'), room('loading')).status).toBe('loading');
    expect(withStatusOf(room('loading'), room('failed', error))).toMatchObject({ status: 'failed', error });
    expect(withStatusOf(room('failed', error), room('live'))).toMatchObject({ status: 'failed', error });
  });
});

describe('a list of what was told', () => {
  const told = (...ids: string[]) => toReadList(ids);
  it('has the newest in front, each once, and not without end', () => {
    const twice = withNewest(withNewest(told('a'), 'b', String), 'b', String);
    expect(twice.items).toEqual(['b', 'a']);
    const many = Array.from({ length: 200 }, (_, index) => `n${index}`);
    const list = many.reduce((items, item) => withNewest(items, item, String), told());
    expect(list.items).toHaveLength(100);
    expect(list.items[0]).toBe('n199');
  });
  it('keeps what was read when it fails', () => {
    const error = new CombinedError({ graphQLErrors: ['no'] });
    expect(toFailedList(told('a'), error)).toEqual({ status: 'failed', items: ['a'], error });
  });
});

describe('the list of conversations', () => {
  const conversation = (id: string, updatedAt: string) =>
    ({ id, updatedAt, unreadCount: 7 }) as ConversationFragment;
  const told = (conversationId: string, now: ConversationFragment | null) => ({
    cursor: 'c',
    occurredAt: 'now',
    kind: 'MESSAGE_SENT' as const,
    conversationId,
    conversation: now,
    unreadCount: 1,
  });
  const list = { ...unknownConversations, conversations: [conversation('a', '2'), conversation('b', '1')] };
  it('has the last changed in front, with the count of the event', () => {
    const { conversations } = toChangedConversations(list, told('b', conversation('b', '3')));
    expect(conversations.map(({ id, unreadCount }) => [id, unreadCount])).toEqual([
      ['b', 1],
      ['a', 7],
    ]);
  });
  it('has more behind the last, none of them twice', () => {
    const page = {
      nodes: [conversation('b', '1'), conversation('c', '0')],
      cursor: 'c',
      pageInfo: { hasNextPage: false, endCursor: 'end' },
    };
    const more = withMoreConversations({ ...list, hasMore: true, moreFrom: 'b' }, page);
    expect(more.conversations.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(more).toMatchObject({ hasMore: false, moreFrom: 'end' });
  });
  it('loses the one that was left', () => {
    expect(toChangedConversations(list, told('a', null)).conversations.map(({ id }) => id)).toEqual(['b']);
  });
});
