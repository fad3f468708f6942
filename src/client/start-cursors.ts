// Where an event stream stands before its first event is heard. A subscription without a cursor would lose what happens
// before its first event when the connection drops meanwhile, so one is asked for first.

/** Asks for `cursor` in its only root field. null: this subscription has none, and begins with what comes. */
export interface CursorQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** By the subscription's root field; it gets the field's arguments. */
export type CursorQueries = Readonly<
  Record<string, (args: Readonly<Record<string, unknown>>) => CursorQuery | null>
>;

const ofOne = (field: string, id: unknown): CursorQuery => ({
  query: `query ($id: ID!) { ${field}(id: $id) { cursor } }`,
  variables: { id },
});
const ofList = (field: string): CursorQuery => ({
  query: `{ ${field}(first: 1) { cursor } }`,
  variables: {},
});

/** Those of schema.graphql. */
export const cursorQueries: CursorQueries = {
  announcement: () => ofList('announcements'),
  bookingUpdated: ({ bookingId }) => (bookingId == null ? ofList('bookings') : ofOne('booking', bookingId)),
  chatMessage: ({ conversationId }) => ofOne('conversation', conversationId),
  conversationUpdated: () => ofList('conversations'),
  inventoryAlert: ({ productId }) => ({
    query: 'query ($productId: ID) { inventoryAlerts(first: 1, productId: $productId) { cursor } }',
    variables: { productId: productId ?? null },
  }),
  notification: () => ofList('notifications'),
  orderUpdated: ({ orderId }) => (orderId == null ? ofList('orders') : ofOne('order', orderId)),
  roomEvent: ({ room }) => ({
    query: 'query ($room: ID!) { roomEvents(first: 1, room: $room) { cursor } }',
    variables: { room },
  }),
};

/** null where there is nothing yet, an order that nobody has published, say. */
export function readStartCursor(data: Readonly<Record<string, unknown>> | null | undefined): string | null {
  const [root] = Object.values(data ?? {}) as ({ readonly cursor?: unknown } | null)[];
  return typeof root?.cursor === 'string' ? root.cursor : null;
}
