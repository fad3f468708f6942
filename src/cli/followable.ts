// What can be followed from a terminal: the subscriptions of the schema, each by a short name. followable.test.ts compares.

export interface Followable {
  /** What is typed. */
  readonly name: string;
  /** The field of the schema, which may be typed as well. */
  readonly field: string;
}

const of = (name: string, field = name): Followable => ({ name, field });

export const followables: readonly Followable[] = [
  of('order', 'orderUpdated'),
  of('booking', 'bookingUpdated'),
  of('inventory', 'inventoryAlert'),
  of('announcement'),
  of('notification'),
  of('message', 'chatMessage'),
  of('conversation', 'conversationUpdated'),
  of('read-receipt', 'readReceipt'),
  of('typing'),
  of('presence', 'presenceChanged'),
  of('room', 'roomPresence'),
  of('room-event', 'roomEvent'),
  of('stats', 'serverStats'),
];
