// What one update makes of a booking: pure, so that every rule can be read and tested in one place.
import { badInput } from '../../errors.ts';
import { optionalJson, optionalText } from '../../schema/input.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import type { UserView } from '../users/users.service.ts';
import type { BookingStatus } from './bookings.tables.ts';

/** A booking as its GraphQL type and its events need it. */
export interface BookingView {
  readonly id: string;
  readonly customer: UserView;
  readonly status: BookingStatus;
  readonly serviceName: string;
  /** RFC 3339, as every moment here. */
  readonly scheduledFor: string | null;
  readonly data: unknown;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Where the booking's own stream stands. */
  readonly position: StreamPosition;
}

/** What an event of a booking holds. */
export interface BookingUpdatePayload {
  readonly booking: BookingView;
  readonly previousStatus: BookingStatus | null;
  readonly note: string | null;
}

/** Left out stays as it is; null empties what may be empty. */
export interface BookingChange {
  readonly status: BookingStatus;
  readonly serviceName?: string | null | undefined;
  readonly scheduledFor?: Date | null | undefined;
  readonly data?: unknown;
  readonly note?: string | null | undefined;
}

/**
 * What the input changes and nothing else, where null means no more than left out, left out. Throws BAD_USER_INPUT, or
 * PAYLOAD_TOO_LARGE for `data`, naming what is wrong.
 */
export function requireBookingChange(change: BookingChange): BookingChange {
  const { status, serviceName, scheduledFor, data, note } = change;
  optionalText('serviceName', serviceName, { min: 1, max: 256 });
  optionalText('note', note, { max: 2_000 });
  optionalJson('data', data);
  return { status, serviceName: serviceName ?? undefined, scheduledFor, data, note: note ?? undefined };
}

export interface BookingMoment {
  readonly occurredAt: string;
  readonly position: StreamPosition;
}

/** `previous` is null for a booking not seen before. Any status may follow any other: the publisher is the authority. */
export function applyBookingUpdate(
  previous: BookingView | null,
  { id, customer }: Pick<BookingView, 'id' | 'customer'>,
  change: BookingChange,
  { occurredAt, position }: BookingMoment,
): BookingUpdatePayload {
  const serviceName = change.serviceName ?? previous?.serviceName;
  if (serviceName === undefined) {
    throw badInput(`The booking "${id}" has not been seen before: tell what is booked in \`serviceName\`.`);
  }
  const { scheduledFor, data } = change;
  const booking: BookingView = {
    id,
    customer,
    status: change.status,
    serviceName,
    scheduledFor:
      scheduledFor === undefined ? (previous?.scheduledFor ?? null) : (scheduledFor?.toISOString() ?? null),
    data: data === undefined ? (previous?.data ?? null) : data,
    createdAt: previous?.createdAt ?? occurredAt,
    updatedAt: occurredAt,
    position,
  };
  return { booking, previousStatus: previous?.status ?? null, note: change.note ?? null };
}
