// What publishers and followers of bookings, inventory alerts and announcements get wrong. Each mistake gets its code and
// a sentence that says what to do, and nothing of it is stored.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  AnnouncementsDocument,
  BookingDocument,
  InventoryAlertsDocument,
  PublishAnnouncementDocument,
  PublishBookingUpdateDocument,
  PublishInventoryAlertDocument,
} from '../../src/client/generated.ts';
import { connect, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const server = useSturdyServer();

const scope = 'bookings:publish inventory:publish announcements:publish orders:publish';
const somebody = () => connect(server, 'alice', { workspace: `w-${randomUUID()}`, scope });

type Mistake = readonly [title: string, change: object, code: string, sentence: RegExp];
const wrongKeys: readonly Mistake[] = [
  ['an empty idempotency key', { idempotencyKey: '' }, 'BAD_USER_INPUT', /`idempotencyKey`.*empty/],
  ['one that is too long', { idempotencyKey: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`idempotencyKey`.*256/],
];

async function expectRefused(refused: Promise<unknown>, code: string, sentence: RegExp): Promise<void> {
  const { code: told, message } = await failureOf(refused);
  expect({ told, message }).toEqual({ told: code, message: expect.stringMatching(sentence) as string });
}

describe('bookings', () => {
  const booking = { bookingId: 'b-1', customerId: 'alice', status: 'REQUESTED', serviceName: 'Test' };
  const update = (person: Person, input: object) => person.request(PublishBookingUpdateDocument, { input });
  const stored = (person: Person) => person.request(BookingDocument, { id: 'b-1' });

  const mistakes: readonly Mistake[] = [
    ['another customer', { customerId: 'bob' }, 'BAD_USER_INPUT', /never changes its customer/],
    ['an empty customer', { customerId: '' }, 'BAD_USER_INPUT', /`customerId` is empty/],
    ['an empty id', { bookingId: '' }, 'BAD_USER_INPUT', /`bookingId` is empty/],
    ['an id that is too long', { bookingId: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`bookingId`.*256/],
    ['a status of orders', { status: 'SHIPPED' }, 'BAD_USER_INPUT', /SHIPPED/],
    ['no status', { status: null }, 'BAD_USER_INPUT', /status/],
    ['an empty service', { serviceName: '' }, 'BAD_USER_INPUT', /`serviceName` is empty/],
    ['a service that is too long', { serviceName: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`serviceName`.*256/],
    ['a day that is none', { scheduledFor: '2026-02-30T00:00:00Z' }, 'BAD_USER_INPUT', /RFC 3339/],
    ['the year 0', { scheduledFor: '0000-01-01T00:00:00Z' }, 'BAD_USER_INPUT', /years 1 to 9999/],
    ['the year 10000', { scheduledFor: '9999-12-31T23:59:59-14:00' }, 'BAD_USER_INPUT', /years 1 to 9999/],
    ['a day without a time', { scheduledFor: '2026-12-01' }, 'BAD_USER_INPUT', /RFC 3339/],
    ['a time that is a number', { scheduledFor: 1_760_000_000 }, 'BAD_USER_INPUT', /DateTime/],
    ['a note that is too long', { note: 'x'.repeat(2_001) }, 'BAD_USER_INPUT', /`note`.*2000/],
    ['half of a surrogate pair', { note: '\ud83d' }, 'BAD_USER_INPUT', /`note`.*Unicode/],
    ['NUL in the service', { serviceName: 'a\u0000' }, 'BAD_USER_INPUT', /`serviceName`.*NUL/],
    ['data that is too large', { data: 'x'.repeat(65_536) }, 'PAYLOAD_TOO_LARGE', /`data`.*65536/],
    ...wrongKeys,
  ];
  it.each(mistakes)('%s is refused, and nothing is stored', async (_title, change, code, sentence) => {
    const alice = await somebody();
    await update(alice, booking);
    const before = await stored(alice);
    await expectRefused(update(alice, { ...booking, status: 'CONFIRMED', ...change }), code, sentence);
    expect(await stored(alice)).toEqual(before);
  });

  it.each<Mistake>([
    ['without its customer', { customerId: undefined }, 'BAD_USER_INPUT', /`customerId`/],
    ['without what is booked', { serviceName: undefined }, 'BAD_USER_INPUT', /`serviceName`/],
    ['with null for what is booked', { serviceName: null }, 'BAD_USER_INPUT', /`serviceName`/],
  ])('a new one %s is refused, and is none', async (_title, change, code, sentence) => {
    const alice = await somebody();
    await expectRefused(update(alice, { ...booking, ...change }), code, sentence);
    expect(await stored(alice)).toEqual({ booking: null });
  });

  it('any status may follow any other', async () => {
    const alice = await somebody();
    for (const status of ['COMPLETED', 'REQUESTED', 'CANCELLED', 'CANCELLED', 'IN_PROGRESS']) {
      await update(alice, { ...booking, status });
      expect(await stored(alice)).toMatchObject({ booking: { status } });
    }
  });
});

describe('inventory alerts', () => {
  const alert = { kind: 'LOW_STOCK', productId: 'p-1', productName: 'Headphones', stockLevel: 3 };
  const mistakes: readonly Mistake[] = [
    ['a negative stock', { stockLevel: -1 }, 'BAD_USER_INPUT', /negative/],
    ['half a stock', { stockLevel: 1.5 }, 'BAD_USER_INPUT', /stockLevel/],
    ['a stock beyond an Int', { stockLevel: 2 ** 31 }, 'BAD_USER_INPUT', /stockLevel/],
    ['no stock', { stockLevel: undefined }, 'BAD_USER_INPUT', /stockLevel/],
    ['an unknown kind', { kind: 'SOLD' }, 'BAD_USER_INPUT', /SOLD/],
    ['an empty product', { productId: '' }, 'BAD_USER_INPUT', /`productId` is empty/],
    ['a product whose id is too long', { productId: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`productId`.*256/],
    ['a product without a name', { productName: '' }, 'BAD_USER_INPUT', /`productName` is empty/],
    ['a name that is too long', { productName: 'x'.repeat(257) }, 'BAD_USER_INPUT', /`productName`.*256/],
    ['NUL in the name', { productName: '\u0000' }, 'BAD_USER_INPUT', /`productName`.*NUL/],
    ...wrongKeys,
  ];
  it.each(mistakes)('%s is refused, and nothing is stored', async (_title, change, code, sentence) => {
    const alice = await somebody();
    const input = { ...alert, ...change };
    await expectRefused(alice.request(PublishInventoryAlertDocument, { input }), code, sentence);
    expect((await alice.request(InventoryAlertsDocument)).inventoryAlerts.nodes).toEqual([]);
  });

  it.each([0, 101, -1])('a page of %d is refused', async (first) => {
    const alice = await somebody();
    await expectRefused(alice.request(InventoryAlertsDocument, { first }), 'BAD_USER_INPUT', /`first`.*100/);
  });

  it('the cursor of one product does not fit another, nor all of them', async () => {
    const alice = await somebody();
    const { publishInventoryAlert } = await alice.request(PublishInventoryAlertDocument, { input: alert });
    const { cursor } = publishInventoryAlert.alert;
    for (const args of ['productId: "p-2", ', '']) {
      const following = alice.subscribe(
        `subscription { inventoryAlert(${args}after: "${cursor}") { kind } }`,
      );
      await expectRefused(following.next(), 'BAD_USER_INPUT', /another stream.*`inventoryAlerts`/);
    }
  });
});

describe('announcements', () => {
  const mistakes: readonly Mistake[] = [
    ['an empty message', { message: '' }, 'BAD_USER_INPUT', /`message` is empty/],
    ['a message that is too long', { message: 'x'.repeat(2_001) }, 'BAD_USER_INPUT', /`message`.*2000/],
    ['half of a surrogate pair', { message: '\ude00' }, 'BAD_USER_INPUT', /`message`.*Unicode/],
    ['an unknown level', { level: 'LOUD' }, 'BAD_USER_INPUT', /LOUD/],
    ...wrongKeys,
  ];
  it.each(mistakes)('%s is refused, and nothing is stored', async (_title, change, code, sentence) => {
    const alice = await somebody();
    const input = { message: 'Hello', ...change };
    await expectRefused(alice.request(PublishAnnouncementDocument, { input }), code, sentence);
    expect((await alice.request(AnnouncementsDocument)).announcements.nodes).toEqual([]);
  });
});
