import { beforeEach, describe, expect, test } from 'vitest';
import { Ledger, tally } from './ledger.ts';

let now = 0;
let ledger: Ledger;
const acknowledge = (source: string, count: number): void => {
  for (let index = 0; index < count; index += 1) ledger.acknowledge(source);
};
const receive = (...numbers: number[]): void =>
  numbers.forEach((number) => ledger.receive('ada', 'order', number));
beforeEach(() => {
  now = 0;
  ledger = new Ledger(() => now);
  acknowledge('order', 2);
  ledger.follow('ada', 'order', 2, 0);
});

describe('what a follower is owed', () => {
  test('everything after what it has seen, in order and once', () => {
    acknowledge('order', 3);
    receive(3, 4, 5);
    expect(ledger.close()).toEqual([]);
    expect([ledger.acknowledgements, ledger.expected, ledger.deliveries]).toEqual([5, 3, 3]);
  });

  test('what it has seen already may come first, when it begins', () => {
    acknowledge('order', 1);
    receive(1, 2, 3);
    expect(ledger.close()).toEqual([]);
  });

  test('an event may come before its acknowledgement', () => {
    receive(3);
    acknowledge('order', 1);
    expect(ledger.close()).toEqual([]);
  });

  test('each of a collection for itself', () => {
    ledger.follow('ada', 'other', 0, 0);
    acknowledge('other', 1);
    acknowledge('order', 1);
    receive(3);
    ledger.receive('ada', 'other', 1);
    expect(ledger.close()).toEqual([]);
  });
});

describe('what goes wrong is told', () => {
  test('lost at the end, and with whom and when', () => {
    now = 7;
    acknowledge('order', 2);
    receive(3);
    expect(ledger.close()).toEqual([{ kind: 'lost', follower: 'ada', source: 'order', number: 4, at: 7 }]);
  });

  test('lost in the middle', () => {
    acknowledge('order', 3);
    receive(3, 5);
    expect(ledger.close()).toMatchObject([{ kind: 'lost', number: 4 }]);
  });

  test('lost by whoever received nothing at all', () => {
    acknowledge('order', 2);
    expect(tally(ledger.close())).toEqual({ lost: 2, repeated: 0, outOfOrder: 0 });
  });

  test('out of order, and repeated', () => {
    acknowledge('order', 3);
    receive(3, 5, 4, 4);
    expect(ledger.close()).toMatchObject([
      { kind: 'outOfOrder', number: 4 },
      { kind: 'repeated', number: 4 },
    ]);
  });

  test('what it had certainly seen when it began', () => {
    ledger.follow('ada', 'order', 2, 1);
    receive(1, 2);
    expect(ledger.close()).toMatchObject([
      { kind: 'repeated', number: 1 },
      { kind: 'repeated', number: 2 },
    ]);
  });

  test('something that is not followed is an error', () => {
    expect(() => ledger.receive('ada', 'other', 1)).toThrow(/does not follow/);
  });
});

test('a mark is reached when everybody has everything up to it', () => {
  acknowledge('order', 2);
  const mark = ledger.mark();
  receive(4);
  expect(ledger.reached(mark)).toBe(false);
  acknowledge('order', 1);
  receive(3);
  expect(ledger.reached(mark)).toBe(true);
  expect(ledger.reached(ledger.mark())).toBe(false);
});
