// Whether those who follow other orders as well really do: one event of each reaches everybody, once.
import { DeliveryFault } from './delivery-check.ts';

/** In every contender's message of an order. */
const orderIdPattern = /"id":"(order-\d+)"/;

export class OthersCheck {
  readonly #orderIds: readonly string[];
  /** Of each follower, the orders whose event has not come. */
  readonly #outstanding = new Map<string, Set<string>>();

  constructor(orderIds: readonly string[]) {
    this.#orderIds = orderIds;
  }

  expect(follower: string): void {
    this.#outstanding.set(follower, new Set(this.#orderIds));
  }

  /** Throws DeliveryFault. */
  receive(follower: string, message: string): void {
    const orderId = orderIdPattern.exec(message)?.[1];
    const orders = this.#outstanding.get(follower);
    if (orderId === undefined || orders?.delete(orderId) !== true)
      throw new DeliveryFault(`${follower}, of other orders, got what it is not waiting for: ${message}`);
    if (orders.size === 0) this.#outstanding.delete(follower);
  }

  /** What has not come, in a sentence; null where everything has. */
  get missing(): string | null {
    for (const [follower, orders] of this.#outstanding)
      return `${follower} has not got the events of ${[...orders].join(', ')}.`;
    return null;
  }
}
