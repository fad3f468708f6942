// The streams of bookings: one for each booking, and one for each customer over all of their bookings.
import { toTopic, type Topic } from '../../streams/topic.ts';

export const bookingTopic = (workspace: string, bookingId: string): Topic =>
  toTopic({ workspace, kind: 'booking', key: bookingId });

export const bookingsOfTopic = (workspace: string, customerId: string): Topic =>
  toTopic({ workspace, kind: 'bookings-of', key: customerId });
