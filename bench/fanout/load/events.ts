// The events of the two scenarios: what their objects hold, in the order of the selections, and the text in them by which
// each is recognized. All of it is ASCII, so that characters are bytes.

export type Kind = 'order' | 'notification';

/** Whom an event of a topic reaches, by the topic's name: `order/…` or `user/…`. */
export const toTopicName = (kind: Kind, index: number): string =>
  kind === 'order' ? `order/order-${index}` : `user/user-${String(index).padStart(5, '0')}`;

export const idOf = (topicName: string): string => topicName.slice(topicName.indexOf('/') + 1);

/** The same for all topics: one mutation notifies many users. */
export const toText = (label: number): string => `#${String(label).padStart(8, '0')}: it has left the depot`;

/** No other string of an event begins so. */
const labelPattern = /"#(\d{8}): /;

/** The number in the text of an event; null where there is none. */
export function labelIn(message: string): number | null {
  const digits = labelPattern.exec(message)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** As long as the cursors of Tidings are. */
const toCursor = (topicName: string, label: number): string => `${cursorBeginning}${topicName}.${label}`;
const cursorBeginning = 'x'.repeat(130);

export const orderOfTheBench = {
  status: 'SHIPPED',
  trackingNumber: 'JJD000390007882713',
  customerId: 'customer-1',
  customerName: 'Ada Lovelace',
} as const;

export const orderSelection =
  'cursor occurredAt note previousStatus order { id status trackingNumber customer { name } }';
export const notificationSelection =
  'cursor occurredAt kind unreadCount notifications { id type title body }';

/** As a publisher of its own would put it into Redis: `{"orderUpdated":{…}}`. */
export function toMessage(kind: Kind, topicName: string, label: number): object {
  const text = toText(label);
  const cursor = toCursor(topicName, label);
  const occurredAt = new Date().toISOString();
  if (kind === 'order') {
    const { status, trackingNumber, customerName } = orderOfTheBench;
    const order = { id: idOf(topicName), status, trackingNumber, customer: { name: customerName } };
    return { orderUpdated: { cursor, occurredAt, note: text, previousStatus: status, order } };
  }
  const id = '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b';
  const notifications = [{ id, type: 'ORDER', title: 'Your order', body: text }];
  return { notification: { cursor, occurredAt, kind: 'RECEIVED', unreadCount: label, notifications } };
}

/**
 * What the cursor of an event says that Tidings made, `[version, log, topic, number, event]`. null where it has none.
 */
export function positionOf(event: unknown): { readonly topic: string; readonly number: number } | null {
  const [payload] = Object.values(event as Record<string, { readonly cursor: string }>);
  const text = Buffer.from(payload?.cursor ?? '', 'base64url').toString('utf8');
  if (!text.startsWith('[')) return null;
  const [, , topic, number] = JSON.parse(text) as [number, string, string, number, string];
  return { topic, number };
}

/** Names and nesting, without values: `{orderUpdated{cursor,…,order{id,…}}}`. */
export function toShape(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toShape).join()}]`;
  if (typeof value !== 'object' || value === null) return value === null ? '=null' : '';
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}${toShape(inner)}`)
    .join()}}`;
}
