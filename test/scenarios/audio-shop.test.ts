// The audio shop: orders and bookings for customers and staff, service chat, stocks, and figures.
import { expect, it } from 'vitest';
import {
  BookingUpdatedDocument,
  BookingsDocument,
  InventoryAlertDocument,
  InventoryAlertsDocument,
  NotificationDocument,
  NotificationsDocument,
  OrderDocument,
  OrdersDocument,
  OrderUpdatedDocument,
  PresenceDocument,
  PublishBookingUpdateDocument,
  PublishInventoryAlertDocument,
  PublishOrderUpdateDocument,
  SendNotificationDocument,
  WorkspaceStatsDocument,
} from '../../src/client/generated.ts';
import { asChatter } from '../support/chatter.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('an audio shop', (stage) => {
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const scope = 'orders:publish bookings:publish inventory:publish notifications:send';
    const backend = await stage.writer('shop', { workspace, scope });
    const customer = await stage.listener('carla', { workspace, name: 'Carla' });
    const staff = await stage.listener('stan', { workspace, name: 'Stan', roles: ['staff'] });
    return { workspace, backend, customer, staff };
  };

  it('an order’s status, progress and payment are live for its customer and for the staff', async () => {
    const { backend, customer, staff } = await begin();
    const { orders } = await customer.request(OrdersDocument);
    await using mine = customer.subscribe(OrderUpdatedDocument, { after: orders.cursor });
    const update = (input: object) =>
      backend.request(PublishOrderUpdateDocument, {
        input: { orderId: 'amp', customerId: 'carla', ...input },
      });
    await update({ status: 'PENDING', total: { amount: '1299.00', currency: 'EUR' }, itemCount: 1 });
    expect((await mine.next()).orderUpdated.order).toMatchObject({ id: 'amp', paymentStatus: 'UNPAID' });
    const { orders: listed } = await staff.request(OrdersDocument, { customerId: 'carla' });
    expect(listed.nodes).toMatchObject([{ id: 'amp', total: { amount: '1299.00', currency: 'EUR' } }]);
    const { order } = await staff.request(OrderDocument, { id: 'amp' });
    await using theirs = staff.subscribe(OrderUpdatedDocument, { orderId: 'amp', after: order?.cursor });
    await update({ status: 'PROCESSING', paymentStatus: 'PAID', data: { progress: 0.4 } });
    for (const { orderUpdated } of [await mine.next(), await theirs.next()]) {
      expect(orderUpdated.order).toMatchObject({
        status: 'PROCESSING',
        paymentStatus: 'PAID',
        data: { progress: 0.4 },
      });
    }
  });

  it('a booking is confirmed and reminded of, on all devices', async () => {
    const { workspace, backend, customer } = await begin();
    await using phone = await stage.writer('carla', { workspace });
    const { bookings } = await customer.request(BookingsDocument);
    const { notifications } = await customer.request(NotificationsDocument);
    const feeds = [customer, phone].map((device) =>
      device.subscribe(NotificationDocument, { after: notifications.cursor }),
    );
    await using updates = customer.subscribe(BookingUpdatedDocument, { after: bookings.cursor });
    const update = (status: string) =>
      backend.request(PublishBookingUpdateDocument, {
        input: {
          bookingId: 'demo',
          customerId: 'carla',
          serviceName: 'Listening room',
          scheduledFor: '2026-12-24T10:00:00.000Z',
          status,
          notifyCustomer: true,
        },
      });
    await update('REQUESTED');
    await update('CONFIRMED');
    expect((await updates.next()).bookingUpdated.booking.status).toBe('REQUESTED');
    expect((await updates.next()).bookingUpdated.booking.status).toBe('CONFIRMED');
    for (const feed of feeds) {
      expect((await feed.next()).notification.notifications[0]?.title).toBe('Listening room: requested');
      expect((await feed.next()).notification.unreadCount).toBe(2);
    }
    // One person, however many devices.
    const { presence } = await customer.request(PresenceDocument, { userIds: ['carla'] });
    expect(presence).toMatchObject([{ status: 'ONLINE', deviceCount: 2 }]);
  });

  it('stocks are told to everyone, one product or all; a sale to one, to many, to all users', async () => {
    const { backend, customer, staff } = await begin();
    const { inventoryAlerts } = await customer.request(InventoryAlertsDocument);
    await using alerts = staff.subscribe(InventoryAlertDocument, { after: inventoryAlerts.cursor });
    for (const [kind, stockLevel] of [
      ['LOW_STOCK', 2],
      ['OUT_OF_STOCK', 0],
      ['BACK_IN_STOCK', 40],
    ] as const) {
      await backend.request(PublishInventoryAlertDocument, {
        input: { kind, productId: 'hp', productName: 'Headphones', stockLevel },
      });
      expect((await alerts.next()).inventoryAlert).toMatchObject({ kind, stockLevel });
    }
    const send = async (to: object) =>
      (
        await backend.request(SendNotificationDocument, {
          input: { ...to, type: 'SYSTEM', title: 'Sale', body: 'Everything must go' },
        })
      ).sendNotification.recipientCount;
    expect(await send({ userIds: ['carla'] })).toBe(1);
    expect(await send({ userIds: ['carla', 'stan'] })).toBe(2);
    expect(await send({ workspace: true })).toBe(3);
    const unread = async () => (await customer.request(NotificationsDocument)).notifications.unreadCount;
    await expect.poll(unread, { timeout: 15_000 }).toBe(3);
  });

  it('customer service chats, and the staff see how busy the shop is', async () => {
    const { customer, staff } = await begin();
    const [carla, stan] = [asChatter(customer), asChatter(staff)];
    const { id, cursor } = await carla.create({ participantIds: ['stan'] });
    const messages = stan.followMessages(id, cursor);
    await carla.send(id, 'It hums.');
    expect((await messages.next()).message.body).toBe('It hums.');
    await carla.connected();
    const busy = async () => (await staff.request(WorkspaceStatsDocument)).workspaceStats;
    await expect
      .poll(busy, { timeout: 15_000 })
      .toMatchObject({ connections: 2, onlineUsers: 2, subscriptions: 1 });
  });
});
