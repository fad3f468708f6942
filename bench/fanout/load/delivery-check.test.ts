import { describe, expect, test } from 'vitest';
import {
  DeliveryCheck,
  DeliveryFault,
  type CheckedSubscriber,
  type CheckedTopic,
  type PublishedEvent,
} from './delivery-check.ts';
import { toMessage, toShape, toText } from './events.ts';
import { protocols, type ProtocolName } from './protocols.ts';

const topicName = 'order/order-0';
const shapes = {
  order: toShape(toMessage('order', topicName, 1)),
  notification: toShape(toMessage('notification', 'user/user-00000', 1)),
};

/** Two subscribers of one topic, unless told otherwise. */
function createScene({
  protocol = 'graphql',
  subscribers: count = 2,
}: { readonly protocol?: ProtocolName; readonly subscribers?: number } = {}) {
  const { wrapping } = protocols[protocol];
  const topic: CheckedTopic = {
    name: topicName,
    kind: 'order',
    subscribers: count,
    events: new Map(),
    unnumbered: new Map(),
  };
  const subscribers = Array.from({ length: count }, (_, index): CheckedSubscriber => ({
    name: `subscriber ${index}`,
    topic,
    address: `id-${index}`,
    lastSequence: 0,
    prefix: null,
  }));
  const delivered: number[] = [];
  const completed: number[] = [];
  const check = new DeliveryCheck({
    wrapping,
    shapes,
    onDelivered: ({ sequence }) => delivered.push(sequence),
    onComplete: ({ sequence }) => completed.push(sequence),
  });
  return {
    delivered,
    completed,
    check,
    subscribers,
    /** Publishes an event and answers its message for a subscriber. */
    publish(label: number) {
      const message = JSON.stringify(toMessage('order', topicName, label));
      const isMadeByServer = wrapping.isNumberedByServer;
      const event: PublishedEvent = {
        sequence: isMadeByServer ? 0 : label,
        label,
        publishedAt: 0,
        text: toText(label),
        message: isMadeByServer ? null : message,
        reference: null,
        missing: count,
      };
      (isMadeByServer ? topic.unnumbered : topic.events).set(label, event);
      return (index: number) => `{"id":"id-${index}","type":"next","payload":{"data":${message}}}`;
    },
    receive(index: number, text: string) {
      const subscriber = subscribers[index];
      if (subscriber === undefined) throw new Error('There is no such subscriber.');
      const bytes = Buffer.from(`??${text}??`);
      check.receive(subscriber, bytes, 2, bytes.length - 2, 1);
    },
  };
}

describe('the check of deliveries', () => {
  test('passes what is complete and in order, and tells when all have an event', () => {
    const { publish, receive, delivered, completed, check, subscribers } = createScene();
    const messages = [1, 2, 3].map(publish);
    for (const message of messages) receive(0, message(0));
    expect(completed).toEqual([]);
    for (const message of messages) receive(1, message(1));
    expect(delivered).toEqual([1, 2, 3, 1, 2, 3]);
    expect(completed).toEqual([1, 2, 3]);
    expect(check.describeMissing(subscribers)).toBeNull();
  });

  test('finds a missing message at the next one', () => {
    const { publish, receive } = createScene();
    const [first, , third] = [1, 2, 3].map(publish);
    receive(0, first!(0));
    expect(() => receive(0, third!(0))).toThrow('event 2 is missing or late: event 3 came after event 1.');
  });

  test('finds a missing message also where none follows, and says for whom', () => {
    const { publish, receive, check, subscribers } = createScene();
    const [first, second] = [1, 2].map(publish);
    for (const index of [0, 1]) receive(index, first!(index));
    receive(0, second!(0));
    expect(check.describeMissing(subscribers)).toBe(
      'subscriber 1 (order/order-0): event 2 has not come; the last was 1.',
    );
  });

  test('finds a message that comes twice', () => {
    const { publish, receive } = createScene();
    const message = publish(1);
    receive(0, message(0));
    expect(() => receive(0, message(0))).toThrow('event 1 came again after event 1.');
  });

  test('finds two messages that are swapped', () => {
    const { publish, receive } = createScene();
    const [first, second, third] = [1, 2, 3].map(publish);
    receive(0, first!(0));
    expect(() => receive(0, third!(0))).toThrow(DeliveryFault);
    expect(() => receive(0, second!(0))).not.toThrow();
  });

  test('finds an altered byte, for the first subscriber and for those who follow', () => {
    const { publish, receive } = createScene();
    const [first, second] = [1, 2].map(publish);
    for (const index of [0, 1]) receive(index, first!(index));
    const altered = (index: number) => second!(index).replace('Lovelace', 'Lovelacf');
    expect(() => receive(0, altered(0))).toThrow('event 2 was altered');
    receive(0, second!(0));
    expect(() => receive(1, altered(1))).toThrow('event 2 was altered');
  });

  test('finds bytes that are left out or added', () => {
    const { publish, receive } = createScene();
    const message = publish(1);
    expect(() => receive(0, message(0).slice(0, -1))).toThrow('was altered');
    expect(() => receive(0, `${message(0)} `)).toThrow('was altered');
  });

  test("finds a message with somebody else's id", () => {
    const { publish, receive } = createScene();
    const [first, second] = [1, 2].map(publish);
    expect(() => receive(0, first!(1))).toThrow('is addressed to somebody else');
    receive(0, first!(0));
    expect(() => receive(0, second!(1))).toThrow('is addressed to somebody else');
  });

  test('finds an event that nobody published, and what is no event', () => {
    const { publish, receive } = createScene();
    publish(1);
    const { publish: publishElsewhere } = createScene();
    expect(() => receive(0, publishElsewhere(7)(0))).toThrow('event 7 came, which is not on its way');
    expect(() => receive(0, '{"id":"id-0","type":"error","payload":[{"message":"No."}]}')).toThrow(
      'a message that is no event: {"id":"id-0","type":"error"',
    );
  });

  describe('where the server numbers events', () => {
    /** Tidings may store in another order than it was asked in. */
    const storedAs = (label: number, number: number, topic = 'bench/order/order-0') => {
      const cursor = Buffer.from(JSON.stringify([1, 'log', topic, number, `event-${number}`]));
      const message = JSON.stringify(toMessage('order', topicName, label));
      const stored = message.replace(/"cursor":"[^"]*"/, `"cursor":"${cursor.toString('base64url')}"`);
      return (index: number) => `{"id":"id-${index}","type":"next","payload":{"data":${stored}}}`;
    };

    test('goes by its numbers, in whatever order they were published', () => {
      const { publish, receive, completed, check, subscribers } = createScene({ protocol: 'tidings' });
      [1, 2].map(publish);
      const stored = [storedAs(2, 41), storedAs(1, 42)];
      for (const index of [0, 1]) for (const message of stored) receive(index, message(index));
      expect(completed).toEqual([41, 42]);
      expect(check.describeMissing(subscribers)).toBeNull();
    });

    test('finds a gap in its numbers', () => {
      const { publish, receive } = createScene({ protocol: 'tidings' });
      [1, 2].map(publish);
      receive(0, storedAs(1, 41)(0));
      expect(() => receive(0, storedAs(2, 43)(0))).toThrow('event 42 is missing or late');
    });

    test('finds an event under two numbers, two events under one, another topic and other fields', () => {
      const { publish, receive } = createScene({ protocol: 'tidings' });
      [1, 2].map(publish);
      receive(0, storedAs(1, 41)(0));
      expect(() => receive(0, storedAs(1, 42)(0))).toThrow('not on its way');
      expect(() => receive(1, storedAs(2, 41)(1))).toThrow('was altered');
      expect(() => receive(0, storedAs(2, 42, 'bench/order/order-1')(0))).toThrow('was altered');
      expect(() => receive(0, storedAs(2, 42)(0).replace('"customer"', '"buyer"'))).toThrow('was altered');
    });

    test('tells of an event that nobody has got', () => {
      const { publish, check, subscribers } = createScene({ protocol: 'tidings' });
      publish(1);
      expect(check.describeMissing(subscribers)).toBe(
        `Nobody (order/order-0) has got the event "${toText(1)}".`,
      );
    });
  });

  test('checks every message in full where a topic has one subscriber', () => {
    const { publish, receive } = createScene({ subscribers: 1 });
    const [first, second] = [1, 2].map(publish);
    receive(0, first!(0));
    expect(() => receive(0, second!(0).replace('SHIPPED', 'SHIPPEF'))).toThrow('was altered');
  });
});
