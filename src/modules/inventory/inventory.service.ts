// Inventory alerts: events and nothing beside them, so that the log is all they need.
import type { Viewer } from '../../auth/viewer.ts';
import { badInput } from '../../errors.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import { optionalIdempotencyKey, requireId, requireText } from '../../schema/input.ts';
import { readRecentEvents, type RecentEvents } from '../../schema/recent-events.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import { publishOnce, type Published } from '../../streams/publish-once.ts';
import type { Topic } from '../../streams/topic.ts';
import { mayFollowInventory, requireMayPublishInventory } from './inventory.policy.ts';
import { allAlertsTopic, productAlertsTopic } from './inventory.topics.ts';

export const inventoryAlertKinds = ['LOW_STOCK', 'OUT_OF_STOCK', 'BACK_IN_STOCK'] as const;
export type InventoryAlertKind = (typeof inventoryAlertKinds)[number];

export interface InventoryAlertPayload {
  readonly kind: InventoryAlertKind;
  readonly productId: string;
  readonly productName: string;
  readonly stockLevel: number;
}

export interface PublishInventoryAlert extends InventoryAlertPayload {
  readonly idempotencyKey?: string | null | undefined;
}

export type InventoryAlertEntry = EntryOf<InventoryAlertPayload>;

export interface InventoryService {
  publishAlert(viewer: Viewer, input: PublishInventoryAlert): Promise<Published<InventoryAlertEntry>>;
  list(
    viewer: Viewer,
    page: { readonly productId?: string | null | undefined; readonly first?: number | null | undefined },
  ): Promise<RecentEvents<InventoryAlertEntry>>;
  /** Of one product, or of all where none is named. */
  topicOf(viewer: Viewer, productId: string | null | undefined): Topic;
}

export const inventoryService = serviceKey<InventoryService>('inventory');

export function createInventoryService({ log }: Pick<Runtime, 'log'>): InventoryService {
  const topicOf: InventoryService['topicOf'] = ({ workspace }, productId) =>
    productId === null || productId === undefined
      ? allAlertsTopic(workspace)
      : productAlertsTopic(workspace, requireId('productId', productId));

  return {
    topicOf,
    async publishAlert(viewer, input) {
      requireMayPublishInventory(viewer);
      const payload = requireAlert(input);
      const topic = topicOf(viewer, payload.productId);
      const everything = topicOf(viewer, null);
      const request = {
        workspace: viewer.workspace,
        field: 'publishInventoryAlert',
        publisher: viewer.id,
        key: optionalIdempotencyKey(input.idempotencyKey),
        content: payload,
        topic,
      };
      return publishOnce<InventoryAlertEntry>(log, request, async (write, claim) => {
        await claim(await write.take([topic, everything]));
        write.append({ topic: everything, payload });
        return write.append({ topic, payload }) as InventoryAlertEntry;
      });
    },
    async list(viewer, { productId, first }) {
      mayFollowInventory(viewer);
      return readRecentEvents<InventoryAlertEntry>(log, topicOf(viewer, productId), first);
    },
  };
}

function requireAlert({
  kind,
  productId,
  productName,
  stockLevel,
}: InventoryAlertPayload): InventoryAlertPayload {
  if (stockLevel < 0) throw badInput(`\`stockLevel\` is ${stockLevel}: it can not be negative.`);
  return {
    kind,
    productId: requireId('productId', productId),
    productName: requireText('productName', productName, { min: 1, max: 256 }),
    stockLevel,
  };
}
