import { describe, expect, it } from 'vitest';
import {
  applyUpdate,
  maxTransitions,
  requireOrderChange,
  type OrderChange,
  type OrderView,
} from './apply-update.ts';

const known = { id: '42', customer: { id: 'alice', name: 'Alice', avatarUrl: null } };
const at = (number: number) => ({
  occurredAt: `2026-11-21T00:00:${String(number % 60).padStart(2, '0')}.000Z`,
  position: { topic: 'acme/order/42', number, eventId: `event-${number}` },
});

/** The order after these updates. */
const after = (...changes: OrderChange[]): OrderView =>
  changes.reduce<OrderView | null>(
    (previous, change, index) => applyUpdate(previous, known, change, at(index + 1)).order,
    null,
  ) as OrderView;

describe('what an update makes of an order', () => {
  it('begins one: unpaid, with its first status in the timeline and no previous one', () => {
    const { order, previousStatus, note } = applyUpdate(null, known, { status: 'PENDING' }, at(1));
    expect(previousStatus).toBeNull();
    expect(note).toBeNull();
    expect(order).toMatchObject({
      status: 'PENDING',
      paymentStatus: 'UNPAID',
      total: null,
      createdAt: at(1).occurredAt,
    });
    expect(order.timeline).toEqual([{ status: 'PENDING', note: null, occurredAt: at(1).occurredAt }]);
  });

  it('keeps what is left out and empties what is null', () => {
    const total = { amount: '9.99', currency: 'EUR' };
    const first: OrderChange = {
      status: 'PENDING',
      paymentStatus: 'PAID',
      total,
      itemCount: 2,
      trackingNumber: 'T',
      data: 1,
    };
    expect(after(first, { status: 'SHIPPED' })).toMatchObject({
      paymentStatus: 'PAID',
      total,
      itemCount: 2,
      data: 1,
    });
    const emptied = {
      status: 'SHIPPED',
      total: null,
      itemCount: null,
      trackingNumber: null,
      data: null,
    } as const;
    expect(after(first, emptied)).toMatchObject({
      total: null,
      itemCount: null,
      trackingNumber: null,
      data: null,
    });
    expect(after(first, { status: 'SHIPPED', paymentStatus: null }).paymentStatus).toBe('PAID');
  });

  it('adds to the timeline only where the status changes, whichever follows which', () => {
    const order = after(
      { status: 'DELIVERED' },
      { status: 'DELIVERED', note: 'seen' },
      { status: 'PENDING', note: 'a mistake' },
    );
    expect(order.timeline.map(({ status, note }) => [status, note])).toEqual([
      ['DELIVERED', null],
      ['PENDING', 'a mistake'],
    ]);
    expect(order.createdAt).toBe(at(1).occurredAt);
    expect(order.updatedAt).toBe(at(3).occurredAt);
    expect(order.position).toEqual(at(3).position);
  });

  it('refuses a change of status beyond what a timeline holds, and still takes the same status', () => {
    const flips = Array.from({ length: maxTransitions }, (_, index) => ({
      status: index % 2 === 0 ? ('PENDING' as const) : ('SHIPPED' as const),
    }));
    const full = after(...flips);
    expect(full.timeline).toHaveLength(maxTransitions);
    expect(() => applyUpdate(full, known, { status: 'PENDING' }, at(1))).toThrow('all that a timeline holds');
    expect(applyUpdate(full, known, { status: 'SHIPPED', note: 'still' }, at(1)).note).toBe('still');
  });
});

describe('what an update may hold', () => {
  it.each<[string, Omit<OrderChange, 'status'>]>([
    ['`total.amount`', { total: { amount: '1,50', currency: 'EUR' } }],
    ['`total.amount`', { total: { amount: '-1', currency: 'EUR' } }],
    ['`total.currency`', { total: { amount: '1', currency: 'EURO' } }],
    ['`itemCount`', { itemCount: -1 }],
    ['`note`', { note: 'x'.repeat(2_001) }],
    ['`trackingNumber`', { trackingNumber: '\uD800' }],
    ['`data`', { data: { text: 'a\u0000b' } }],
    ['`data`', { data: 'x'.repeat(64 * 1_024) }],
  ])('%s is refused by name: %j', (argument, change) => {
    expect(() => requireOrderChange({ status: 'PENDING', ...change })).toThrow(argument);
  });
});
