// What is published and followed in an audit: an event of a source carries its number, and so does the query that shows
// where the source stands.

/** An operation with its variables. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One publisher's sequence. */
export interface Source {
  readonly id: string;
  /** Whose token publishes. */
  readonly publisher: string;
  publish(number: number): Operation;
}

/** Something that is followed: one source, or a collection of several. */
export interface Followed {
  readonly viewer: string;
  readonly staff: boolean;
  readonly snapshot: Operation;
  subscription(after: string): Operation;
  /** The cursor, and how far each source is that will be followed. */
  readSnapshot(data: unknown): { readonly cursor: string; readonly numbers: ReadonlyMap<string, number> };
  readEvent(data: unknown): { readonly cursor: string; readonly source: string; readonly number: number };
}

export const orderSource = (id: string, customerId: string): Source => ({
  id,
  publisher: 'shop',
  publish: (number) => ({
    query:
      'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { deduplicated } }',
    variables: {
      input: {
        orderId: id,
        customerId,
        status: 'PROCESSING',
        data: { number },
        idempotencyKey: `${id}-${number}`,
      },
    },
  }),
});

export const chatSource = (conversationId: string, writer: string): Source => ({
  id: conversationId,
  publisher: writer,
  publish: (number) => ({
    query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { cursor } }',
    variables: { input: { conversationId, body: `${number}`, clientMessageId: `${number}` } },
  }),
});

interface OrderData {
  readonly id: string;
  readonly data: { readonly number: number };
}

const orderEvent = ({
  orderUpdated: { cursor, order },
}: {
  orderUpdated: { cursor: string; order: OrderData };
}) => ({
  cursor,
  source: order.id,
  number: order.data.number,
});

export const followOrder = (id: string): Followed => ({
  viewer: 'staff',
  staff: true,
  snapshot: { query: 'query ($id: ID!) { order(id: $id) { cursor id data } }', variables: { id } },
  subscription: (after) => ({
    query:
      'subscription ($id: ID, $after: Cursor) { orderUpdated(orderId: $id, after: $after) { cursor order { id data } } }',
    variables: { id, after },
  }),
  readSnapshot: ({ order }: { order: OrderData & { cursor: string } }) => ({
    cursor: order.cursor,
    numbers: new Map([[order.id, order.data.number]]),
  }),
  readEvent: orderEvent,
});

/** All orders of a customer, in one stream. */
export const followOrdersOf = (customerId: string): Followed => ({
  viewer: customerId,
  staff: false,
  snapshot: { query: '{ orders(first: 100) { cursor nodes { id data } } }', variables: {} },
  subscription: (after) => ({
    query: 'subscription ($after: Cursor) { orderUpdated(after: $after) { cursor order { id data } } }',
    variables: { after },
  }),
  readSnapshot: ({ orders }: { orders: { cursor: string; nodes: readonly OrderData[] } }) => ({
    cursor: orders.cursor,
    numbers: new Map(orders.nodes.map(({ id, data }) => [id, data.number])),
  }),
  readEvent: orderEvent,
});

export const followConversation = (id: string, participant: string): Followed => ({
  viewer: participant,
  staff: false,
  snapshot: {
    query: 'query ($id: ID!) { conversation(id: $id) { cursor lastMessage { body } } }',
    variables: { id },
  },
  subscription: (after) => ({
    query:
      'subscription ($id: ID!, $after: Cursor) { chatMessage(conversationId: $id, after: $after) { cursor message { body } } }',
    variables: { id, after },
  }),
  readSnapshot: ({
    conversation,
  }: {
    conversation: { cursor: string; lastMessage: { body: string } | null };
  }) => ({
    cursor: conversation.cursor,
    numbers: new Map([[id, Number(conversation.lastMessage?.body ?? 0)]]),
  }),
  readEvent: ({ chatMessage }: { chatMessage: { cursor: string; message: { body: string } } }) => ({
    cursor: chatMessage.cursor,
    source: id,
    number: Number(chatMessage.message.body),
  }),
});
