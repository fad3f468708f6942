// Bookings as they stand; what happened to them is in the log.
import { bigint, index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { jsonColumn } from '../../store/json-column.ts';

export const bookingStatuses = [
  'REQUESTED',
  'CONFIRMED',
  'RESCHEDULED',
  'IN_PROGRESS',
  'COMPLETED',
  'CANCELLED',
  'NO_SHOW',
] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

export const bookings = pgTable(
  'bookings',
  {
    workspace: text('workspace').notNull(),
    id: text('id').notNull(),
    customerId: text('customer_id').notNull(),
    status: text('status', { enum: bookingStatuses }).notNull(),
    serviceName: text('service_name').notNull(),
    scheduledFor: timestamp('scheduled_for', { withTimezone: true }),
    data: jsonColumn('data'),
    /** The booking's last event: its stream stands there, because nothing else appends to it. */
    number: bigint('number', { mode: 'number' }).notNull(),
    eventId: text('event_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.id] }),
    // Read backwards: drizzle's desc() means DESC NULLS LAST, which a plain ORDER BY … DESC cannot use.
    index('bookings_of_customer').on(table.workspace, table.customerId, table.createdAt, table.id),
  ],
);
