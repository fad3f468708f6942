import { describe, expect, it } from 'vitest';
import { withoutNameOf } from './nameless.ts';

const alice = { id: 'alice', name: 'Alice', avatarUrl: 'https://example.com/a.png' };
const bob = { id: 'bob', name: 'Bob', avatarUrl: null };
const nobody = { id: 'alice', name: 'alice', avatarUrl: null };

describe('a payload without the name of a user', () => {
  it('has it nowhere, however deep, and everything else as it was', () => {
    const payload = { order: { id: '1', customer: alice, tags: ['x'] }, members: [bob, alice], at: null };
    expect(withoutNameOf('alice', payload)).toEqual({
      order: { id: '1', customer: nobody, tags: ['x'] },
      members: [bob, nobody],
      at: null,
    });
    expect(payload.order.customer).toBe(alice);
  });

  it.each([[{ order: { id: 'alice' } }], [[bob]], ['alice'], [null], [7], [{ sender: nobody }]])(
    '%j stays what it is',
    (payload) => {
      expect(withoutNameOf('alice', payload)).toBe(payload);
    },
  );

  it('what only shares the id stays: a product called alice has its name', () => {
    const payload = { product: { id: 'alice', name: 'A speaker' } };
    expect(withoutNameOf('alice', payload)).toBe(payload);
  });
});
