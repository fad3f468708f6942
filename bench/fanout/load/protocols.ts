// How the contenders are spoken to until a subscription stands, and how they wrap what they send.
import { randomUUID } from 'node:crypto';
import type { Wrapping } from './delivery-check.ts';
import { notificationSelection, orderSelection, idOf, type Kind } from './events.ts';

export type ProtocolName = 'bare' | 'socket.io' | 'graphql' | 'tidings';

export interface Conversation {
  /** What each of its messages contains before the payload. */
  readonly address: string;
  /**
   * Called after the upgrade with null, then with each message until `isLive`: what to send, and whether only events
   * follow.
   */
  answer(message: string | null): { readonly send: string | null; readonly isLive: boolean };
  /** What is said to follow another topic as well, once it is live. */
  follow(topicName: string): string;
}

export interface Protocol {
  readonly path: string;
  readonly subprotocol: string | null;
  readonly wrapping: Wrapping;
  /** What says that another topic is followed as well; null where nothing does. */
  readonly followed: string | null;
  /** What answers the server's own way to ask whether the client is alive; null for a message that is none. */
  answerToPing(bytes: Buffer, from: number, to: number): string | null;
  /** The token is needed by Tidings only. */
  converse(kind: Kind, topicName: string, token: string | null): Conversation;
}

const bare: Protocol = {
  path: '/',
  subprotocol: null,
  wrapping: {
    marker: '"event":',
    head: '',
    tail: '}',
    unwrap: (text) => (JSON.parse(text) as { event: unknown }).event,
    isNumberedByServer: false,
  },
  followed: null,
  answerToPing: () => null,
  converse: (_kind, topicName) => ({
    address: JSON.stringify(topicName),
    answer: () => ({ send: JSON.stringify({ subscribe: topicName }), isLive: true }),
    follow: (other) => JSON.stringify({ subscribe: other }),
  }),
};

const socketIo: Protocol = {
  path: '/socket.io/?EIO=4&transport=websocket',
  subprotocol: null,
  wrapping: {
    marker: '["event",',
    head: '',
    tail: ']',
    unwrap: (text) => (JSON.parse(text.slice(2)) as unknown[])[1],
    isNumberedByServer: false,
  },
  followed: '431[]',
  answerToPing: (bytes, from, to) => (to - from === 1 && bytes[from] === 0x32 ? '3' : null),
  converse: (_kind, topicName) => ({
    address: '42',
    answer(message) {
      if (message === null) return { send: null, isLive: false };
      if (message.startsWith('0')) return { send: '40', isLive: false };
      if (message.startsWith('40'))
        return { send: `420${JSON.stringify(['subscribe', topicName])}`, isLive: false };
      if (message === '430[]') return { send: null, isLive: true };
      throw new Error(`Socket.IO said ${message} before the subscription stood.`);
    },
    follow: (other) => `421${JSON.stringify(['subscribe', other])}`,
  }),
};

/** Longer than any ping and shorter than any event. */
const maxPingLength = 40;

const graphQlWith = (
  isNumberedByServer: boolean,
  toOperation: (kind: Kind, topicName: string) => object,
): Protocol => ({
  path: '/graphql',
  subprotocol: 'graphql-transport-ws',
  wrapping: {
    marker: '"payload":',
    head: '{"data":',
    tail: '}}',
    unwrap: (text) => (JSON.parse(text) as { payload: { data: unknown } }).payload.data,
    isNumberedByServer,
  },
  followed: null,
  answerToPing: (bytes, from, to) =>
    to - from < maxPingLength && bytes.toString('latin1', from, to) === '{"type":"ping"}'
      ? '{"type":"pong"}'
      : null,
  converse(kind, topicName, token) {
    // As long as the ids of the official client.
    const id = randomUUID();
    const payload = token === null ? {} : { payload: { token } };
    return {
      address: id,
      answer(message) {
        if (message === null)
          return { send: JSON.stringify({ type: 'connection_init', ...payload }), isLive: false };
        const { type } = JSON.parse(message) as { type: string };
        if (type !== 'connection_ack')
          throw new Error(`The server said ${message} before the subscription stood.`);
        return { send: toSubscribe(id, toOperation(kind, topicName)), isLive: true };
      },
      follow: (other) => toSubscribe(randomUUID(), toOperation(kind, other)),
    };
  },
});

const toSubscribe = (id: string, payload: object): string =>
  JSON.stringify({ id, type: 'subscribe', payload });

const followOrder = `subscription ($orderId: ID!) { orderUpdated(orderId: $orderId) { ${orderSelection} } }`;
const followUser = `subscription ($userId: ID!) { notification(userId: $userId) { ${notificationSelection} } }`;
/** In Tidings the token says whose notifications they are. */
const followOwn = `subscription { notification { ${notificationSelection} } }`;

const graphQl = graphQlWith(false, (kind, topicName) =>
  kind === 'order'
    ? { query: followOrder, variables: { orderId: idOf(topicName) } }
    : { query: followUser, variables: { userId: idOf(topicName) } },
);

const tidings = graphQlWith(true, (kind, topicName) =>
  kind === 'order' ? { query: followOrder, variables: { orderId: idOf(topicName) } } : { query: followOwn },
);

export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  bare,
  'socket.io': socketIo,
  graphql: graphQl,
  tidings,
};
