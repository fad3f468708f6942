// How events get to the contenders: as messages in Redis, or as mutations on another node of Tidings.
import { Redis } from 'ioredis';
import { createPublisher } from '../../load.ts';
import type { PackagePublisher } from './package-publishers.mjs';
import { idOf, orderOfTheBench, toMessage, toText, type Kind } from './events.ts';

export interface PublishableEvent {
  readonly topicName: string;
  /** The text in it by which it is recognized. */
  readonly text: string;
  /** What a publisher of its own puts into Redis, and the same as text; null where the server makes the event. */
  readonly message: object | null;
  readonly json: string | null;
}

export interface Publisher {
  /** false: the server makes the events and numbers them, and the publisher tells it only their texts. */
  readonly sendsMessages: boolean;
  /** Calls for the same topics that may be under way at once. */
  maxUnderWay(kind: Kind): number;
  /** Makes what nobody can follow before it is there. */
  prepare(orders: readonly string[]): Promise<void>;
  /** One event for each of several topics, all with the same text. Resolves when it is published. */
  publish(kind: Kind, events: readonly PublishableEvent[]): Promise<void>;
  close(): void;
}

/** `as` says whether it is told as a message. */
export function toPublishable(
  kind: Kind,
  topicName: string,
  { label, as }: { readonly label: number; readonly as: Pick<Publisher, 'sendsMessages'> },
): PublishableEvent {
  const message = as.sendsMessages ? toMessage(kind, topicName, label) : null;
  const json = message === null ? null : JSON.stringify(message);
  return { topicName, text: toText(label), message, json };
}

export type PublisherName = 'redis' | 'socket.io' | 'mqemitter' | 'mutations';

export interface PublisherTarget {
  readonly redisUrl: string;
  /** Of the node that takes mutations; null where there is none. */
  readonly url: string | null;
  readonly token: string;
}

export async function openPublisher(name: PublisherName, target: PublisherTarget): Promise<Publisher> {
  switch (name) {
    case 'redis':
      return openRedisPublisher(target.redisUrl);
    case 'mutations':
      return createMutationPublisher(target);
    case 'socket.io': {
      const { openSocketIoPublisher } = await import('./package-publishers.mjs');
      return fromPackage(openSocketIoPublisher(target.redisUrl));
    }
    case 'mqemitter': {
      const { openMqEmitterPublisher } = await import('./package-publishers.mjs');
      return fromPackage(openMqEmitterPublisher(target.redisUrl));
    }
  }
}

function openRedisPublisher(redisUrl: string): Publisher {
  const redis = new Redis(redisUrl, { enableAutoPipelining: true });
  return toPublisher({
    publish: ({ topicName, json }) => void redis.publish(topicName, json ?? ''),
    close: () => redis.disconnect(),
  });
}

const fromPackage = (packaged: PackagePublisher): Publisher =>
  toPublisher({
    publish: ({ topicName, message }) => packaged.publish(topicName, message ?? {}),
    close: () => packaged.close(),
  });

/** Redis keeps the order of one connection: nothing is waited for. */
const toPublisher = (to: { publish(event: PublishableEvent): void; close(): void }): Publisher => ({
  sendsMessages: true,
  maxUnderWay: () => Number.POSITIVE_INFINITY,
  prepare: async () => undefined,
  async publish(_kind, events) {
    for (const event of events) to.publish(event);
  },
  close: () => to.close(),
});

const upsert = 'mutation ($users: [UserInput!]!) { upsertUsers(users: $users) { users { id } } }';
const send =
  'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { recipientCount } }';

const publishOrder =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';

/** Publishes of one order that wait for each other in the database rather than here. */
const ordersUnderWay = 4;

function createMutationPublisher({ url, token }: PublisherTarget): Publisher {
  if (url === null) throw new Error('There is no node to send mutations to.');
  const node = createPublisher({ url, token }, ordersUnderWay);
  const { status, trackingNumber, customerId, customerName } = orderOfTheBench;
  const updateOrder = (topicName: string, note: string) =>
    node.send(publishOrder, {
      input: { orderId: idOf(topicName), customerId, status, trackingNumber, note },
    });
  return {
    sendsMessages: false,
    // What is sent to the same users at once would wait for the same rows of their feeds.
    maxUnderWay: (kind) => (kind === 'order' ? ordersUnderWay : 1),
    async prepare(orders) {
      await node.send(upsert, { users: [{ id: customerId, name: customerName }] });
      for (const order of orders) await updateOrder(order, 'A new order');
    },
    async publish(kind, events) {
      if (kind === 'order') {
        for (const { topicName, text } of events) await updateOrder(topicName, text);
        return;
      }
      const userIds = events.map(({ topicName }) => idOf(topicName));
      await node.send(send, {
        input: { userIds, type: 'ORDER', title: 'Your order', body: events[0]?.text },
      });
    },
    close: () => node.close(),
  };
}
