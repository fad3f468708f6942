// Bookings in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { connectionFields } from '../../schema/connection.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import { requireId } from '../../schema/input.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { idempotencyKeyDescription, publishedType } from '../../schema/publishing.ts';
import { afterDescription, streamCursor } from '../../schema/stream-cursor.ts';
import { User } from '../users/users.schema.ts';
import type { BookingView } from './apply-booking-update.ts';
import { bookingsService, type BookingPage, type BookingUpdateEntry } from './bookings.service.ts';
import type { BookingStatus } from './bookings.tables.ts';
import { bookingsOfTopic, bookingTopic } from './bookings.topics.ts';

const Booking = objectRef<BookingView>('Booking');
const BookingUpdate = objectRef<BookingUpdateEntry>('BookingUpdate');

export function defineBookings(builder: Builder): void {
  const enums = defineTypes(builder);
  defineQueries(builder);
  defineMutation(builder, enums);
  defineSubscription(builder);
}

function defineTypes(builder: Builder) {
  const BookingStatusEnum = builder.enumType('BookingStatus', {
    description: 'Where a booking is. Any status may follow any other: whoever publishes is the authority.',
    values: {
      REQUESTED: { description: 'Asked for, and not yet accepted.' },
      CONFIRMED: { description: 'Accepted.' },
      RESCHEDULED: { description: 'Moved to another time.' },
      IN_PROGRESS: { description: 'Taking place.' },
      COMPLETED: { description: 'Over, as planned.' },
      CANCELLED: { description: 'Called off.' },
      NO_SHOW: { description: 'The customer did not come.' },
    } satisfies Record<BookingStatus, { description: string }>,
  });

  builder.objectType(Booking, {
    description: 'A booking of a customer.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The publisher's own id for the booking." }),
      customer: t.field({
        type: User,
        description: 'Whose booking it is; never changes.',
        resolve: ({ customer }) => customer,
      }),
      status: t.expose('status', { type: BookingStatusEnum, description: 'Where it is.' }),
      serviceName: t.exposeString('serviceName', { description: 'What is booked.' }),
      scheduledFor: t.expose('scheduledFor', {
        type: 'DateTime',
        nullable: true,
        description: 'When it takes place; null where that has not been told.',
      }),
      data: t.expose('data', {
        type: 'JSON',
        nullable: true,
        description: 'What else the application wants to show.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first published.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last published.' }),
      cursor: t.field(
        streamCursor(
          "Where this booking's event stream stands: subscribe `after` it and nothing falls between query and subscription.",
        ),
      ),
    }),
  });

  builder.objectType(BookingUpdate, {
    description: 'Something happened to a booking.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      booking: t.field({
        type: Booking,
        description: 'The booking as it stood right after this update.',
        resolve: ({ payload }) => payload.booking,
      }),
      previousStatus: t.field({
        type: BookingStatusEnum,
        nullable: true,
        description: "null for the booking's first event.",
        resolve: ({ payload }) => payload.previousStatus,
      }),
      note: t.string({
        nullable: true,
        description: 'What the publisher said about it.',
        resolve: ({ payload }) => payload.note,
      }),
    }),
  });
  return { BookingStatusEnum };
}

function defineQueries(builder: Builder): void {
  const words = { one: 'booking', many: 'bookings' };
  const pageFields = connectionFields<BookingView, BookingPage>(builder, 'Booking', Booking, words);
  const BookingConnection = builder.objectRef<BookingPage>('BookingConnection').implement({
    description: 'A page of bookings, newest first.',
    fields: (t) => ({
      ...pageFields(t),
      cursor: t.field(streamCursor("Where the stream of the viewer's own bookings stands.")),
    }),
  });

  builder.queryFields((t) => ({
    booking: t.field({
      type: Booking,
      nullable: true,
      description: 'One booking, for its customer and staff; null where there is none for the viewer.',
      args: { id: t.arg.id({ required: true, description: "The booking's id." }) },
      resolve: (_root, { id }, context) => context.use(bookingsService).find(context.viewer, id),
    }),
    bookings: t.field({
      type: BookingConnection,
      description: "The viewer's own bookings, newest first; staff may name a customer.",
      args: {
        customerId: t.arg.id({
          description: 'Whose bookings; needs the role staff where that is not the viewer.',
        }),
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        after: t.arg.string({ description: 'The `endCursor` of the page before.' }),
      },
      resolve: (_root, args, context) => context.use(bookingsService).list(context.viewer, args),
    }),
  }));
}

function defineMutation(builder: Builder, { BookingStatusEnum }: ReturnType<typeof defineTypes>): void {
  const PublishBookingUpdateInput = builder.inputType('PublishBookingUpdateInput', {
    description:
      'What has happened to a booking. What is left out stays as it is; null empties what may be empty, and is taken as left ' +
      'out elsewhere.',
    fields: (t) => ({
      bookingId: t.id({ required: true, description: "The publisher's own id for the booking." }),
      customerId: t.id({ description: 'Needed for a booking not seen before; must not change afterwards.' }),
      status: t.field({ type: BookingStatusEnum, required: true, description: 'Where the booking is now.' }),
      serviceName: t.string({
        description: 'What is booked, 1 to 256 characters. Needed for a booking not seen before.',
      }),
      scheduledFor: t.field({ type: 'DateTime', description: 'When it takes place.' }),
      data: t.field({
        type: 'JSON',
        description: 'What else the application wants to show, at most 64 KiB.',
      }),
      note: t.string({ description: 'What to tell about this update, at most 2,000 characters.' }),
      notifyCustomer: t.boolean({
        defaultValue: false,
        description: "Also put a BOOKING notification into the customer's feed.",
      }),
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    }),
  });
  const PublishBookingUpdatePayload = publishedType(builder, 'PublishBookingUpdatePayload', {
    type: BookingUpdate,
    as: 'update',
    description: "The event, as the booking's followers receive it.",
  });
  builder.mutationField('publishBookingUpdate', (t) =>
    t.field({
      rate: 'publish',
      type: PublishBookingUpdatePayload,
      description:
        'Tells what has happened to a booking, and everybody who follows it. Needs the scope bookings:publish.',
      args: { input: t.arg({ type: PublishBookingUpdateInput, required: true, description: 'The update.' }) },
      resolve: (_root, { input }, context) =>
        context.use(bookingsService).publishUpdate(context.viewer, input),
    }),
  );
}

function defineSubscription(builder: Builder): void {
  builder.subscriptionField('bookingUpdated', (t) =>
    t.field({
      type: BookingUpdate,
      description:
        "The booking's customer, and staff. Without bookingId: every booking of the viewer, new ones included. Durable: " +
        'nothing is lost between a `cursor` and the subscription `after` it.',
      args: {
        bookingId: t.arg.id({
          description: 'The booking to follow; without it, every booking of the viewer.',
        }),
        after: t.arg({ type: 'Cursor', description: afterDescription }),
      },
      subscribe: (_root, { bookingId, after }, context) =>
        bookingId === null || bookingId === undefined
          ? openEventStream(context, {
              topic: bookingsOfTopic(context.viewer.workspace, context.viewer.id),
              after,
              anewFrom: '`bookings`',
              authorize: () => 'customer',
            })
          : openEventStream(context, {
              topic: bookingTopic(context.viewer.workspace, requireId('bookingId', bookingId)),
              after,
              anewFrom: '`booking`',
              authorize: (viewer) => context.use(bookingsService).requireMayFollow(viewer, bookingId),
            }),
      resolve: (entry) => entry as BookingUpdateEntry,
    }),
  );
}
