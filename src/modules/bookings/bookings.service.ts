// Bookings: publishing an update, and reading bookings for whoever may see them.
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';
import type { UserRef } from '../../schema/module.ts';
import { optionalIdempotencyKey, requireFirst, requireId } from '../../schema/input.ts';
import { parsePageCursor, placeMoment, placeText, toPage, type Page } from '../../schema/page.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import type { Queries, Statement } from '../../store/store.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import { publishOnce, type Published } from '../../streams/publish-once.ts';
import { toTitle, type NotificationDraft } from '../notifications/notification-draft.ts';
import { notificationsService } from '../notifications/notifications.service.ts';
import { eraseCustomer } from '../users/erase-customer.ts';
import { requireCustomer, requireSameCustomer } from '../users/customers.ts';
import { toUserView, usersService } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import {
  applyBookingUpdate,
  requireBookingChange,
  type BookingChange,
  type BookingUpdatePayload,
  type BookingView,
} from './apply-booking-update.ts';
import { mayFollowBooking, requireMayListBookings, requireMayPublishBookings } from './bookings.policy.ts';
import { bookings } from './bookings.tables.ts';
import { bookingsOfTopic, bookingTopic } from './bookings.topics.ts';

export interface PublishBookingUpdate extends BookingChange {
  readonly bookingId: string;
  readonly customerId?: string | null | undefined;
  readonly notifyCustomer?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export type BookingUpdateEntry = EntryOf<BookingUpdatePayload>;
export type BookingPage = Page<BookingView> & { readonly position: StreamPosition };

export interface BookingsService {
  publishUpdate(viewer: Viewer, input: PublishBookingUpdate): Promise<Published<BookingUpdateEntry>>;
  /** null where it does not exist for this viewer. */
  find(viewer: Viewer, id: string): Promise<BookingView | null>;
  /** Throws NOT_FOUND where the booking does not exist for this viewer. */
  requireMayFollow(viewer: Viewer, id: string): Promise<AuthorizationClass>;
  list(
    viewer: Viewer,
    page: {
      customerId?: string | null | undefined;
      first?: number | null | undefined;
      after?: string | null | undefined;
    },
  ): Promise<BookingPage>;
  /** Takes out what bookings say of a customer who is erased. Harmless to repeat. */
  eraseCustomer(user: UserRef): Promise<void>;
}

export const bookingsService = serviceKey<BookingsService>('bookings');

const bookingList = 'bookings';
const bookingPlace = z.tuple([placeMoment, placeText]);

export function createBookingsService(runtime: Runtime): BookingsService {
  const { log, store } = runtime;
  return {
    async publishUpdate(viewer, input) {
      requireMayPublishBookings(viewer);
      const { workspace } = viewer;
      const thing = { kind: 'booking', id: requireId('bookingId', input.bookingId) };
      const customerTold = input.customerId ?? null;
      const notifiesCustomer = input.notifyCustomer === true;
      const change = requireBookingChange(input);
      const topic = bookingTopic(workspace, thing.id);
      const request = {
        workspace,
        field: 'publishBookingUpdate',
        publisher: viewer.id,
        key: optionalIdempotencyKey(input.idempotencyKey),
        content: { ...change, bookingId: thing.id, customerTold, notifiesCustomer },
        topic,
      };
      return publishOnce<BookingUpdateEntry>(log, request, async (write, claim) => {
        const customerId = await requireCustomer(thing, customerTold, () =>
          readCustomer(write.tx, workspace, thing.id),
        );
        const collection = bookingsOfTopic(workspace, customerId);
        const notifications = runtime.use(notificationsService);
        const inbox = notifiesCustomer ? [notifications.topicOf(workspace, customerId)] : [];
        const taken = await write.take([topic, collection, ...inbox]);
        await claim(taken);
        const previous = await findBooking(write.tx, workspace, thing.id);
        if (previous !== null) requireSameCustomer(thing, previous.customer.id, customerId);
        const known = await runtime.use(usersService).load(workspace, [customerId], write.tx);
        const customer = known.get(customerId) ?? toUserView(customerId);
        const position = { topic, ...taken.position(topic) };
        const moment = { occurredAt: taken.occurredAt.toISOString(), position };
        const payload = applyBookingUpdate(previous, { id: thing.id, customer }, change, moment);
        await writeBooking(write.tx, workspace, payload.booking);
        write.append({ topic: collection, payload });
        if (inbox.length > 0) {
          const draft = toNotification(payload);
          await notifications.deliver(write, workspace, [customerId], draft, taken.occurredAt);
        }
        return write.append({ topic, payload }) as BookingUpdateEntry;
      });
    },

    async find(viewer, id) {
      requireId('id', id);
      const booking = await findBooking(store.queries, viewer.workspace, id);
      return booking !== null && mayFollowBooking(viewer, { customerId: booking.customer.id }) !== null
        ? booking
        : null;
    },

    async requireMayFollow(viewer, id) {
      const customerId = await readCustomer(store.queries, viewer.workspace, id);
      const admitted = customerId === undefined ? null : mayFollowBooking(viewer, { customerId });
      if (admitted === null) throw notFound('booking', id);
      return admitted;
    },

    async list(viewer, page) {
      const customerId = requireId('customerId', page.customerId ?? viewer.id);
      requireMayListBookings(viewer, customerId);
      const first = requireFirst(page.first, { fallback: 20, max: 100 });
      const after = parsePageCursor('after', bookingList, page.after, bookingPlace);
      // The head first: the cursor must not be newer than the data beside it.
      const topic = bookingsOfTopic(viewer.workspace, viewer.id);
      const position = { topic, ...(await log.head(topic)) };
      const rows = await selectBookings(store.queries)
        .where(
          and(
            eq(bookings.workspace, viewer.workspace),
            eq(bookings.customerId, customerId),
            after === null
              ? undefined
              : sql`(${bookings.createdAt}, ${bookings.id}) < (${after[0]}::timestamptz, ${after[1]})`,
          ),
        )
        .orderBy(desc(bookings.createdAt), desc(bookings.id))
        .limit(first + 1);
      const placeOf = ({ createdAt, id }: BookingView) => [createdAt, id];
      return { ...toPage(bookingList, rows.map(toView), { first, after, placeOf }), position };
    },

    async eraseCustomer({ workspace, userId }) {
      const ownedByThem = and(eq(bookings.workspace, workspace), eq(bookings.customerId, userId));
      const rows = await store.queries.select({ id: bookings.id }).from(bookings).where(ownedByThem);
      await eraseCustomer(store, {
        ids: rows.map(({ id }) => id),
        topicOf: (id) => bookingTopic(workspace, id),
        collection: bookingsOfTopic(workspace, userId),
        scrub: (tx, ids) =>
          tx
            .update(bookings)
            .set({ data: null })
            .where(and(eq(bookings.workspace, workspace), inArray(bookings.id, [...ids]))),
        rewrite: (payload) => toImpersonal(payload as BookingUpdatePayload),
      });
    },
  };
}

/** What is left of an event when its customer is erased: which booking, what is booked, its states and moments. */
const toImpersonal = (payload: BookingUpdatePayload): BookingUpdatePayload =>
  payload.note === null && payload.booking.data === null
    ? payload
    : { ...payload, note: null, booking: { ...payload.booking, data: null } };

const customerStatement: Statement = {
  name: 'read_customer_of_booking',
  text: 'select customer_id from bookings where workspace = $1 and id = $2',
};

/** undefined where there is no such booking. */
async function readCustomer(
  queries: Queries,
  workspace: string,
  bookingId: string,
): Promise<string | undefined> {
  const [row] = await queries.run<{ readonly customer_id: string }>(customerStatement, [
    workspace,
    bookingId,
  ]);
  return row?.customer_id;
}

async function findBooking(queries: Queries, workspace: string, id: string): Promise<BookingView | null> {
  const [row] = await selectBookings(queries).where(
    and(eq(bookings.workspace, workspace), eq(bookings.id, id)),
  );
  return row === undefined ? null : toView(row);
}

async function writeBooking(tx: Queries, workspace: string, booking: BookingView): Promise<void> {
  const { id, customer, status, serviceName, scheduledFor, data, createdAt, updatedAt, position } = booking;
  const changing = {
    status,
    serviceName,
    scheduledFor: scheduledFor === null ? null : new Date(scheduledFor),
    data,
    number: position.number,
    eventId: position.eventId,
    updatedAt: new Date(updatedAt),
  };
  await tx
    .insert(bookings)
    .values({ workspace, id, customerId: customer.id, createdAt: new Date(createdAt), ...changing })
    .onConflictDoUpdate({ target: [bookings.workspace, bookings.id], set: changing });
}

const selectBookings = (queries: Queries) =>
  queries
    .select({ booking: bookings, customer: { name: users.name, avatarUrl: users.avatarUrl } })
    .from(bookings)
    .leftJoin(users, and(eq(users.workspace, bookings.workspace), eq(users.id, bookings.customerId)))
    .$dynamic();

type BookingRow = Awaited<ReturnType<typeof selectBookings>>[number];

const toView = ({ booking, customer }: BookingRow): BookingView => ({
  id: booking.id,
  customer: toUserView(booking.customerId, customer),
  status: booking.status,
  serviceName: booking.serviceName,
  scheduledFor: booking.scheduledFor?.toISOString() ?? null,
  data: booking.data,
  createdAt: booking.createdAt.toISOString(),
  updatedAt: booking.updatedAt.toISOString(),
  position: {
    topic: bookingTopic(booking.workspace, booking.id),
    number: booking.number,
    eventId: booking.eventId,
  },
});

const toNotification = ({ booking, note }: BookingUpdatePayload): NotificationDraft => ({
  type: 'BOOKING',
  priority: 'NORMAL',
  title: toTitle(`${booking.serviceName}: ${booking.status.toLowerCase().replaceAll('_', ' ')}`),
  body: note ?? '',
  data: { bookingId: booking.id, status: booking.status, scheduledFor: booking.scheduledFor },
  url: null,
});
