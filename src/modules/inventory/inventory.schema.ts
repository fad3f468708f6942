// Inventory alerts in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import { recentEventsType } from '../../schema/recent-events.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { idempotencyKeyDescription, publishedType } from '../../schema/publishing.ts';
import { afterDescription } from '../../schema/stream-cursor.ts';
import { mayFollowInventory } from './inventory.policy.ts';
import { inventoryService, type InventoryAlertEntry, type InventoryAlertKind } from './inventory.service.ts';

const InventoryAlert = objectRef<InventoryAlertEntry>('InventoryAlert');

export function defineInventory(builder: Builder): void {
  const enums = defineTypes(builder);
  defineQuery(builder);
  defineMutation(builder, enums);
  defineSubscription(builder);
}

function defineTypes(builder: Builder) {
  const InventoryAlertKindEnum = builder.enumType('InventoryAlertKind', {
    description: 'What has become of a stock.',
    values: {
      LOW_STOCK: { description: 'There is little left.' },
      OUT_OF_STOCK: { description: 'There is nothing left.' },
      BACK_IN_STOCK: { description: 'There is some again.' },
    } satisfies Record<InventoryAlertKind, { description: string }>,
  });
  builder.objectType(InventoryAlert, {
    description: 'Something that everyone should know about the stock of a product.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({
        type: InventoryAlertKindEnum,
        description: 'What has become of it.',
        resolve: ({ payload }) => payload.kind,
      }),
      productId: t.id({
        description: "The publisher's own id for the product.",
        resolve: ({ payload }) => payload.productId,
      }),
      productName: t.string({
        description: 'What the product is called.',
        resolve: ({ payload }) => payload.productName,
      }),
      stockLevel: t.int({
        description: 'How many there are.',
        resolve: ({ payload }) => payload.stockLevel,
      }),
    }),
  });
  return { InventoryAlertKindEnum };
}

function defineQuery(builder: Builder): void {
  const InventoryAlertList = recentEventsType(builder, 'InventoryAlertList', {
    type: InventoryAlert,
    description: 'The newest alerts first.',
    nodes: 'The alerts, as far back as events are kept.',
    cursor: 'Where the stream of these alerts stands: subscribe to inventoryAlert `after` it.',
  });
  builder.queryField('inventoryAlerts', (t) =>
    t.field({
      type: InventoryAlertList,
      description: 'The latest inventory alerts of the workspace. Without productId every product.',
      args: {
        productId: t.arg.id({ description: 'The product; without it, every product.' }),
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
      },
      resolve: (_root, args, context) => context.use(inventoryService).list(context.viewer, args),
    }),
  );
}

function defineMutation(builder: Builder, { InventoryAlertKindEnum }: ReturnType<typeof defineTypes>): void {
  const PublishInventoryAlertInput = builder.inputType('PublishInventoryAlertInput', {
    description: 'What has become of a stock.',
    fields: (t) => ({
      kind: t.field({
        type: InventoryAlertKindEnum,
        required: true,
        description: 'What has become of it.',
      }),
      productId: t.id({ required: true, description: "The publisher's own id for the product." }),
      productName: t.string({
        required: true,
        description: 'What the product is called, 1 to 256 characters.',
      }),
      stockLevel: t.int({ required: true, description: 'How many there are; not negative.' }),
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    }),
  });
  const PublishInventoryAlertPayload = publishedType(builder, 'PublishInventoryAlertPayload', {
    type: InventoryAlert,
    as: 'alert',
    description: "The event, as the product's followers receive it.",
  });
  builder.mutationField('publishInventoryAlert', (t) =>
    t.field({
      rate: 'publish',
      type: PublishInventoryAlertPayload,
      description: 'Tells everyone in the workspace about a stock. Needs the scope inventory:publish.',
      args: { input: t.arg({ type: PublishInventoryAlertInput, required: true, description: 'The alert.' }) },
      resolve: (_root, { input }, context) =>
        context.use(inventoryService).publishAlert(context.viewer, input),
    }),
  );
}

function defineSubscription(builder: Builder): void {
  builder.subscriptionField('inventoryAlert', (t) =>
    t.field({
      type: InventoryAlert,
      description:
        'Everyone in the workspace; without productId every product. Durable: nothing is lost between a `cursor` and the ' +
        'subscription `after` it.',
      args: {
        productId: t.arg.id({ description: 'The product to follow; without it, every product.' }),
        after: t.arg({ type: 'Cursor', description: afterDescription }),
      },
      subscribe: (_root, { productId, after }, context) =>
        openEventStream(context, {
          topic: context.use(inventoryService).topicOf(context.viewer, productId),
          after,
          anewFrom: '`inventoryAlerts`',
          authorize: mayFollowInventory,
        }),
      resolve: (entry) => entry as InventoryAlertEntry,
    }),
  );
}
