// Inventory alerts: everyone in the workspace hears of every product, or of the one they look at.
import { expect, it } from 'vitest';
import {
  InventoryAlertDocument,
  InventoryAlertsDocument,
  PublishInventoryAlertDocument,
  type PublishInventoryAlertInput,
} from '../../src/client/generated.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('inventory alerts', (stage) => {
  const warehouse = async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('warehouse', { workspace, scope: 'inventory:publish' });
    const alert = async (input: Partial<PublishInventoryAlertInput>) =>
      (await backend.request(PublishInventoryAlertDocument, { input })).publishInventoryAlert;
    return { workspace, alert };
  };
  const headphones = { productId: 'hp-1', productName: 'Headphones' } as const;
  const amplifier = { productId: 'amp-1', productName: 'Amplifier' } as const;

  it('what was told is read newest first; from its cursor on it is followed, of all products or of one', async () => {
    const { workspace, alert } = await warehouse();
    await alert({ ...headphones, kind: 'LOW_STOCK', stockLevel: 3 });
    await alert({ ...amplifier, kind: 'LOW_STOCK', stockLevel: 1 });
    await using alice = await stage.listener('alice', { workspace });
    const { inventoryAlerts: all } = await alice.request(InventoryAlertsDocument);
    expect(all.nodes).toMatchObject([
      { ...amplifier, kind: 'LOW_STOCK', stockLevel: 1 },
      { ...headphones, kind: 'LOW_STOCK', stockLevel: 3 },
    ]);
    expect(all.cursor).toBe(all.nodes[0]?.cursor);
    const { inventoryAlerts: one } = await alice.request(InventoryAlertsDocument, {
      productId: 'hp-1',
      first: 1,
    });
    expect(one.nodes).toMatchObject([headphones]);

    await alert({ ...amplifier, kind: 'OUT_OF_STOCK', stockLevel: 0 });
    await using everything = alice.subscribe(InventoryAlertDocument, { after: all.cursor });
    await using ofHeadphones = alice.subscribe(InventoryAlertDocument, {
      productId: 'hp-1',
      after: one.cursor,
    });
    expect((await everything.next()).inventoryAlert).toMatchObject({ ...amplifier, kind: 'OUT_OF_STOCK' });
    await alert({ ...headphones, kind: 'BACK_IN_STOCK', stockLevel: 50 });
    expect((await everything.next()).inventoryAlert).toMatchObject({ ...headphones, kind: 'BACK_IN_STOCK' });
    expect((await ofHeadphones.next()).inventoryAlert).toMatchObject({
      kind: 'BACK_IN_STOCK',
      stockLevel: 50,
    });
  });

  it('a product nobody has told about has no alerts, and its first one is heard', async () => {
    const { workspace, alert } = await warehouse();
    await using alice = await stage.listener('alice', { workspace });
    const { inventoryAlerts } = await alice.request(InventoryAlertsDocument, { productId: 'new' });
    expect(inventoryAlerts.nodes).toEqual([]);
    await using alerts = alice.subscribe(InventoryAlertDocument, {
      productId: 'new',
      after: inventoryAlerts.cursor,
    });
    await alert({ productId: 'new', productName: 'Speaker', kind: 'BACK_IN_STOCK', stockLevel: 1 });
    expect((await alerts.next()).inventoryAlert).toMatchObject({ productName: 'Speaker' });
  });

  it('publishing asks for its scope; another workspace hears nothing', async () => {
    const { workspace, alert } = await warehouse();
    await using mallory = await stage.writer('mallory', { workspace, scope: 'orders:publish' });
    const input = { ...headphones, kind: 'OUT_OF_STOCK', stockLevel: 0 };
    expect((await failureOf(mallory.request(PublishInventoryAlertDocument, { input }))).code).toBe(
      'FORBIDDEN',
    );
    await alert({ ...headphones, kind: 'OUT_OF_STOCK', stockLevel: 0 });
    await using outsider = await stage.listener('alice', { workspace: stage.newWorkspace() });
    const { inventoryAlerts } = await outsider.request(InventoryAlertsDocument, { productId: 'hp-1' });
    expect(inventoryAlerts.nodes).toEqual([]);
  });

  it('a retried publish with its key publishes once; with other content it is a conflict', async () => {
    const { workspace, alert } = await warehouse();
    const input = { ...headphones, kind: 'LOW_STOCK', stockLevel: 3, idempotencyKey: 'k-1' } as const;
    const [first, second] = [await alert(input), await alert(input)];
    expect([first.deduplicated, second.deduplicated]).toEqual([false, true]);
    expect(second.alert).toEqual(first.alert);
    expect((await failureOf(alert({ ...input, stockLevel: 2 }))).code).toBe('CONFLICT');
    expect((await failureOf(alert({ ...input, productId: 'amp-1' }))).code).toBe('CONFLICT');
    await using alice = await stage.listener('alice', { workspace });
    expect((await alice.request(InventoryAlertsDocument)).inventoryAlerts.nodes).toHaveLength(1);
  });
});
