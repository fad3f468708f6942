import { beforeEach, describe, expect, test } from 'vitest';
import { OthersCheck } from './others-check.ts';

const toMessage = (orderId: string) =>
  JSON.stringify({ id: 'op', type: 'next', payload: { data: { orderUpdated: { order: { id: orderId } } } } });

let check: OthersCheck;
beforeEach(() => {
  check = new OthersCheck(['order-1', 'order-2']);
  check.expect('a');
  check.expect('b');
});

describe('what those who follow other orders get', () => {
  test('is complete with one event of each, for everybody', () => {
    for (const follower of ['a', 'b'])
      for (const id of ['order-2', 'order-1']) check.receive(follower, toMessage(id));
    expect(check.missing).toBeNull();
  });

  test('is missed by its name', () => {
    for (const id of ['order-2', 'order-1']) check.receive('a', toMessage(id));
    check.receive('b', toMessage('order-1'));
    expect(check.missing).toBe('b has not got the events of order-2.');
  });

  test.each([
    ['twice', toMessage('order-1')],
    ['of an order that nobody follows', toMessage('order-3')],
    ['as a refusal', '{"id":"op","type":"error","payload":[{"message":"There is no such order."}]}'],
  ])('is wrong where it comes %s', (_how, message) => {
    check.receive('a', toMessage('order-1'));
    expect(() => check.receive('a', message)).toThrow(
      /^a, of other orders, got what it is not waiting for: /,
    );
  });
});
