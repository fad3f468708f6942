// A booking's life, as its customer, the staff and the backend see it.
import { expect, it } from 'vitest';
import {
  BookingDocument,
  BookingsDocument,
  BookingUpdatedDocument,
  NotificationsDocument,
  PublishBookingUpdateDocument,
  type BookingUpdatedSubscription,
  type PublishBookingUpdateInput,
} from '../../src/client/generated.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

const seen = ({ bookingUpdated: { booking, previousStatus } }: BookingUpdatedSubscription) => [
  booking.id,
  previousStatus,
  booking.status,
];

onBothSetups('bookings', (stage) => {
  const studio = async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('studio', { workspace, scope: 'bookings:publish' });
    const update = async (input: Partial<PublishBookingUpdateInput>) =>
      (await backend.request(PublishBookingUpdateDocument, { input })).publishBookingUpdate;
    return { workspace, update };
  };
  const fitting = { bookingId: 'fitting', customerId: 'alice', serviceName: 'Hearing test' } as const;

  it('the customer follows a booking from its cursor: what happened in between, then live', async () => {
    const { workspace, update } = await studio();
    await update({ ...fitting, status: 'REQUESTED', scheduledFor: '2026-12-01T10:00:00.000Z' });
    await using alice = await stage.listener('alice', { workspace });
    const { booking } = await alice.request(BookingDocument, { id: 'fitting' });
    expect(booking).toMatchObject({
      customer: { id: 'alice' },
      serviceName: 'Hearing test',
      scheduledFor: '2026-12-01T10:00:00.000Z',
    });
    await update({ bookingId: 'fitting', status: 'CONFIRMED', data: { room: 3 } });
    await using updates = alice.subscribe(BookingUpdatedDocument, {
      bookingId: 'fitting',
      after: booking?.cursor,
    });
    const first = await updates.next();
    expect(seen(first)).toEqual(['fitting', 'REQUESTED', 'CONFIRMED']);
    // What is left out stays, what is null is emptied.
    expect(first.bookingUpdated.booking).toMatchObject({
      serviceName: 'Hearing test',
      scheduledFor: '2026-12-01T10:00:00.000Z',
      data: { room: 3 },
    });
    await update({ bookingId: 'fitting', status: 'RESCHEDULED', scheduledFor: null, note: 'call us' });
    const second = await updates.next();
    expect(seen(second)).toEqual(['fitting', 'CONFIRMED', 'RESCHEDULED']);
    expect(second.bookingUpdated).toMatchObject({ note: 'call us', booking: { scheduledFor: null } });
  });

  it('without a bookingId the customer hears of every booking of theirs, and of nobody else’s', async () => {
    const { workspace, update } = await studio();
    await using alice = await stage.listener('alice', { workspace });
    const { bookings } = await alice.request(BookingsDocument);
    await using updates = alice.subscribe(BookingUpdatedDocument, { after: bookings.cursor });
    await update({ ...fitting, bookingId: 'of-bob', customerId: 'bob', status: 'REQUESTED' });
    await update({ ...fitting, status: 'REQUESTED' });
    await update({ bookingId: 'fitting', status: 'NO_SHOW' });
    expect(seen(await updates.next())).toEqual(['fitting', null, 'REQUESTED']);
    expect(seen(await updates.next())).toEqual(['fitting', 'REQUESTED', 'NO_SHOW']);
  });

  it('staff follow anybody’s booking and list anybody’s; to others it does not exist', async () => {
    const { workspace, update } = await studio();
    await update({ ...fitting, status: 'REQUESTED' });
    await using dan = await stage.listener('dan', { workspace, roles: ['staff'] });
    await using bob = await stage.listener('bob', { workspace });
    const listed = await dan.request(BookingsDocument, { customerId: 'alice' });
    expect(listed.bookings.nodes).toMatchObject([{ id: 'fitting' }]);
    const { booking } = await dan.request(BookingDocument, { id: 'fitting' });
    await using updates = dan.subscribe(BookingUpdatedDocument, {
      bookingId: 'fitting',
      after: booking?.cursor,
    });
    await update({ bookingId: 'fitting', status: 'IN_PROGRESS' });
    expect(seen(await updates.next())).toEqual(['fitting', 'REQUESTED', 'IN_PROGRESS']);

    expect(await bob.request(BookingDocument, { id: 'fitting' })).toEqual({ booking: null });
    expect((await failureOf(bob.request(BookingsDocument, { customerId: 'alice' }))).code).toBe('FORBIDDEN');
    const refused = await failureOf(bob.subscribe(BookingUpdatedDocument, { bookingId: 'fitting' }).next());
    const unknown = await failureOf(bob.subscribe(BookingUpdatedDocument, { bookingId: 'nothing' }).next());
    expect(refused.code).toBe('NOT_FOUND');
    expect(refused.message.replace('fitting', 'nothing')).toBe(unknown.message);
  });

  it('publishing asks for its scope, and notifies the customer where it is told to', async () => {
    const { workspace, update } = await studio();
    await using mallory = await stage.writer('mallory', { workspace, scope: 'orders:publish' });
    const input = { ...fitting, status: 'REQUESTED' };
    expect((await failureOf(mallory.request(PublishBookingUpdateDocument, { input }))).code).toBe(
      'FORBIDDEN',
    );
    await update({ ...fitting, status: 'REQUESTED' });
    await update({ bookingId: 'fitting', status: 'CONFIRMED', note: 'See you soon', notifyCustomer: true });
    await using alice = await stage.listener('alice', { workspace });
    const { notifications } = await alice.request(NotificationsDocument);
    expect(notifications.nodes).toMatchObject([
      {
        type: 'BOOKING',
        title: 'Hearing test: confirmed',
        body: 'See you soon',
        data: { bookingId: 'fitting' },
      },
    ]);
  });

  it('a retried publish with its key publishes once, also when both are under way together', async () => {
    const { update } = await studio();
    const input = { ...fitting, status: 'REQUESTED', idempotencyKey: 'k-1' } as const;
    const answers = await Promise.all([update(input), update(input), update(input)]);
    expect(answers.map(({ deduplicated }) => deduplicated).sort()).toEqual([false, true, true]);
    expect(new Set(answers.map((answer) => answer.update.cursor)).size).toBe(1);
    expect((await failureOf(update({ ...input, status: 'CONFIRMED' }))).code).toBe('CONFLICT');
    expect((await failureOf(update({ ...input, scheduledFor: '2026-12-01T10:00:00.000Z' }))).code).toBe(
      'CONFLICT',
    );
    const next = await update({ bookingId: 'fitting', status: 'CONFIRMED' });
    expect(next.update.previousStatus).toBe('REQUESTED');
  });

  it('pages of bookings are complete and don’t overlap', async () => {
    const { workspace, update } = await studio();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const bookingId of ids) await update({ ...fitting, bookingId, status: 'REQUESTED' });
    await using alice = await stage.listener('alice', { workspace });
    const found: string[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo }: { nodes: readonly { id: string }[]; pageInfo: PageInfo } = (
        await alice.request(BookingsDocument, { first: 2, after })
      ).bookings;
      found.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(ids.toReversed());
  });
});

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}
