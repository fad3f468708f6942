// A shop's backend publishes with tidings/publisher; the customer follows with the generated documents.
import { expect, it } from 'vitest';
import { openShop, parcelSent } from '../../examples/publish-order.ts';
import { NotificationsDocument, OrderDocument, OrderUpdatedDocument } from '../../src/client/generated.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('a typed publisher', (stage) => {
  const backend = async (scope = 'orders:publish') => {
    const workspace = stage.newWorkspace();
    const { token } = await stage.writer('shop', { workspace, scope });
    return { workspace, shop: openShop(`${stage.servers.near.url}/graphql`, async () => token) };
  };

  it('publishes an order, and its customer hears every field of it', async () => {
    const { workspace, shop } = await backend();
    await shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using alice = await stage.listener('alice', { workspace });
    const { order } = await alice.request(OrderDocument, { id: '42' });
    await using updates = alice.subscribe(OrderUpdatedDocument, { orderId: '42', after: order?.cursor });
    const published = await shop.publishOrderUpdate({
      orderId: '42',
      status: 'SHIPPED',
      paymentStatus: 'PAID',
      total: { amount: '299.99', currency: 'EUR' },
      itemCount: 3,
      trackingNumber: 'DHL-1',
      data: { carrier: 'DHL' },
      note: 'on its way',
    });

    expect(published.deduplicated).toBe(false);
    const { orderUpdated } = await updates.next();
    expect(orderUpdated).toMatchObject({
      previousStatus: 'PENDING',
      note: 'on its way',
      order: {
        id: '42',
        customer: { id: 'alice', name: 'alice' },
        status: 'SHIPPED',
        paymentStatus: 'PAID',
        total: { amount: '299.99', currency: 'EUR' },
        itemCount: 3,
        trackingNumber: 'DHL-1',
        data: { carrier: 'DHL' },
        timeline: [{ status: 'PENDING' }, { status: 'SHIPPED', note: 'on its way' }],
      },
    });
    expect(orderUpdated).toEqual(published.update);
  });

  it('the example tells of a parcel once, and its customer is notified once', async () => {
    const { workspace, shop } = await backend();
    await shop.publishOrderUpdate({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    const parcel = { orderId: '42', trackingNumber: 'DHL-1' };
    expect(await parcelSent(shop, parcel)).toBe('told');
    expect(await parcelSent(shop, parcel)).toBe('told before');
    await using alice = await stage.listener('alice', { workspace });
    const { notifications } = await alice.request(NotificationsDocument);
    expect(notifications.nodes).toHaveLength(1);
  });

  it('fails with what the server says', async () => {
    const { shop } = await backend('notifications:send');
    await expect(parcelSent(shop, { orderId: '42', trackingNumber: 'DHL-1' })).rejects.toThrow(
      'orders:publish',
    );
  });
});
