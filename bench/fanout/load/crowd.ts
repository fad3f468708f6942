// All subscribers of one scenario: connects them at a bounded pace, checks what they get, and takes them away again.
import { signDevelopmentToken } from '../../../src/auth/development.ts';
import { openConnection, type Connection } from './connection.ts';
import { DeliveryCheck, DeliveryFault, type CheckedSubscriber, type CheckedTopic } from './delivery-check.ts';
import { idOf, toMessage, toShape, toTopicName, type Kind } from './events.ts';
import { protocols, type ProtocolName } from './protocols.ts';
import { OthersCheck } from './others-check.ts';
import { openPublisher, toPublishable, type PublisherName } from './publishers.ts';
import { drainMs, Traffic, Undelivered } from './traffic.ts';

export interface CrowdOptions {
  readonly protocol: ProtocolName;
  readonly publisher: PublisherName;
  readonly kind: Kind;
  /** Each with a topic of its own where that is a notification; all with the same one where it is an order. */
  readonly connections: number;
  readonly port: number;
  /** Of the node that takes mutations; null where there is none. */
  readonly publishUrl: string | null;
  readonly redisUrl: string;
  /** Orders that each may follow besides. */
  readonly others: number;
}

export interface ConnectFigures {
  readonly seconds: number;
}

export interface Crowd {
  readonly traffic: Traffic;
  connect(): Promise<ConnectFigures>;
  /** What has not come, in a sentence; null where nothing is missing. */
  describeMissing(): string | null;
  /** Each connection follows the other orders as well. */
  follow(): void;
  /** An event of each of them. Rejects where one of them does not reach everybody, or reaches somebody twice. */
  probeOthers(): Promise<void>;
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

const workspace = 'bench';
/** Handshakes under way. */
const handshakes = 32;
/** Ephemeral ports of one address are about 28,000, and those closed lately stay taken for a minute. */
const perAddress = 2_000;

const shapes = {
  order: toShape(toMessage('order', toTopicName('order', 0), 1)),
  notification: toShape(toMessage('notification', toTopicName('notification', 0), 1)),
};

export async function openCrowd(options: CrowdOptions): Promise<Crowd> {
  const { kind, connections: count } = options;
  const protocol = protocols[options.protocol];
  const scope = 'users:write orders:publish notifications:send';
  const publisher = await openPublisher(options.publisher, {
    redisUrl: options.redisUrl,
    url: options.publishUrl,
    token: await signDevelopmentToken({ user: 'backend', workspace, scope }),
  });
  const others = Array.from({ length: options.others }, (_, index) => toTopicName('order', index + 1));
  await publisher.prepare(kind === 'order' ? [toTopicName(kind, 0), ...others] : others);

  const topics: readonly CheckedTopic[] = Array.from(
    { length: kind === 'order' ? 1 : count },
    (_, index) => ({
      name: toTopicName(kind, index),
      kind,
      subscribers: kind === 'order' ? count : 1,
      events: new Map(),
      unnumbered: new Map(),
    }),
  );
  const topicOf = (index: number): CheckedTopic => {
    const topic = topics[index % topics.length];
    if (topic === undefined) throw new Error('A crowd needs at least one connection.');
    return topic;
  };
  const traffic = new Traffic({ publisher, kind, topics });
  const check = new DeliveryCheck({
    wrapping: protocol.wrapping,
    shapes,
    onDelivered: (event, receivedAt) => traffic.noteDelivered(event, receivedAt),
    onComplete: () => traffic.noteComplete(),
  });
  const othersCheck = new OthersCheck(others.map(idOf));
  const subscribers: CheckedSubscriber[] = [];
  const connections: Connection[] = [];

  const connectOne = async (index: number, token: string | null): Promise<void> => {
    const topic = topicOf(index);
    const conversation = protocol.converse(kind, topic.name, token);
    const subscriber: CheckedSubscriber = {
      name: `connection ${index}`,
      topic,
      address: conversation.address,
      lastSequence: 0,
      prefix: null,
    };
    subscribers.push(subscriber);
    const connection = await openConnection({
      port: options.port,
      localAddress: `127.0.0.${2 + Math.floor(index / perAddress)}`,
      protocol,
      conversation,
      onMessage: (bytes, from, to, receivedAt) => check.receive(subscriber, bytes, from, to, receivedAt),
      onMessageOfOthers: (text) => othersCheck.receive(subscriber.name, text),
      onFault: (error) =>
        traffic.noteFault(
          error instanceof DeliveryFault ? error : new Error(`${subscriber.name}: ${error.message}`),
        ),
    });
    connections.push(connection);
  };
  /** Everybody is somebody else: staff may follow any order, and notifications are those of the token's user. */
  const signTokens = () =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        if (options.protocol !== 'tidings') return null;
        return kind === 'order'
          ? signDevelopmentToken({ user: `staff-${index}`, workspace, roles: ['staff'] })
          : signDevelopmentToken({ user: idOf(topicOf(index).name), workspace });
      }),
    );

  const disconnect = async (): Promise<void> => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    subscribers.length = 0;
  };

  return {
    traffic,
    async connect() {
      const tokens = await signTokens();
      const began = performance.now();
      let next = 0;
      const connectInTurn = async (): Promise<void> => {
        while (next < count) {
          const index = next++;
          await connectOne(index, tokens[index] ?? null);
        }
      };
      await Promise.all(Array.from({ length: handshakes }, connectInTurn));
      return { seconds: (performance.now() - began) / 1_000 };
    },
    describeMissing: () => check.describeMissing(subscribers),
    follow() {
      for (const { name } of subscribers) othersCheck.expect(name);
      for (const connection of connections) connection.follow(others);
    },
    async probeOthers() {
      const events = others.map((name) => toPublishable('order', name, { label: 1, as: publisher }));
      await publisher.publish('order', events);
      await traffic.until(() => othersCheck.missing === null, drainMs);
      if (othersCheck.missing !== null) throw new Undelivered(othersCheck.missing);
    },
    disconnect,
    async close() {
      await disconnect();
      publisher.close();
    },
  };
}
