// A shop's backend publishes with the example's typed document; the customer follows with the generated one.
import { expect, it } from 'vitest';
import { publishOrder } from '../../examples/publish-order.ts';
import { OrderDocument, OrderUpdatedDocument } from '../../src/client/generated.ts';
import type { OrderQuery, OrderUpdatedSubscription } from '../../src/client/generated.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('a typed publisher', (stage) => {
  const backend = async (scope = 'orders:publish') => {
    const workspace = stage.newWorkspace();
    const { token } = await stage.writer('shop', { workspace, scope });
    return { workspace, server: { url: `${stage.servers.near.url}/graphql`, token } };
  };

  it('publishes an order, and its customer hears every field of it', async () => {
    const { workspace, server } = await backend();
    await publishOrder(server, { orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using alice = await stage.listener('alice', { workspace });
    const { order } = await alice.request<OrderQuery>(OrderDocument, { id: '42' });
    await using updates = alice.subscribe<OrderUpdatedSubscription>(OrderUpdatedDocument, {
      orderId: '42',
      after: order?.cursor,
    });
    const published = await publishOrder(server, {
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

  it('publishes once when it retries with its key', async () => {
    const { server } = await backend();
    const input = { orderId: '42', customerId: 'alice', status: 'PENDING', idempotencyKey: 'k-1' } as const;
    const first = await publishOrder(server, input);
    const second = await publishOrder(server, input);
    expect(second).toEqual({ update: first.update, deduplicated: true });
  });

  it('fails with what the server says', async () => {
    const { server } = await backend('notifications:send');
    await expect(
      publishOrder(server, { orderId: '42', customerId: 'alice', status: 'PENDING' }),
    ).rejects.toThrow('orders:publish');
  });
});
