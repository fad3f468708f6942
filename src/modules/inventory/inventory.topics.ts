// The streams of inventory alerts: one for each product, and one for the whole workspace.
import { toTopic, type Topic } from '../../streams/topic.ts';

export const productAlertsTopic = (workspace: string, productId: string): Topic =>
  toTopic({ workspace, kind: 'inventory-of', key: productId });

export const allAlertsTopic = (workspace: string): Topic =>
  toTopic({ workspace, kind: 'inventory', key: 'all' });
