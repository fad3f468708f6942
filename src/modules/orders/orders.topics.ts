// The streams of orders: one for each order, and one for each customer over all of their orders.
import { toTopic, type Topic } from '../../streams/topic.ts';

export const orderTopic = (workspace: string, orderId: string): Topic =>
  toTopic({ workspace, kind: 'order', key: orderId });

export const ordersOfTopic = (workspace: string, customerId: string): Topic =>
  toTopic({ workspace, kind: 'orders-of', key: customerId });
